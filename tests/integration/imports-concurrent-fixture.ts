/**
 * Batches of imports and cases over a handful of people, and what a database says afterwards, in plain and
 * without local ids: equal states are equal to whoever asks.
 */
import { enterCase } from '../../node/casework/cases/operations.ts';
import type { ImportKind } from '../../node/records/intake/rows.ts';
import { systemClock } from '../../shared/clock.ts';
import { withTransaction } from '../../shared/db/database.ts';
import { personWith } from '../support/callers.ts';
import { sayingOf } from '../support/sealed.ts';
import { waitFor } from '../support/wait.ts';
import type { Heard, intakeOn } from './imports-fixture.ts';

type Intake = ReturnType<typeof intakeOn>;

/** One transaction: lines of a file, or a case of these identifiers. */
export type Batch =
  | { readonly kind: ImportKind; readonly lines: readonly string[] }
  | { readonly kind: 'case'; readonly identifiers: readonly string[] };

export const HEADERS: Record<ImportKind, string> = {
  persons: 'identifiers,name,province,household',
  places: 'place,name,kind',
  'check-ins': 'identifier,place,in_at,out_at,home_province',
  encounters: 'identifier_a,identifier_b,from,until,rssi',
};

/** Stores a batch; throws if a row was refused. */
export async function run(intake: Intake, batch: Batch): Promise<void> {
  if (batch.kind === 'case') return enterCaseOf(intake, batch.identifiers);
  const report = await intake.importCsv(batch.kind, HEADERS[batch.kind], ...batch.lines);
  if (report.rejected > 0) throw new Error(JSON.stringify(report.errors));
}

export async function enterCaseOf({ ctx }: Intake, identifiers: readonly string[]): Promise<void> {
  const traces = { reopen: async () => undefined, ofContacts: async () => [] };
  const cases = { ...ctx, clock: systemClock, province: '24', traces };
  const facts = { onsetOn: '2021-05-21', sampledAt: null, isolatedAt: null, ward: null };
  await enterCase(cases as never, personWith(['epidemiologist@24']), {
    identifiers: [...identifiers],
    ...facts,
  });
}

/**
 * Runs all of `batches` at a time, and lets nobody commit before each of them has written all that it will or
 * waits for another. `inTurn`: each begins when those before it have come that far.
 */
export async function runTogether(
  intake: Intake,
  batches: readonly Batch[],
  { inTurn }: { readonly inTurn: boolean },
): Promise<void> {
  const { db } = intake;
  let running = 0;
  const stopped = async () => {
    const [row] = await db.sql<{ waiting: number }[]>`
      SELECT count(*)::int AS waiting FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    return row?.waiting === running;
  };
  const works = await withTransaction(db, async (tx) => {
    await tx.sql`SELECT pg_advisory_xact_lock(${GATE})`;
    const started: Promise<void>[] = [];
    for (const batch of batches) {
      running++;
      const work = run(intake, batch).finally(() => running--);
      work.catch(() => undefined);
      started.push(work);
      if (inTurn) await waitFor('all to stop', stopped);
    }
    await waitFor('all to stop', stopped);
    return started;
  });
  await Promise.all(works);
}

/** Whoever puts something on record, which all do last, waits for who has this lock. */
const GATE = 42;

export async function makeGate({ db }: Intake): Promise<void> {
  await db.sql.unsafe(`
    CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM pg_advisory_xact_lock_shared(${GATE});
      RETURN NULL;
    END $$;
    CREATE TRIGGER gate AFTER INSERT ON audit_records FOR EACH STATEMENT EXECUTE FUNCTION wait_at_gate()`);
}

/** Makes every row that is stored take a millisecond, so that statements of two transactions overlap. */
export async function slowDown({ db }: Intake): Promise<void> {
  await db.sql.unsafe(`
    CREATE FUNCTION nap() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM pg_sleep(0.001);
      RETURN NEW;
    END $$`);
  for (const table of ['identifiers', 'households', 'records'])
    await db.sql.unsafe(`CREATE TRIGGER nap BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION nap()`);
}

/** Empties all that imports and cases fill; ids go on. */
export async function forget({ db }: Intake): Promise<void> {
  const tables = ['check_ins', 'encounters', 'case_identifiers', 'cases', 'record_identifiers'];
  const statements = [...tables, 'record_versions', 'records', 'identifiers', 'households', 'places'].map(
    (table) => `DELETE FROM ${table};`,
  );
  await db.sql.unsafe(statements.join('\n'));
}

export interface State {
  readonly records: readonly string[];
  readonly checkIns: readonly string[];
  readonly encounters: readonly string[];
  readonly places: readonly string[];
  readonly cases: readonly string[];
  /** What tracing was told of, as often as it was. */
  readonly told: readonly string[];
}

/** Without the numbers of the row that it was sealed for. */
function said(text: string | null): string {
  const { for: _for, ...person } = JSON.parse(text ?? '{}') as Record<string, unknown>;
  return JSON.stringify(person);
}

/** What stands in the database, and what `heard` tells, by canonical identifiers. */
export async function stateOf(intake: Intake, heard: Heard): Promise<State> {
  const { db, dataKeys } = intake;
  const { sealer } = dataKeys;
  const ask = (statement: string) => db.sql.unsafe<Record<string, unknown>[]>(statement);
  const names = new Map<unknown, string>();
  for (const row of await ask('SELECT id, value_sealed FROM identifiers'))
    names.set(row.id, sealer.open('identifiers.value', row.id as number, row.value_sealed as Buffer));
  const name = (id: unknown) => names.get(id) ?? '?';
  const pair = (a: unknown, b: unknown) => [name(a), name(b)].sort().join(' ');
  const homes = new Map<unknown, string>([[null, '-']]);
  for (const row of await ask('SELECT id, name_sealed FROM households'))
    homes.set(row.id, sealer.open('households.name', row.id as number, row.name_sealed as Buffer));
  const lines = async (statement: string, line: (row: Record<string, unknown>) => unknown[]) =>
    (await ask(statement)).map((row) => line(row).join(' | ')).sort();
  return {
    records: await lines('SELECT * FROM records WHERE retracted_at IS NULL', (row) => [
      ...[row.source, (row.identifier_ids as number[]).map(name), row.province, row.birth_year, row.sex],
      ...[homes.get(row.household_id), row.principal_id === null ? '-' : name(row.principal_id)],
      said(sealer.openOptional('records.person', row.id as number, row.person_sealed as Buffer | null)),
    ]),
    checkIns: await lines('SELECT c.*, p.place FROM check_ins c JOIN places p ON p.id = place_id', (row) => [
      ...[name(row.identifier_id), row.place, row.in_at, row.out_at, row.next_in_at],
    ]),
    encounters: await lines('SELECT * FROM encounters', (row) => [
      ...[pair(row.identifier_a, row.identifier_b), row.from_at, row.until_at, row.rssi],
    ]),
    places: await lines('SELECT * FROM places', (row) => [
      ...[
        row.place,
        row.kind,
        sayingOf(sealer.openOptional('places.name', row.id as number, row.name_sealed as Buffer)),
      ],
    ]),
    cases: await lines(
      'SELECT array_agg(identifier_id ORDER BY position) AS ids FROM case_identifiers GROUP BY case_id',
      (row) => (row.ids as number[]).map(name),
    ),
    told: toldOf(heard, name),
  };
}

function toldOf(heard: Heard, name: (id: unknown) => string): string[] {
  const told = [
    ...heard.identifiers.map((id) => name(id)),
    ...heard.stays.flatMap(({ identifierIds, from }) =>
      identifierIds.map((id, i) => `${name(id)} ${from[i]}`),
    ),
    ...heard.encounters.map(([a, b]) => [name(a), name(b)].sort().join(' ')),
  ];
  return told.sort();
}
