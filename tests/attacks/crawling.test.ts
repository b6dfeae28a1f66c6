/**
 * A hub or a node that wants to know more people than a trace needs: floods of questions, guesses through the
 * key service, and traces laid side by side. On a running federation, with real keys.
 */
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AppError } from '../../shared/errors.ts';
import { decodeQuestion } from '../../shared/grpc/trace-messages.ts';
import { newKey, newTraceId } from '../../shared/ids.ts';
import { blind, oprfReady } from '../../shared/pseudonym/oprf.ts';
import { call, importFile, type TraceStatus, waitForTrace } from '../federation/drive.ts';
import {
  federation,
  hubAs,
  node,
  opening,
  other,
  owner,
  pairOf,
  patience,
  setUp,
  signedBy,
  tearDown,
  traceId,
  tracingOf,
  wiring,
} from '../federation/intruder.ts';
import { rowsOf } from '../federation/scenario.ts';
import { waitFor } from '../support/wait.ts';

beforeAll(async () => {
  await oprfReady();
  await setUp();
});
afterAll(tearDown);

const MUCH = { questions_per_hour: 1e6, persons_per_hour: 1e9, questions_per_day: 1e6, persons_per_day: 1e9 };
const setBudget = (budget: object | null) =>
  call(federation.node(other), '/v1/budgets', {
    method: 'PUT',
    body: JSON.stringify({ province: owner, budget }),
  });
const usedBy = async (province: string) => {
  const { used } = await call<{ used: { province: string; hour: { questions: number } }[] }>(
    federation.node(other),
    '/v1/budgets',
  );
  return used.find((one) => one.province === province)?.hour.questions ?? 0;
};

/** Asks `count` questions about strangers in one stream of a trace of its own; how many were answered. */
async function crawl(count: number): Promise<{ answered: number; reason: string }> {
  const pair = await pairOf(await signedBy(owner, { trace_id: newTraceId() }));
  async function* questions() {
    yield { message: { case: 'warrant' as const, value: pair } };
    for (let seq = 1; seq <= count; seq++) {
      yield { message: { case: 'question' as const, value: { seq, who: newKey(16 * 3) } } };
    }
  }
  let answered = 0;
  try {
    for await (const { message } of tracingOf(other).trace(questions(), patience()))
      if (message.case === 'fragment') answered++;
  } catch (error) {
    return { answered, reason: (error as { reason: string }).reason };
  }
  return { answered, reason: '' };
}

/** A trace from the same cases, in the same words. */
async function sameTrace(): Promise<string> {
  const { cases, direction, max_degree, as_of } = await call<Record<string, unknown>>(
    federation.node(owner),
    `/v1/traces/${traceId}`,
  );
  const body = JSON.stringify({ cases, direction, max_degree, as_of });
  return (await call<{ id: string }>(federation.node(owner), '/v1/traces', { body })).id;
}

describe('a flood of questions', () => {
  test('ends at the province’s own budget, through however many traces and streams it comes', async () => {
    const used = await usedBy(owner);
    await setBudget({ ...MUCH, questions_per_hour: used + 17 });
    const crawls = await Promise.all(Array.from({ length: 5 }, () => crawl(10)));
    expect(crawls.reduce((sum, { answered }) => sum + answered, 0)).toBe(17);
    expect(crawls.filter(({ reason }) => reason === 'PROVINCE_BUDGET').length).toBeGreaterThan(1);
    expect(await usedBy(owner)).toBe(used + 17);
    const refusals = await rowsOf(
      federation.node(other),
      `SELECT FROM audit_records WHERE body::jsonb @> '{"action": "question.refused",
        "reason": "PROVINCE_BUDGET", "detail": {"province": "${owner}"}}'`,
    );
    expect(refusals.length).toBe(1);
    await setBudget(null);
  });

  test('shows in the coverage of a trace, and heals when the budget is raised', async () => {
    const { version } = await call<{ version: number }>(federation.node(other), '/v1/budgets');
    await setBudget({ ...MUCH, persons_per_day: 0 });
    const id = await sameTrace();
    const refused = ({ state, coverage }: TraceStatus) =>
      state === 'partial' &&
      coverage.every((one) => one.state === (one.province === other ? 'refused' : 'current'));
    const { coverage } = await waitForTrace(federation.node(owner), id, refused);
    expect(coverage.find(({ province }) => province === other)).toMatchObject({ reason: 'PROVINCE_BUDGET' });
    await setBudget(null);
    await waitForTrace(federation.node(owner), id);
    const changes = await rowsOf<{ detail: object }>(
      federation.node(other),
      `SELECT body::jsonb -> 'detail' AS detail FROM audit_records
        WHERE body::jsonb ->> 'action' = 'budgets.changed' ORDER BY id DESC LIMIT 2`,
    );
    expect(changes.map(({ detail }) => detail)).toEqual([
      { province: owner, removed: true, version: version + 2 },
      { province: owner, ...MUCH, persons_per_day: 0, version: version + 1 },
    ]);
  });
});

describe('guesses through the key service', () => {
  test('end at the province’s budget, on the record and in the figures; others go on', async () => {
    const none = { per_hour: 0, per_day: 0, first_loading: 0 };
    const { used } = await call<{ used: { province: string; hour: number; first_loading: number }[] }>(
      federation.hub,
      '/v1/key-budgets',
    );
    const before = used.find(({ province }) => province === other)?.hour ?? 0;
    const budget = { ...none, per_hour: before + 100, per_day: before + 100 };
    const body = JSON.stringify({ province: other, budget });
    await call(federation.hub, '/v1/key-budgets', { method: 'PUT', body });
    const guess = async (province: string) => {
      const phones = Array.from({ length: 30 }, () =>
        Buffer.from(`phone:+849${randomBytes(4).readUInt32BE()}`),
      );
      const { blinded } = blind(phones);
      return hubAs(node(province)).evaluate({ blinded }, patience());
    };
    const guesses = await Promise.allSettled(Array.from({ length: 12 }, () => guess(other)));
    const reasons = guesses.flatMap((one) => (one.status === 'rejected' ? [one.reason.reason] : []));
    expect(reasons).toEqual(Array(9).fill('KEY_BUDGET'));
    expect((await guess(owner)).evaluated).toHaveLength(30 * 32);
    const refusals = await rowsOf<{ entry: object }>(
      federation.hub,
      `SELECT body::jsonb AS entry FROM audit_records WHERE body::jsonb ->> 'action' = 'keys.refused'`,
    );
    expect(refusals.map(({ entry }) => entry)).toEqual([
      expect.objectContaining({ actor: { kind: 'node', id: `node/${other}` }, reason: 'KEY_BUDGET' }),
    ]);
    const figures = await (await fetch(`${federation.hub.url}/metrics`)).text();
    expect(figures).toContain(`truyvet_key_refusals_total{province="${other}",reason="KEY_BUDGET"`);
  });
});

describe('a province whose identifiers get no tokens', () => {
  const at = (from: string, until: string) => `2021-06-11T0${from}:00Z,2021-06-11T0${until}:00Z`;
  const setKeyBudget = (budget: object | null) =>
    call(federation.hub, '/v1/key-budgets', {
      method: 'PUT',
      body: JSON.stringify({ province: other, budget }),
    });
  const HEADERS = {
    persons: 'identifiers,household',
    places: 'place,name,kind',
    'check-ins': 'identifier,place,in_at,out_at',
    encounters: 'identifier_a,identifier_b,from,until',
  };
  const importAt = (province: string, kind: keyof typeof HEADERS, rows: readonly string[]) =>
    importFile(federation.node(province), kind, `${HEADERS[kind]}\n${rows.join('\n')}\n`);
  /** A number of its own for each way and role: `i` the index case, `x` who has no token, `z` who has. */
  const phone = (way: number, role: string) => `phone:+8493${'ixz'.indexOf(role)}00010${way}`;
  const met = (way: number, role: 'x' | 'z', times = at('1:00', '1:30')) =>
    `${phone(way, 'i')},${phone(way, role)},${times}`;
  const cccd = 'cccd:024090009901';

  /** How somebody without a token would be named; contacts while that is so, and afterwards. */
  const WAYS = [
    { what: 'by an encounter', contacts: 0, later: 1 },
    { what: 'by a stay', contacts: 0, later: 1 },
    { what: 'as a housemate', contacts: 0, later: 1 },
    { what: 'by a record that joins ten minutes and ten', contacts: 0, later: 1 },
    { what: 'as the index person', contacts: 0, later: 1 },
    { what: 'nowhere in this trace', contacts: 1, later: 1 },
  ];

  async function importBefore(): Promise<void> {
    await importAt(other, 'places', ['starved,Quán,cafe']);
    await importAt(other, 'persons', [`${phone(2, 'i')},H`, `${phone(0, 'i')},`, `${phone(4, 'z')},`]);
    await importAt(other, 'check-ins', [`${phone(1, 'i')},starved,${at('1:00', '2:00')}`]);
    await importAt(other, 'encounters', [met(3, 'z', at('1:00', '1:10')), met(5, 'z')]);
    await importAt(owner, 'encounters', [`${phone(3, 'i')},${cccd},${at('3:00', '3:10')}`]);
  }

  async function importStarved(): Promise<void> {
    await importAt(other, 'encounters', [met(0, 'x'), met(4, 'z')]);
    await importAt(other, 'check-ins', [`${phone(1, 'x')},starved,${at('1:20', '2:00')}`]);
    await importAt(other, 'persons', [
      `${phone(2, 'x')},H`,
      `${phone(3, 'z')} ${cccd},`,
      `${phone(5, 'x')},`,
    ]);
  }

  async function traceOf(way: number, province = owner): Promise<string> {
    const door = federation.node(province);
    const facts = { identifiers: [phone(way, 'i')], onset_on: '2021-06-10' };
    const { id } = await call<{ id: string }>(door, '/v1/cases', { body: JSON.stringify(facts) });
    const asked = { cases: [id], direction: 'forward', max_degree: 1, as_of: '2021-06-20T00:00:00Z' };
    const body = JSON.stringify(asked);
    return (await call<{ id: string }>(door, '/v1/traces', { body })).id;
  }

  /** Why a question is not answered that says nothing of a protocol; empty if it is. */
  async function olderHubAsks(): Promise<string> {
    const value = await pairOf(await signedBy(owner, { trace_id: newTraceId() }));
    async function* asking() {
      yield { message: { case: 'warrant' as const, value } };
      yield { message: { case: 'question' as const, value: { seq: 1, who: newKey(16) } } };
    }
    try {
      const terms = { deadlineMs: 1_000, signal: new AbortController().signal };
      for await (const { message } of tracingOf(other).trace(asking(), terms))
        if (message.case === 'fragment') return '';
    } catch (error) {
      return `${(error as AppError).code} ${(error as AppError).reason}`;
    }
    return '';
  }

  const untokenized = async () =>
    (await rowsOf(federation.node(other), 'SELECT FROM identifiers WHERE token IS NULL')).length;
  const shown = ({ coverage, contacts }: TraceStatus) => {
    const { state, behind, reason, pending_identifiers } = coverage.find(
      ({ province }) => province === other,
    ) as TraceStatus['coverage'][number] & { pending_identifiers: number };
    return { state, behind, reason, pending_identifiers, contacts: contacts.by_degree['1'] ?? 0 };
  };

  test('keeps no trace waiting: what has tokens is answered, the rest counted, and told later', async () => {
    // Little is left of what the guesses above had.
    await setKeyBudget(null);
    await importBefore();
    await waitFor('tokens', async () => (await untokenized()) === 0);
    await setKeyBudget({ per_hour: 0, per_day: 0, first_loading: 0 });
    await importStarved();
    const toOlderHub = olderHubAsks();
    const traces = await Promise.all(WAYS.map((_, way) => traceOf(way)));
    const missing = { state: 'behind', behind: 0, reason: 'TOKENS_PENDING', pending_identifiers: 6 };
    for (const [way, { what, contacts }] of WAYS.entries()) {
      const isAnswered = (now: TraceStatus) => now.state === 'partial' && shown(now).behind === 0;
      const status = await waitForTrace(federation.node(owner), traces[way] as string, isAnswered);
      expect({ what, ...shown(status) }).toEqual({ what, ...missing, contacts });
    }
    // A hub of protocol 1 would take what is left out for the whole: it waits, and hears why.
    expect(await toOlderHub).toMatch(/DEADLINE_EXCEEDED|TOKENS_PENDING/);
    // The key service keeps something for cases: the starved province's own trace waits for nobody either.
    const own = await traceOf(6, other);
    await waitForTrace(federation.node(other), own, ({ state }) => state === 'partial');
    await setKeyBudget(null);
    // Wakes the tokenizer, which would try again within half a minute.
    await importAt(other, 'persons', [`${phone(9, 'x')},`]);
    const current = { state: 'current', behind: 0, reason: null, pending_identifiers: 0 };
    for (const [way, { what, later: contacts }] of WAYS.entries()) {
      const status = await waitForTrace(federation.node(owner), traces[way] as string);
      expect({ what, ...shown(status) }).toEqual({ what, ...current, contacts });
    }
  });
});

describe('an invented case that met invented people', () => {
  test('raises an alarm at the hub and at the province, on both records and once', async () => {
    const door = federation.node(owner);
    const index = 'phone:+84912900000';
    const [from, until] = [instant(-90_000), instant(-82_800)];
    const rows = Array.from(
      { length: 120 },
      (_, n) => `${index},phone:+84912${900_001 + n},${from},${until}`,
    );
    await importFile(door, 'encounters', ['identifier_a,identifier_b,from,until', ...rows].join('\n'));
    const entered = { identifiers: [index], onset_on: instant(-86_400).slice(0, 10) };
    const { id: invented } = await call<{ id: string }>(door, '/v1/cases', { body: JSON.stringify(entered) });
    const request = JSON.stringify({ cases: [invented], direction: 'forward', max_degree: 1 });
    const { id } = await call<{ id: string }>(door, '/v1/traces', { body: request });
    const reason = 'CONTACTS_UNKNOWN_ELSEWHERE';
    await waitForTrace(door, id, (status) => status.warnings.some((one) => one.reason === reason));
    const isAbout = (line: string) => line.includes(reason) && line.includes(`${id} (120 contacts)`);
    for (const { url } of [federation.hub, door]) {
      await waitFor(`an alarm at ${url}`, async () => (await warningsOf(url)).some(isAbout), 15_000);
      const figures = await (await fetch(`${url}/metrics`)).text();
      expect(figures).toContain(`truyvet_trace_alarms{reason="${reason}"`);
    }
    for (const participant of [federation.hub, door]) {
      const entries = await rowsOf<{ detail: object }>(
        participant,
        `SELECT body::jsonb -> 'detail' AS detail FROM audit_records
          WHERE body::jsonb ->> 'action' = 'traces.alarmed'`,
      );
      expect(entries.map(({ detail }) => detail)).toEqual([{ alarm: reason, persons: 120 }]);
    }
    // The trace of people who are recorded raised none.
    expect((await call<TraceStatus>(door, `/v1/traces/${traceId}`)).warnings).toEqual([]);
  });

  const instant = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString();
  const warningsOf = async (url: string) =>
    ((await (await fetch(`${url}/readyz`)).json()) as { warnings: string[] }).warnings;
});

describe('two traces side by side', () => {
  test('of the same people have nothing in common at the hub', async () => {
    const second = await sameTrace();
    await waitForTrace(federation.node(owner), second);
    const [ofFirst, ofSecond] = [await rowsAbout(traceId), await rowsAbout(second)];
    const pseudonyms = await pseudonymsOf(traceId);
    expect(pseudonyms.length).toBeGreaterThan(20);
    const found = (rows: readonly string[]) =>
      pseudonyms.filter((pseudonym) => rows.some((row) => row.includes(pseudonym)));
    // The search finds what is there …
    expect(found(ofFirst)).toEqual(pseudonyms);
    // … and nothing of the first trace is in any row of the second: no identifier, link, contact or case.
    expect(found(ofSecond)).toEqual([]);
    expect((await pseudonymsOf(second)).length).toBe(pseudonyms.length);
    // A case is named by its place in the trace alone: here there is one, of two identifiers.
    expect(opening.index.map(({ case_ref }) => case_ref)).toEqual(['0', '0']);
  });

  /** Every row of the hub's database that names the trace, as text; signed texts are spelled out. */
  async function rowsAbout(trace: string): Promise<string[]> {
    const tables = await rowsOf<{ name: string }>(
      federation.hub,
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'`,
    );
    const rows: { row: string }[] = [];
    for (const { name } of tables) {
      const texts = `SELECT row_to_json(t)::text AS row FROM ${name} t`;
      const named = `SELECT row FROM (${texts}) r WHERE row LIKE '%${trace}%'`;
      rows.push(...(await rowsOf<{ row: string }>(federation.hub, named)));
    }
    return rows.map(({ row }) => row.replace(/[\w-]+\.([\w-]+)\.[\w-]{40,}/g, spelledOut));
  }

  const spelledOut = (_: string, payload: string) => Buffer.from(payload, 'base64url').toString();

  /** Every pseudonym that was asked about, in hex; the hub asks about each that an answer names. */
  async function pseudonymsOf(trace: string): Promise<string[]> {
    const rows = await rowsOf<{ body: Buffer }>(
      federation.hub,
      `SELECT body FROM questions WHERE trace_id = '${trace}'`,
    );
    const packed = rows.map(({ body }) => Buffer.from(decodeQuestion(body).who).toString('hex'));
    return [...new Set(packed.flatMap((hex) => hex.match(/.{32}/g) ?? []))];
  }
});

/** The last of all: the hub is started again under another key. */
describe('a hub with another OPRF key', () => {
  const [index, contact] = ['phone:+84937770001', 'phone:+84937770002'];
  const on = (time: string) => `2021-06-11T0${time}:00Z`;
  const encounter = (from: string, until: string) =>
    `identifier_a,identifier_b,from,until\n${index},${contact},${on(from)},${on(until)}\n`;
  const restartUnder = async (key: string) => {
    await federation.kill('hub', 'SIGTERM');
    await writeFile(wiring.keys.oprfKeyFile, key, { mode: 0o600 });
    await federation.restart();
  };
  const warningsOf = async ({ url }: { url: string }) =>
    ((await (await fetch(`${url}/readyz`)).json()) as { warnings: string[] }).warnings.join();
  const warned = async () => {
    const said = await Promise.all([federation.hub, ...federation.nodes].map(warningsOf));
    return said.filter((warnings) => warnings.includes('OPRF_KEY_CHANGED')).length;
  };
  const untokenized = async () =>
    (await rowsOf(federation.node(other), 'SELECT FROM identifiers WHERE token IS NULL')).length;
  const refused = ({ coverage }: TraceStatus) => coverage.filter(({ state }) => state === 'refused').length;

  test('is refused by every province, shown everywhere, and gets nobody lost', async () => {
    // Ten minutes in one province, and five in the other after the swap: fifteen make a contact.
    await importFile(federation.node(owner), 'encounters', encounter('1:00', '1:10'));
    const body = JSON.stringify({ identifiers: [index], onset_on: '2021-06-10' });
    const { id } = await call<{ id: string }>(federation.node(owner), '/v1/cases', { body });
    const asked = { cases: [id], direction: 'forward', max_degree: 1, as_of: '2021-06-20T00:00:00Z' };
    const open = async () =>
      (await call<{ id: string }>(federation.node(owner), '/v1/traces', { body: JSON.stringify(asked) })).id;
    const before = await open();
    await waitForTrace(federation.node(owner), before);
    const key = await readFile(wiring.keys.oprfKeyFile, 'utf8');
    await restartUnder(`${randomBytes(32).toString('hex')}\n`);
    await importFile(federation.node(other), 'encounters', encounter('3:00', '3:05'));
    await waitFor('warnings', async () => (await warned()) === 4);
    const [missing] = [await untokenized()];
    const during = await open();
    for (const trace of [before, during]) {
      const status = await waitForTrace(
        federation.node(owner),
        trace,
        (now) => now.state === 'partial' && refused(now) === 3,
      );
      expect(status.coverage.map(({ reason }) => reason)).toEqual(Array(3).fill('OPRF_KEY_CHANGED'));
      expect(status.contacts.by_degree).toEqual({});
    }
    expect([missing, await untokenized()]).toEqual([2, 2]);
    await restartUnder(key);
    for (const trace of [before, during]) {
      const status = await waitForTrace(
        federation.node(owner),
        trace,
        ({ state, contacts }) => state === 'complete' && contacts.by_degree['1'] === 1,
      );
      expect(refused(status)).toBe(0);
    }
    expect([await warned(), await untokenized()]).toEqual([0, 0]);
  });
});
