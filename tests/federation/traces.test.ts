/**
 * One federation and its traces: who is one person at the desks and why, over HTTP; what becomes of an open
 * trace when a record is withdrawn or corrected; and that a closed trace is closed everywhere and
 * erased after its time.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Federation } from '../../deploy/federation/federation.ts';
import { eraseTraces } from '../../hub/traces/erasing.ts';
import { erasuresOf } from '../../node/erasures.ts';
import { openDatabase, retryConflicts, withTransaction } from '../../shared/db/database.ts';
import { COUNTER_EXAMPLES, HER } from '../simulation/counter-examples.ts';
import type { Dataset, EncounterRow, PersonRow } from '../simulation/dataset.ts';
import { confirmed, DAY, inProvince, met, record } from '../simulation/examples.ts';
import { extent } from '../support/extent.ts';
import { waitFor } from '../support/wait.ts';
import {
  call,
  differences,
  enterCases,
  importDataset,
  importFile,
  listContacts,
  openTrace,
  type ProvincialContact,
  waitForTrace,
} from './drive.ts';
import {
  converges,
  createWorld,
  expectedOf,
  importWorld,
  open,
  PROVINCES,
  pickRequest,
  rowsOf,
  rules,
} from './scenario.ts';

let federation: Federation;
beforeAll(async () => {
  federation = await createWorld({ env: { hub: { REPORT_EVERY_MS: '200' } } });
});
afterAll(() => federation?.[Symbol.asyncDispose]());

/** Of how many traces each node keeps what they have asked. */
async function kept(): Promise<number[]> {
  const pages = federation.nodes.map(async ({ url }) => (await fetch(`${url}/metrics`)).text());
  return (await Promise.all(pages)).map((page) =>
    Number(/truyvet_asked\{[^}]*what="traces"[^}]*\} (\d+)/.exec(page)?.[1]),
  );
}

let owner: string;
let expected: ReturnType<typeof pickRequest>['expected'];
let closed: string;
let stays: string;
const stands = () => converges(federation, stays, { at: owner, expected, firm: false });

test('the nodes let go what a closed trace has asked', { timeout: 120_000 }, async () => {
  const imported = await importWorld(federation, 1);
  const picked = pickRequest(imported.world);
  ({ owner, expected } = picked);
  closed = await open(federation, imported, picked.request);
  stays = await open(federation, imported, picked.request);
  for (const id of [closed, stays]) await converges(federation, id, { at: owner, expected, firm: false });
  expect(await kept()).toEqual([2, 2, 2]);
  await call(federation.node(owner), `/v1/traces/${closed}/close`, { method: 'POST' });
  await waitFor('all nodes to let it go', async () => (await kept()).every((traces) => traces === 1));
  // What is kept for traces that may ask is not kept for this one any longer.
  for (const node of federation.nodes) {
    const over = await rowsOf(node, 'SELECT DISTINCT trace_id FROM openings WHERE closed_at IS NOT NULL');
    expect(over).toEqual([{ trace_id: closed }]);
    const unknown = await rowsOf(node, 'SELECT FROM openings WHERE asks_from = 0 OR asks_until > 4294967294');
    expect(unknown).toEqual([]);
  }
  await stands();
});

/**
 * In which tables of a program's database a text stands: without the audit log, and the feed, which is
 * forgotten after a week whatever becomes of anything.
 */
async function tablesWith(program: { databaseUrl: string }, text: string): Promise<string[]> {
  const tables = await rowsOf<{ name: string }>(
    program,
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace
      AND relkind IN ('r', 'p') AND NOT relispartition AND relname !~ '^(audit_|feed)' ORDER BY 1`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const hex = Buffer.from(text).toString('hex');
    const said = `t::text LIKE '%${text}%' OR t::text LIKE '%${hex}%'`;
    const rows = await rowsOf(program, `SELECT FROM ${name} t WHERE ${said} LIMIT 1`);
    if (rows.length > 0) found.push(name);
  }
  return found;
}

/** Tables that are about programs and traces, not about people. */
const SHARED_TABLES = /^(audit_|feed|openings$|answered_questions$|cursor_keys$)/;

/** What binary values about people begin with in a node's database, each with its column. */
async function binaryValues(node: { databaseUrl: string }): Promise<Map<string, string>> {
  const columns = await rowsOf<{ name: string; column: string }>(
    node,
    `SELECT table_name AS name, column_name AS column FROM information_schema.columns
      WHERE table_schema = 'public' AND data_type = 'bytea'`,
  );
  const found = new Map<string, string>();
  for (const { name, column } of columns.filter((one) => !SHARED_TABLES.test(one.name))) {
    const rows = await rowsOf<{ value: string }>(
      node,
      `SELECT encode(${column}, 'hex') AS value FROM ${name} WHERE length(${column}) > 4`,
    );
    for (const { value } of rows) found.set(value.slice(0, 32), `${name}.${column}`);
  }
  return found;
}

test('the dumps of two nodes join nobody, though both know her', async () => {
  const body = 'identifiers,name,household\ncmnd:991000001 phone:+84912999001,An,H9\n';
  for (const node of federation.nodes) {
    await call(node, '/v1/imports/persons', { body, type: 'text/csv' });
    await waitFor('all tokens', async () => {
      return (await rowsOf(node, 'SELECT FROM identifiers WHERE token IS NULL')).length === 0;
    });
  }
  const dumps = await Promise.all(federation.nodes.map(binaryValues));
  const [first, ...others] = dumps as [Map<string, string>, ...Map<string, string>[]];
  expect(new Set(first.values())).toContain('identifiers.token');
  for (const other of others)
    expect([...first].flatMap(([value, column]) => (other.has(value) ? [column] : []))).toEqual([]);
});

/** So many days later the trace that is closed is over in every sense, and the other one has not expired. */
const clock = { nowMs: () => Date.now() + 20 * DAY * 1_000 };
const erasing = { ...rules, retention_days: 10 };

interface Reconciled {
  readonly hub: { readonly count: number };
  readonly provinces: readonly { readonly state: string }[];
}

async function eraseAtHub(): Promise<void> {
  await using db = openDatabase(federation.hub.databaseUrl, { max: 1, name: 'eraser' });
  await eraseTraces({ db, clock, packs: [erasing] });
}

async function eraseAt(node: { databaseUrl: string }): Promise<void> {
  await using db = openDatabase(node.databaseUrl, { max: 2, name: 'eraser' });
  const book = { inForceAt: () => erasing, pack: () => rules };
  for (const erase of erasuresOf({ db, clock, rules: book }))
    while (await retryConflicts(erase)) expect(erase).toBeDefined();
}

test('of a closed trace nothing is left at the hub after its time', { timeout: 120_000 }, async () => {
  const { hub } = federation;
  const before = await tablesWith(hub, closed);
  expect(before).toEqual(
    expect.arrayContaining(['answers', 'deliveries', 'openings', 'questions', 'traces']),
  );
  // It could still be presented: nobody may take it for a new one.
  await eraseAtHub();
  expect(await tablesWith(hub, closed)).toEqual(before);
  await rowsOf(hub, `UPDATE traces SET expires_at = now() WHERE id = '${closed}'`);
  // Broken off in the midst of it: everything is as it was.
  const counts = `SELECT (SELECT count(*) FROM answers) AS a, (SELECT count(*) FROM questions) AS q`;
  const held = await rowsOf(hub, counts);
  await using db = openDatabase(hub.databaseUrl, { max: 1, name: 'holder' });
  await withTransaction(db, async (tx) => {
    await tx.sql`SELECT FROM deliveries WHERE trace_id = ${closed} FOR UPDATE`;
    const erasing = eraseAtHub().catch((error) => error.code);
    await waitFor('it to be in the midst', async () => {
      const rows = await rowsOf(
        hub,
        `SELECT pg_cancel_backend(pid) FROM pg_stat_activity
          WHERE application_name = 'eraser' AND wait_event_type = 'Lock'`,
      );
      return rows.length > 0;
    });
    expect(await erasing).toBe('INTERNAL');
  });
  expect(await rowsOf(hub, counts)).toEqual(held);
  await eraseAtHub();
  await eraseAtHub();
  expect(await tablesWith(hub, closed)).toEqual([]);
  const receipts = await rowsOf<{ body: string }>(
    hub,
    `SELECT body FROM audit_records WHERE body LIKE '%"traces.erased"%'`,
  );
  expect(receipts.map(({ body }) => JSON.parse(body))).toMatchObject([
    { on: [{ trace: closed }], detail: { questions: expect.any(Number), answers: expect.any(Number) } },
  ]);
  // What was asked in it is still held against the provinces' logs.
  const verdict = await call<Reconciled>(hub, '/v1/audit/reconciliations', { method: 'POST' });
  expect(verdict.hub).toMatchObject({ count: 0 });
  expect(verdict.provinces.map(({ state }) => state)).toEqual(['agrees', 'agrees', 'agrees']);
  await stands();
});

/** Rows of a node: of encounters, and of all whom it knows. */
async function held(node: { databaseUrl: string }): Promise<unknown> {
  const [counts] = await rowsOf(
    node,
    `SELECT (SELECT count(*) FROM encounters) AS met, (SELECT count(*) FROM identifiers) AS known`,
  );
  return counts;
}

test('nor at the nodes, and what the open one says stays', { timeout: 120_000 }, async () => {
  for (const node of federation.nodes) {
    // What the world has withdrawn goes too.
    await eraseAt(node);
    const before = await held(node);
    // Long before anything that is asked about, of people of whom nothing else is known.
    const [from, until] = ['2021-01-04T01:00:00Z', '2021-01-04T02:00:00Z'];
    const body = `identifier_a,identifier_b,from,until\ncmnd:990000001,cmnd:990000002,${from},${until}\n`;
    await call(node, '/v1/imports/encounters', { body, type: 'text/csv' });
    expect(await held(node)).not.toEqual(before);
    await rowsOf(node, `UPDATE openings SET expires_at = 1 WHERE trace_id = '${closed}'`);
    expect(await tablesWith(node, closed)).toEqual(
      expect.arrayContaining(['contacts', 'deliveries', 'openings']),
    );
    await eraseAt(node);
    await eraseAt(node);
    expect(await tablesWith(node, closed)).toEqual([]);
    expect(await held(node)).toEqual(before);
  }
  await stands();
  // Asked again from the first question on, by memories that are read anew.
  for (const { name } of federation.nodes) await federation.kill(name, 'SIGTERM');
  await federation.restart();
  await stands();
  await call(federation.node(owner), `/v1/traces/${stays}/close`, { method: 'POST' });
});

const digits = (n: number, length: number) => String(n).padStart(length, '0');

/** Real identifiers in the place of an example's words, each example's its own; years and sexes stay. */
function realOf(example: number): (word: string) => string {
  const known = new Map<string, string>();
  return (word) => {
    const [kind = '', value = ''] = word.split(':', 2);
    const at = (length: number) => `${digits(example, 3)}${digits(known.size, length - 3)}`;
    const values: Record<string, string> = {
      cccd: `024${value.slice(3, 6)}${at(6)}`,
      passport: `KOR:M${at(8)}`,
      insurance: `10${at(8)}`,
      cmnd: `02${at(7)}`,
      phone: `+8491${at(7)}`,
      app: `00000000-0000-4000-8000-000000${at(6)}`,
    };
    const real = known.get(word) ?? `${kind}:${values[kind]}`;
    known.set(word, real);
    return real;
  };
}

/** The people of an example, each met by the index case for so many minutes under each identifier. */
function exampleOf(at: number, people: readonly PersonRow[], minutes = 20) {
  const real = realOf(at);
  const rows = people.map((row) => ({ ...row, identifiers: row.identifiers.map(real) }));
  const identifiers = [...new Set(rows.flatMap((row) => row.identifiers))];
  const persons = (words: readonly string[]) =>
    words.map((word) => word.split('+').map(real).sort().join('+')).sort();
  return { rows, identifiers, persons, minutes };
}

const INDEX = 'cccd:024050999999';
const keyed = (identifiers: string) => ({ ...record(identifiers), record: identifiers });
const examples = COUNTER_EXAMPLES.map(([, people], at) => exampleOf(at, people));
/** Ten minutes under each of two identifiers are a contact if somebody says that both are one person. */
const linkedWrongly = exampleOf(900, [record('cmnd:p'), record('cmnd:p phone:1')], 10);
const slipped = exampleOf(901, [record('cmnd:right'), keyed('cmnd:wrong phone:1')], 10);
const all = [...examples, linkedWrongly, slipped];

const encounters: EncounterRow[] = all.flatMap(({ identifiers, minutes }, example) =>
  identifiers.map((one, n) => {
    const from = (example * 10 + n) * 1_200;
    return met(INDEX, one, from, from + minutes * 60);
  }),
);
let data: Dataset = {
  ...{ provinces: PROVINCES, places: [], checkIns: [], encounters },
  people: all.flatMap(({ rows }) => rows),
  cases: [confirmed({ id: 'index', identifiers: [INDEX] })],
};
const request = {
  ...{ direction: 'forward' as const, cases: ['index'], maxDegree: 1 },
  asOf: (data.encounters.at(-1)?.until as number) + DAY,
};

describe('who is one person', () => {
  let id: string;
  let contacts: ProvincialContact[];

  beforeAll(async () => {
    await importDataset(federation, data);
    const cases = [...(await enterCases(federation, data)).values()];
    id = await openTrace(federation.node('24'), { ...request, cases });
    contacts = await asTheOracleSays();
  }, 60_000);

  const asTheOracleSays = () =>
    converges(federation, id, { at: '24', expected: expectedOf(data, request), firm: false });

  /** Those of an example who are contacts now. */
  function found({ identifiers }: (typeof all)[number]): string[] {
    const own = contacts.filter((contact) => contact.identifiers.some((one) => identifiers.includes(one)));
    return own.map((contact) => [...contact.identifiers].sort().join('+')).sort();
  }

  test.each(COUNTER_EXAMPLES.map(([name, , expected], at) => [name, at, expected] as const))(
    '%s',
    (_name, at, expected) => {
      const example = examples[at] as (typeof all)[number];
      expect(found(example)).toEqual(example.persons(expected));
    },
  );

  const exampleNamed = (name: string) =>
    examples[COUNTER_EXAMPLES.findIndex((one) => one[0].includes(name))] as (typeof all)[number];

  /** The path of the record that a row wrote, found by what it alone names. */
  async function pathOf(row: PersonRow): Promise<string> {
    const others = data.people.filter((one) => one !== row && one.province === row.province);
    const own = row.identifiers.find((one) => !others.some(({ identifiers }) => identifiers.includes(one)));
    const path = `/v1/records?identifier=${encodeURIComponent(own as string)}`;
    const { records } = await call<{ records: { id: number }[] }>(federation.node(row.province), path);
    expect(records).toHaveLength(1);
    return `/v1/records/${records[0]?.id}`;
  }

  /** The open trace, in seconds, by itself. */
  async function correctsItself(now: Dataset): Promise<void> {
    const begunAt = performance.now();
    data = now;
    contacts = await asTheOracleSays();
    expect(performance.now() - begunAt).toBeLessThan(10_000);
  }

  async function withdraw(row: PersonRow): Promise<void> {
    await call(federation.node(row.province), await pathOf(row), { method: 'DELETE' });
    await correctsItself({ ...data, people: [...data.people, { ...row, withdrawn: true }] });
  }

  /** `changes` as the route takes them; `says` as the row then stands in the merged data. */
  async function correct(row: PersonRow, changes: object, says: Partial<PersonRow>): Promise<void> {
    const body = JSON.stringify(changes);
    await call(federation.node(row.province), await pathOf(row), { method: 'PATCH', body });
    const people = data.people.map((one) => (one === row ? { ...row, ...says } : one));
    await correctsItself({ ...data, people });
  }

  test('an invented record names its source, and without that province nothing of it is left', async () => {
    const graph = (query: string) =>
      call<{ persons: readonly object[] }>(federation.hub, `/v1/traces/${id}/graph${query}`);
    const [all, without] = [await graph(''), await graph('?without=01')];
    expect(all.persons).toHaveLength(1 + contacts.length);
    // The phone is its owner's again.
    expect(without.persons).toHaveLength(all.persons.length - 1);
  });

  test('a record that linked two is withdrawn: the contact that both were is withdrawn', async () => {
    expect(found(linkedWrongly)).toEqual(linkedWrongly.persons(['cmnd:p+phone:1']));
    await withdraw(linkedWrongly.rows[1] as PersonRow);
    expect(found(linkedWrongly)).toEqual([]);
  });

  test('a mistyped number is corrected: the contact is whose number it is', async () => {
    expect(found(slipped)).toEqual(slipped.persons(['cmnd:wrong+phone:1']));
    const [right, wrong] = slipped.rows as readonly PersonRow[] as [PersonRow, PersonRow];
    const identifiers = [right.identifiers[0] as string, wrong.identifiers[1] as string];
    await correct(wrong, { identifiers }, { identifiers });
    expect(found(slipped)).toEqual(slipped.persons(['cmnd:right+phone:1']));
  });

  test('a slip in a cccd is withdrawn: the phone is its owner’s again', async () => {
    const slip = exampleNamed('a slip in a cccd makes');
    await withdraw(slip.rows[1] as PersonRow);
    expect(found(slip)).toEqual(slip.persons([`app:1+${HER}+phone:1`, 'cccd:024185000010']));
  });

  test('a slip in a year is corrected: two numbers on one phone are one person', async () => {
    const slip = exampleNamed('a slip in a year between records of two');
    await correct(slip.rows[1] as PersonRow, { born_on: '1985' }, { bornOn: '1985' });
    expect(found(slip)).toEqual(slip.persons(['cmnd:p+passport:p+phone:1']));
  });

  test('an invented record is withdrawn in its province: everywhere as if it had not been', async () => {
    const invented = exampleNamed('an invented record');
    await withdraw(invented.rows[1] as PersonRow);
    expect(found(invented)).toEqual(invented.persons([`app:1+${HER}+phone:1`, 'cccd:001090999999']));
  });
});

/** So many people, each with so many apps beside the phone: a record for each pair. */
const CROWD = extent({ quick: { people: 50, apps: 10 }, all: { people: 1_000, apps: 100 } });

test('a phone of very many records costs what they cost', { timeout: 240_000 }, async () => {
  const [index, phone] = ['cccd:024050999998', 'phone:+84919990001'];
  const people = Array.from({ length: CROWD.people * CROWD.apps }, (_, n) => {
    const [cccd, app] = [`cccd:001185${digits(n % CROWD.people, 6)}`, Math.floor(n / CROWD.people)];
    const identifiers = `${cccd} app:00000000-0000-4000-8000-${digits(app, 12)} ${phone}`;
    return inProvince(n % 3 === 0 ? '24' : '79', record(identifiers));
  });
  const crowd: Dataset = {
    ...{ provinces: PROVINCES, people, places: [], checkIns: [], encounters: [met(index, phone, 0, 1_200)] },
    cases: [confirmed({ id: 'crowd', identifiers: [index] })],
  };
  await importDataset(federation, crowd);
  const cases = [...(await enterCases(federation, crowd)).values()];
  const id = await openTrace(federation.node('24'), { ...request, cases });
  const patienceMs = 5_000 + people.length / 2;
  await waitForTrace(federation.node('24'), id, ({ state }) => state === 'complete', patienceMs);
  const contacts = await listContacts(federation, id);
  expect(contacts.map(({ identifiers }) => identifiers)).toEqual([[phone]]);
  // As if they were two: how many decides nothing.
  const two = { ...crowd, people: people.slice(0, 2) };
  expect(differences(contacts, expectedOf(two, { ...request, cases: ['crowd'] }))).toEqual([]);
});

test('a case’s identifier that no province knows is named, one that another knows is not', async () => {
  const [own, theirs, nobodys] = ['cccd:024050999996', 'phone:+84919990005', 'phone:+84919990006'] as const;
  const here: Dataset = {
    ...{ provinces: PROVINCES, places: [], checkIns: [], encounters: [] },
    people: [inProvince('24', record(own)), inProvince('79', record(theirs))],
    cases: [confirmed({ id: 'slip', identifiers: [own, theirs, nobodys] })],
  };
  await importDataset(federation, here);
  const cases = [...(await enterCases(federation, here)).values()];
  const opened = await call<{ id: string; warnings: object[] }>(federation.node('24'), '/v1/traces', {
    body: JSON.stringify({ cases, direction: 'forward' }),
  });
  const unknown = (reason: string, identifier: number) => ({ reason, case: cases[0], identifier });
  expect(opened.warnings).toEqual([1, 2].map((n) => unknown('INDEX_UNKNOWN', n)));
  const said = async () => {
    const { warnings } = await waitForTrace(federation.node('24'), opened.id);
    return warnings.filter(({ reason }) => reason.startsWith('INDEX_UNKNOWN'));
  };
  expect(await said()).toEqual([unknown('INDEX_UNKNOWN_ANYWHERE', 2)]);
  // It turns up, and the open trace takes it back.
  await importFile(federation.node('01'), 'persons', `identifiers,name\n${nobodys},An\n`);
  await waitFor('nothing to be unknown', async () => (await said()).length === 0);
});
