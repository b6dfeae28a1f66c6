/**
 * Connections to the databases end at every statement of every writing operation, the reply to COMMIT
 * included. Whatever was cut, the people who work on go on, and within seconds open traces, desks and event
 * streams say what the data says, without a restart.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Federation } from '../../deploy/federation/federation.ts';
import { audienceOf } from '../../deploy/federation/participant.ts';
import type { Wiring } from '../../deploy/federation/program-environments.ts';
import { type CuttingProxy, createCuttingProxy } from '../support/cutting-proxy.ts';
import { extent } from '../support/extent.ts';
import { waitFor } from '../support/wait.ts';
import { call, type Door, importFile } from './drive.ts';
import { createWorld } from './scenario.ts';

/** The province of the case, the one of its contacts, and a program that is no province. */
const [HOME, AWAY] = ['24', '79'] as const;
const WARDS = ['26734', '26737'] as const;
/** When days on which nothing new was cut have come so often in a row, everything has been cut once. */
const IDLE_DAYS = 3;
/** In `npm test` replies to COMMIT alone are lost, on so few days that not everything has been cut. */
const { at: CUT_AT, days: DAYS } = extent({
  quick: { at: 'ends', days: 2 } as const,
  all: { at: 'every', days: 120 } as const,
});

let federation: Federation;
const proxies = new Map<string, CuttingProxy>();
const tracers = new Map<string, Door>();
let cutting = false;

async function intercept({ hub, nodes }: Wiring): Promise<Record<string, Record<string, string>>> {
  const env: Record<string, Record<string, string>> = {};
  for (const { name, programDatabaseUrl } of [hub, ...nodes]) {
    const url = new URL(programDatabaseUrl);
    const proxy = await createCuttingProxy({ host: url.hostname, port: Number(url.port) }, CUT_AT);
    url.port = String(proxy.port);
    proxies.set(name, proxy);
    env[name] = { DATABASE_URL: url.href };
  }
  return env;
}

beforeAll(async () => {
  federation = await createWorld({ provinces: [HOME, AWAY], intercept });
  for (const ward of WARDS) {
    const token = await federation.tokens.issue({
      audience: audienceOf(AWAY),
      roles: [`ward_tracer@${ward}`],
      subject: `tracer of ${ward}`,
    });
    tracers.set(ward, { url: federation.node(AWAY).url, token });
  }
});

afterAll(async () => {
  await federation?.[Symbol.asyncDispose]();
  for (const proxy of proxies.values()) await proxy[Symbol.asyncDispose]();
});

/** What a person at a desk does when it did not go through: the same again. */
async function persist<T>(what: string, work: () => Promise<T>): Promise<T> {
  let done: { readonly result: T } | undefined;
  await waitFor(what, async () => {
    done = { result: await work() };
    return true;
  });
  return (done as { result: T }).result;
}

/** One step, in which each program may lose one connection; how many did. */
async function step(what: string, work: () => Promise<unknown>): Promise<number> {
  if (!cutting) return persist(what, work).then(() => 0);
  for (const proxy of proxies.values()) proxy.allowOne();
  await persist(what, work);
  return [...proxies.values()].filter((proxy) => proxy.disallow()).length;
}

const at = (daysAgo: number, time: string) => {
  const day = new Date(Date.now() + 7 * 3_600_000 - daysAgo * 86_400_000).toISOString().slice(0, 10);
  return `${day}T${time}:00+07:00`;
};

async function see(door: Door, trace: string, identifier: string): Promise<boolean> {
  const path = `/v1/traces/${trace}/contacts?limit=1000`;
  const page = await call<{ contacts?: { identifiers: string[] }[] }>(door, path, { expected: [200, 404] });
  return page.contacts?.some(({ identifiers }) => identifiers.includes(identifier)) ?? false;
}

/** What the watchers of a trace have been told. */
class Watcher {
  readonly events: string[] = [];
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor(door: Door, trace: string) {
    this.#running = this.#run(door, `/v1/traces/${trace}/events`);
  }

  /** Comes back when the stream breaks off, as browsers do. */
  async #run(door: Door, path: string): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const headers = { authorization: `Bearer ${door.token}` };
      try {
        const response = await fetch(`${door.url}${path}`, { headers, signal });
        for await (const chunk of response.body ?? []) this.events.push(Buffer.from(chunk).toString());
      } catch {}
    }
  }

  has(pattern: RegExp): boolean {
    return pattern.test(this.events.join(''));
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}

/** The work of a day on people of its own; how many connections it lost. */
async function workDay(series: number): Promise<number> {
  const [home, away] = [federation.node(HOME), federation.node(AWAY)];
  const number = (n: number) => `phone:+8491${String(series * 10 + n).padStart(7, '0')}`;
  const [index, guest, rider] = [number(1), number(2), number(3)];
  const place = `quan-${series}`;
  const post = <T>(door: Door, path: string, body: object) =>
    call<T>(door, path, { body: JSON.stringify(body) });
  let cuts = 0;
  const persons = (ward: string) => `identifiers,name,province,ward\n${guest},An,${AWAY},${ward}\n`;
  const places = (kind: string) => `place,name,kind\n${place},Quán,${kind}\n`;

  cuts += await step('persons', () => importFile(away, 'persons', persons(WARDS[0])));
  cuts += await step('places', () => importFile(home, 'places', places('market')));
  const stays = [index, guest].map((who) => `${who},${place},${at(1, '08:00')},${at(1, '08:20')}`);
  const checkIns = ['identifier,place,in_at,out_at', ...stays, ''].join('\n');
  cuts += await step('check-ins', () => importFile(home, 'check-ins', checkIns));
  let caseId = '';
  cuts += await step('case', async () => {
    const body = { identifiers: [index], onset_on: at(0, '00:00').slice(0, 10) };
    caseId = (await post<{ id: string }>(home, '/v1/cases', body)).id;
  });
  let trace = '';
  cuts += await step('trace', async () => {
    const body = { cases: [caseId], direction: 'forward', max_degree: 1 };
    const headers = { 'idempotency-key': `trace-${series}` };
    trace = (await call<{ id: string }>(home, '/v1/traces', { body: JSON.stringify(body), headers })).id;
  });
  const completes = () =>
    waitFor('the trace to be complete', async () => {
      return (await call<{ state: string }>(home, `/v1/traces/${trace}`)).state === 'complete';
    });
  const shows = async (door: Door, who: string, shown: boolean) => {
    await waitFor(`${shown ? 'a contact' : 'no contact'} at a desk`, async () => {
      return (await see(door, trace, who)) === shown;
    });
    await completes();
  };
  const tracer = (ward: string) => tracers.get(ward) as Door;
  await completes();
  const watcher = new Watcher(home, trace);
  try {
    expect(await see(away, trace, guest)).toBe(false);
    // Twenty minutes count ten in a market, and twenty in a café.
    cuts += await step('another kind', () => importFile(home, 'places', places('cafe')));
    await shows(tracer(WARDS[0]), guest, true);
    const ride = [index, rider, at(1, '09:00'), at(1, '09:20')].join();
    const rides = `identifier_a,identifier_b,from,until\n${ride}\n`;
    cuts += await step('encounters', () => importFile(away, 'encounters', rides));
    await shows(away, rider, true);
    cuts += await step('another ward', () => importFile(away, 'persons', persons(WARDS[1])));
    await shows(tracer(WARDS[1]), guest, true);
    await shows(tracer(WARDS[0]), guest, false);
    const correct = (body: object) =>
      call(home, `/v1/cases/${caseId}`, { method: 'PATCH', body: JSON.stringify(body) });
    cuts += await step('isolated before', () => correct({ isolated_at: at(2, '00:00') }));
    await shows(away, guest, false);
    cuts += await step('not isolated', () => correct({ isolated_at: null }));
    await shows(away, guest, true);
    await waitFor('watchers to be told', () => watcher.has(/"state":"complete"/));
    cuts += await step('close', () => call(home, `/v1/traces/${trace}/close`, { method: 'POST' }));
    await waitFor('everybody to know the end', async () => {
      const states = [home, federation.hub].map((door) =>
        call<{ state: string }>(door, `/v1/traces/${trace}`),
      );
      return (await Promise.all(states)).every(({ state }) => state === 'closed');
    });
    await waitFor('watchers to know the end', () => watcher.has(/"state":"closed"/));
  } finally {
    await watcher.stop();
  }
  return cuts;
}

test('a day without a fault', async () => {
  expect(await workDay(0)).toBe(0);
});

test('days on which connections end at every statement', async () => {
  cutting = true;
  let idle = 0;
  for (let day = 1; day <= DAYS && idle < IDLE_DAYS; day++) {
    idle = (await workDay(day)) > 0 ? 0 : idle + 1;
  }
  for (const [name, { made }] of proxies) {
    console.log(`${name}: ${made.length} connections ended`);
    expect(made.length, name).toBeGreaterThan(extent({ quick: 5, all: 30 }));
  }
  expect(idle).toBe(extent({ quick: 0, all: IDLE_DAYS }));
}, 900_000);
