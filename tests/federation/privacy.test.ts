/**
 * Promises 4 and 5: recognisable people and places are traced through a federation whose wires are recorded
 * in clear; then they are searched for, in every disguise, in all databases, in all logs, on the wires
 * and in what programs answer to bad requests. That the search finds what is there is shown beside it.
 */
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Federation } from '../../deploy/federation/federation.ts';
import type { Wiring } from '../../deploy/federation/program-environments.ts';
import { openDatabase } from '../../shared/db/database.ts';
import { FederationService } from '../../shared/gen/truyvet/v1/federation_pb.ts';
import { createChannel, createClient } from '../../shared/grpc/client.ts';
import type { Peer } from '../../shared/grpc/peer.ts';
import { readTlsMaterial } from '../../shared/grpc/tls.ts';
import { extent } from '../support/extent.ts';
import { findNeedles, type Needle, needlesOf } from '../support/needles.ts';
import { type RecordingProxy, startRecordingProxy } from '../support/recording-proxy.ts';
import { waitFor } from '../support/wait.ts';
import { call, listContacts, openTrace, waitForTrace } from './drive.ts';
import { createWorld, PROVINCES, rowsOf, startScenario, statusOf } from './scenario.ts';

/** Nobody's, and nothing else's: words that occur only where a person's or a place's data went. */
const CCCD = ['097531864201', '097531864202', '097531864203', '097531864204'];
const PHONES = ['+84977135791', '+84977135792', '+84977135793'];
const NAMES = ['CANARY NGUYEN VAN AN', 'CANARY TRAN THI BINH', 'CANARY LE HOANG CUC', 'CANARY PHAM DUNG'];
const OTHERS = {
  cmnd: '975318642',
  passport: 'B9753186X',
  insurance: '9753186420',
  app: 'c0ffee97-5318-4642-8abc-97531864abcd',
  place: 'canary-place-id-7531',
  placeName: 'CANARY QUAN CA PHE',
  address: 'CANARY 12 TRAN PHU',
  household: 'canary-household-7531',
  born: '1953-07-19',
};
const CANARIES = [
  ...CCCD,
  // With the digits that every spelling of the number shares.
  ...PHONES.map((phone) => phone.slice(3)),
  ...NAMES,
  ...Object.values(OTHERS),
];

let directory: string;
let federation: Federation;
let wiring: Wiring;
let needles: Needle[];
const proxies: RecordingProxy[] = [];
const traces: string[] = [];
/** Bodies of answers to requests that were refused. */
const refusals: string[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'truyvet-privacy-'));
  needles = await needlesOf(CANARIES);
  // As processes, their logs hold what they print besides: in `.ci/run` that is searched, too.
  const start = extent<typeof createWorld>({ quick: createWorld, all: startScenario });
  federation = await start({
    logsDir: join(directory, 'logs'),
    env: { '*': { LOG_LEVEL: 'trace' } },
    intercept,
  });
  await tell();
  await listen();
  await complain();
});

afterAll(async () => {
  await federation?.[Symbol.asyncDispose]();
  for (const proxy of proxies) await proxy[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

const HUB: Peer = { kind: 'hub' };
const node = (province: string): Peer => ({ kind: 'node', province });
const tlsOf = (peer: Peer) => readTlsMaterial(wiring.keys.tls(peer));

/** A proxy on the way from the hub to each node, and from each node to the hub. */
async function intercept(planned: Wiring): Promise<Record<string, Record<string, string>>> {
  wiring = planned;
  const between = async (from: Peer, to: Peer, target: string) => {
    const proxy = await startRecordingProxy({ target, asServer: tlsOf(to), asClient: tlsOf(from) });
    proxies.push(proxy);
    return proxy.address;
  };
  const env: Record<string, Record<string, string>> = {};
  const provinces = [];
  for (const { name, grpcAddress } of planned.nodes) {
    env[name] = { HUB_ADDRESS: await between(node(name), HUB, planned.hub.grpcAddress) };
    const address = await between(HUB, node(name), grpcAddress);
    provinces.push({ province: name, address, statement: planned.keys.statement(name) });
  }
  const file = join(directory, 'provinces.json');
  await writeFile(file, JSON.stringify(provinces));
  env.hub = { PROVINCES_FILE: file };
  return env;
}

/** Everything that a province can be told about somebody, in three provinces. */
async function tell(): Promise<void> {
  const [a, b, c, d] = CCCD.map((digits) => `cccd:${digits}`) as [string, string, string, string];
  const [x, y, z] = PHONES.map((phone) => `phone:${phone}`) as [string, string, string];
  const { place, placeName, address, household, born } = OTHERS;
  const file = (kind: string, province: string, header: string, rows: string[]) =>
    call(federation.node(province), `/v1/imports/${kind}`, {
      body: [header, ...rows, ''].join('\n'),
      type: 'text/csv',
    });
  const persons = 'identifiers,name,born_on,sex,province,ward,address,household';
  await file('persons', '24', persons, [
    `${a} ${x} cmnd:${OTHERS.cmnd},${NAMES[0]},${born},male,24,,${address},${household}`,
    `${b} app:${OTHERS.app},${NAMES[1]},${born},female,24,,${address},${household}`,
  ]);
  await file('persons', '79', persons, [
    `${c} ${y} passport:VNM:${OTHERS.passport},${NAMES[2]},${born},female,79,,${address},`,
  ]);
  await file('persons', '01', persons, [
    `${y} ${z} insurance:DN497${OTHERS.insurance},${NAMES[2]},,,,,${address},`,
    `${d},${NAMES[3]},${born},male,01,,${address},`,
  ]);
  for (const province of PROVINCES) {
    await file('places', province, 'place,name,kind,ward,capacity,latitude,longitude', [
      `${place},${placeName},cafe,,40,21.2730975,106.1946531`,
    ]);
    const at = (hour: number) =>
      `2021-06-0${hour > 23 ? 9 : 8}T${String(hour % 24).padStart(2, '0')}:00:00+07:00`;
    await file('check-ins', province, 'identifier,place,in_at,out_at,home_province', [
      `${x},${place},${at(8)},${at(10)},24`,
      `${y},${place},${at(8)},${at(11)},79`,
      `app:${OTHERS.app},${place},${at(9)},,24`,
      `passport:VNM:${OTHERS.passport},${place},${at(9)},${at(10)},`,
    ]);
  }
  await file('encounters', '01', 'identifier_a,identifier_b,from,until,rssi', [
    `${z},${d},2021-06-12T08:00:00+07:00,2021-06-12T09:00:00+07:00,-60`,
    `${x},${d},2021-06-09T08:00:00+07:00,2021-06-09T09:00:00+07:00,`,
  ]);
}

/** Traces forward and backward, corrects the case, reads everything, closes one. */
async function listen(): Promise<void> {
  const door = federation.node('24');
  const identifiers = [`cccd:${CCCD[0]}`, `phone:${PHONES[0]}`];
  const body = JSON.stringify({ identifiers, onset_on: '2021-06-10' });
  const { id: caseId } = await call<{ id: string }>(door, '/v1/cases', { body });
  const asOf = Date.parse('2021-06-20T00:00:00+07:00') / 1000;
  for (const direction of ['forward', 'backward'] as const) {
    const id = await openTrace(door, { cases: [caseId], direction, maxDegree: 3, asOf });
    await waitForTrace(door, id);
    traces.push(id);
  }
  await call(door, `/v1/cases/${caseId}`, {
    method: 'PATCH',
    body: JSON.stringify({ isolated_at: '2021-06-12T00:00:00+07:00' }),
  });
  await waitFor('the correction', async () => {
    const status = await statusOf(door, traces[0] as string);
    return status.state === 'complete' && (status as unknown as { revision: number }).revision !== 0;
  }).catch(() => undefined);
  for (const path of ['/v1/traces', `/v1/traces/${traces[0]}`, `/v1/traces/${traces[0]}/graph`]) {
    await call(federation.hub, path);
  }
  await call(door, `/v1/traces/${traces[1]}/close`, { method: 'POST' });
  await waitFor('the end', async () => (await statusOf(door, traces[1] as string)).state === 'closed');
}

/** Bad requests that carry personal data where it does not belong, and where it does. */
async function complain(): Promise<void> {
  const json = 'application/json';
  const requests: [path: string, type: string, body: string][] = [
    ['/v1/cases', json, JSON.stringify({ identifiers: [`cccd:${CCCD[0]}9`], onset_on: '2021-06-10' })],
    ['/v1/cases', json, JSON.stringify({ identifiers: [NAMES[0]], onset_on: OTHERS.address })],
    [
      '/v1/cases',
      json,
      JSON.stringify({ identifiers: [`phone:${PHONES[0]}`], [NAMES[0] as string]: CCCD[0] }),
    ],
    ['/v1/cases', json, `{"identifiers": ["cccd:${CCCD[0]}"`],
    ['/v1/traces', json, JSON.stringify({ cases: [`${CCCD[0]}`], direction: NAMES[0], as_of: PHONES[0] })],
    ['/v1/imports/persons', 'text/csv', `identifiers,${NAMES[0]}\ncccd:${CCCD[0]},x\n`],
    [
      '/v1/imports/persons',
      'text/csv',
      `identifiers,name,ward\ncccd:${CCCD[0]}7,${NAMES[0]},${OTHERS.address}\n`,
    ],
    ['/v1/imports/persons', 'text/csv', `identifiers,name\ncccd:${CCCD[0]},"${NAMES[0]}\n`],
    ['/v1/imports/persons', 'text/csv', `identifiers,born_on\ncccd:${CCCD[0]} ${PHONES[0]},${NAMES[1]}\n`],
    [
      '/v1/imports/check-ins',
      'text/csv',
      `identifier,place,in_at\ncccd:${CCCD[0]},${OTHERS.placeName},${NAMES[0]}\n`,
    ],
    [
      '/v1/imports/encounters',
      'application/x-ndjson',
      `{"identifier_a":"cccd:${CCCD[0]}","${NAMES[0]}":1}\n{"x\n`,
    ],
    ['/v1/imports/places', 'text/csv', `place,name,kind\n${OTHERS.place},${OTHERS.placeName},${CCCD[0]}\n`],
    [`/v1/imports/${encodeURIComponent(NAMES[0] as string)}`, 'text/csv', NAMES[0] as string],
  ];
  for (const [path, type, body] of requests) await complainAt('24', path, { method: 'POST', type, body });
  const paths = [`/v1/cases/${CCCD[0]}`, `/v1/traces/${NAMES[0]}`, `/${NAMES[0]}?phone=${PHONES[0]}`];
  paths.push(
    `/v1/cases?after=${NAMES[0]}&limit=${CCCD[0]}`,
    `/v1/traces/${traces[0]}/contacts?ward=${'x'.repeat(200)}`,
  );
  for (const path of paths) {
    await complainAt('24', path, { method: 'GET' });
    await complainAt('hub', path, { method: 'GET' });
  }
  await complainAt('24', '/v1/cases', { method: 'GET', token: `${NAMES[0]}.${CCCD[0]}.x` });
  await complainAt('24', '/v1/traces', { method: 'POST', type: json, body: '{}', key: NAMES[0] as string });
  await complainAt('24', '/v1/traces', { method: 'POST', type: json, body: '{}', key: CCCD[0] as string });
}

interface Complaint {
  readonly method: string;
  readonly type?: string;
  readonly body?: string;
  readonly token?: string;
  readonly key?: string;
}

async function complainAt(name: string, path: string, complaint: Complaint): Promise<void> {
  const participant = name === 'hub' ? federation.hub : federation.node(name);
  const { method, type, body, token = participant.token, key } = complaint;
  const response = await fetch(`${participant.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(type && { 'content-type': type }),
      ...(key && { 'idempotency-key': key }),
    },
    ...(body !== undefined && { body }),
  });
  refusals.push(`${response.status} ${await response.text()}`);
}

/** Every value of every table of a database: as text, and bytes as they are. */
async function valuesOf(databaseUrl: string): Promise<Buffer[]> {
  await using db = openDatabase(databaseUrl, { max: 1, name: 'test' });
  const tables = await db.sql<{ name: string }[]>`
    SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) AS name FROM information_schema.tables
    WHERE table_schema NOT IN ('pg_catalog', 'information_schema')`;
  const values: Buffer[] = [];
  for (const { name } of tables) {
    const texts = await db.sql.unsafe<{ row: string }[]>(`SELECT t::text AS row FROM ${name} t`);
    values.push(...texts.map(({ row }) => Buffer.from(row)));
    const rows = await db.sql.unsafe<Record<string, unknown>[]>(`SELECT * FROM ${name}`);
    for (const row of rows) {
      for (const value of Object.values(row)) {
        if (value instanceof Uint8Array) values.push(Buffer.from(value));
        else if (typeof value === 'string') values.push(...insideOf(value));
      }
    }
  }
  return values;
}

/** What a signed text says, beneath its base64. */
function insideOf(text: string): Buffer[] {
  return text.split('.').map((part) => Buffer.from(part, 'base64url'));
}

async function logs(): Promise<Buffer[]> {
  const folder = join(directory, 'logs');
  return Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name))));
}

const wires = () => proxies.flatMap((proxy) => proxy.recorded());

test('the traces did find these people, in all three provinces', async () => {
  const contacts = await listContacts(federation, traces[0] as string);
  expect(new Set(contacts.map(({ province }) => province))).toEqual(new Set(PROVINCES));
  expect(new Set(contacts.map(({ name }) => name))).toEqual(new Set(NAMES.slice(1)));
});

test('nothing that names a person lies open in the database of their own province', async () => {
  for (const { databaseUrl } of federation.nodes) {
    const found = findNeedles(await valuesOf(databaseUrl), needles);
    // The province's own id of a place is no person's, and shows that the search finds what is there.
    expect(found).toContain(`${OTHERS.place} (utf-8)`);
    expect(found.filter((what) => !what.startsWith(OTHERS.place))).toEqual([]);
  }
});

test('nothing of a person or a place is in the hub’s database', async () => {
  expect(findNeedles(await valuesOf(federation.hub.databaseUrl), needles)).toEqual([]);
});

test('nor on the wires', () => {
  expect(wires().length).toBeGreaterThan(12);
  expect(findNeedles(wires(), needles)).toEqual([]);
});

test('nor in any log, nor in what is answered to bad requests', async () => {
  const written = await logs();
  expect(written.length).toBe(1 + PROVINCES.length);
  for (const log of written) expect(log.length).toBeGreaterThan(1000);
  expect(findNeedles(written, needles)).toEqual([]);
  expect(refusals.filter((text) => findNeedles([Buffer.from(text)], needles).length > 0)).toEqual([]);
  expect(refusals.filter((text) => text.startsWith('5'))).toEqual([]);
});

test('the search finds what is there: a trace’s id and a pseudonym', async () => {
  const [row] = await rowsOf<{ opening: string }>(
    federation.node('24'),
    `SELECT opening FROM traces WHERE id = '${traces[0]}'`,
  );
  const payload = JSON.parse(Buffer.from(row?.opening.split('.')[1] as string, 'base64url').toString());
  const pseudonym = Buffer.from(payload.index[0].pseudonym, 'hex');
  const known: Needle[] = [
    { word: 'id', form: 'text', bytes: Buffer.from(traces[0] as string) },
    { word: 'pseudonym', form: 'bytes', bytes: pseudonym },
  ];
  expect(findNeedles(await valuesOf(federation.hub.databaseUrl), known).sort()).toEqual([
    'id (text)',
    'pseudonym (bytes)',
  ]);
  expect(findNeedles(wires(), known).sort()).toEqual(['id (text)', 'pseudonym (bytes)']);
  expect(findNeedles(await logs(), known)).toEqual(['id (text)']);
});

test('the search finds a person’s data where it is planted', async () => {
  const hubDatabase = openDatabase(federation.hub.databaseUrl, { max: 1, name: 'test' });
  await hubDatabase.sql`CREATE TABLE planted (note text, body bytea)`;
  const note = `x${Buffer.from(`ab${NAMES[0]}cd`).toString('base64')}`;
  const body = Buffer.from(CCCD[1] as string, 'utf16le');
  await hubDatabase.sql`INSERT INTO planted VALUES (${note}, ${body})`;
  expect(findNeedles(await valuesOf(federation.hub.databaseUrl), needles)).toEqual(
    expect.arrayContaining([`${NAMES[0]} (utf-8 base64)`, `${CCCD[1]} (utf-16le)`]),
  );
  await hubDatabase.sql`DROP TABLE planted`;
  await hubDatabase[Symbol.asyncDispose]();

  await appendFile(join(directory, 'logs', 'hub.log'), JSON.stringify({ name: NAMES[1] }));
  expect(findNeedles(await logs(), needles)).toEqual([`${NAMES[1]} (utf-8)`]);

  // Through the proxy of the first node: once in a message, once in a header, which HTTP/2 compresses.
  const address = proxies[0]?.address as string;
  await using channel = createChannel({ address, tls: tlsOf(node('24')), expectPeer: HUB });
  const client = createClient(FederationService, channel);
  const options = { deadlineMs: 5_000, signal: new AbortController().signal };
  await client.getTrace({ traceId: NAMES[2] as string }, options).catch(() => undefined);
  await client.listRules({}, { ...options, requestId: `ab-${NAMES[3]}-cd` });
  expect(findNeedles(wires(), needles).sort()).toEqual([
    `${NAMES[2]} (utf-8)`,
    `${NAMES[3]} (HTTP/2 header)`,
  ]);
});
