/**
 * SQL over records, a set of rows at a time: arrays in, rows out. Who waits for whom stands in operations.ts.
 * What names the person is sealed and opened here. By hand, as in queries.ts.
 */
import { byteaList } from '../../../shared/db/bytea.ts';
import type { Queryable, Transaction } from '../../../shared/db/database.ts';
import { drawIds } from '../../../shared/db/draw-ids.ts';
import type { ColumnSealer } from '../../sealing/sealer.ts';
import type { IntakeTx, SealedDb } from './queries.ts';
import type { Birth } from './rules.ts';
import { openPerson, type Sealed, sealedText } from './sealed-person.ts';

type Tx = Pick<Transaction, 'sql'>;

/** Under which a source knows a record; `key` in hex. */
export interface RecordKey {
  readonly source: number;
  readonly key: string;
}

/** What a record says, as it is stored: identifiers and household by their local ids. */
export interface StoredValue {
  readonly identifierIds: readonly number[];
  readonly person: Sealed;
  readonly birth: Birth | undefined;
  readonly province: string | null;
  readonly ward: string | null;
  readonly householdId: number | null;
  /** Who lives in the household; null without one. */
  readonly principalId: number | null;
}

export interface StoredRecord extends RecordKey, StoredValue {
  readonly id: number;
  readonly version: number;
  /** When it was written last, epoch seconds. */
  readonly at: number;
  readonly retractedAt: number | null;
  /** Where somebody has to confirm it first; null: it stands, unless it was withdrawn. */
  readonly waitsFor: readonly string[] | null;
}

export interface RecordRow {
  readonly id: number;
  readonly source: number;
  readonly key: string;
  readonly identifier_ids: number[];
  readonly person_sealed: Buffer | null;
  readonly sex: Birth['sex'] | null;
  readonly birth_year: number | null;
  readonly province: string | null;
  readonly ward: string | null;
  readonly household_id: number | null;
  readonly principal_id: number | null;
  readonly at: number;
  readonly retracted_at: number | null;
  readonly version: number;
  readonly waits_for: string[] | null;
}

const sealedFor = (row: Pick<RecordRow, 'identifier_ids' | 'ward'>) => {
  return { identifierIds: row.identifier_ids, ward: row.ward };
};

function recordOf(sealer: ColumnSealer, row: RecordRow): StoredRecord {
  const { id, source, key, version, at, province, ward, sex } = row;
  return {
    ...{ id, source, key, version, at, province, ward },
    ...{ retractedAt: row.retracted_at, waitsFor: row.waits_for },
    identifierIds: row.identifier_ids,
    person: openPerson(sealer.openOptional('records.person', id, row.person_sealed), sealedFor(row)),
    birth: row.birth_year === null || sex === null ? undefined : { year: row.birth_year, sex },
    householdId: row.household_id,
    principalId: row.principal_id,
  };
}

const columnsOf = (sql: Queryable['sql']) => sql`id, source, encode(source_key, 'hex') AS key, identifier_ids,
  person_sealed, sex, birth_year, province, ward, household_id, principal_id, at, retracted_at, version,
  waits_for`;

/** The standing records of these keys; `lock`ed against change, in the order of their ids. */
export async function findStanding(
  { sql, sealer }: SealedDb,
  keys: readonly RecordKey[],
  lock: 'lock' | 'nothing',
): Promise<StoredRecord[]> {
  const locking = lock === 'lock' ? sql`ORDER BY id FOR UPDATE OF r` : sql``;
  // Key by key, then id by id, whatever the planner believes of tables that an import has just filled: a plan
  // that went through all that stands made who writes one record wait. Spelt so that it is no condition of
  // the index of standing records, which would be read as a whole beside the ids.
  const rows = await sql<RecordRow[]>`
    SELECT ${columnsOf(sql)} FROM records r
    WHERE coalesce(retracted_at, 0) = 0 AND id = ANY (ARRAY(
      SELECT found.id FROM unnest(${keys.map(({ source }) => source)}::smallint[],
        ${byteaList(keys.map(({ key }) => key))}::bytea[]) k (source, source_key)
      CROSS JOIN LATERAL (
        SELECT id FROM records
        WHERE source = k.source AND source_key = k.source_key AND retracted_at IS NULL OFFSET 0
      ) found)) ${locking}`;
  return rows.map((row) => recordOf(sealer, row));
}

/** A record by its id, locked, standing or withdrawn; undefined if there is none. */
export async function lockRecord({ sql, sealer }: SealedDb, id: number): Promise<StoredRecord | undefined> {
  const rows = await sql<RecordRow[]>`SELECT ${columnsOf(sql)} FROM records WHERE id = ${id} FOR UPDATE`;
  return rows[0] && recordOf(sealer, rows[0]);
}

/** A record by its id, standing or withdrawn; undefined if there is none. */
export async function findRecord({ sql, sealer }: SealedDb, id: number): Promise<StoredRecord | undefined> {
  const rows = await sql<RecordRow[]>`SELECT ${columnsOf(sql)} FROM records WHERE id = ${id}`;
  return rows[0] && recordOf(sealer, rows[0]);
}

/** A page of the records that name an identifier, standing or withdrawn, the newest first. */
export async function listNaming(
  { sql, sealer }: SealedDb,
  identifierId: number,
  page: {
    readonly limit: number;
    readonly after?: number | undefined;
    readonly wards: readonly string[] | undefined;
  },
): Promise<StoredRecord[]> {
  const inArea = page.wards ? sql`AND r.ward = ANY (${[...page.wards]}::text[])` : sql``;
  const behind = page.after === undefined ? sql`` : sql`AND n.record_id < ${page.after}`;
  const rows = await sql<RecordRow[]>`
    SELECT ${columnsOf(sql)} FROM record_identifiers n
      CROSS JOIN LATERAL (SELECT * FROM records WHERE id = n.record_id OFFSET 0) r
    WHERE n.identifier_id = ${identifierId} ${behind} ${inArea}
    ORDER BY n.record_id DESC LIMIT ${page.limit}`;
  return rows.map((row) => recordOf(sealer, row));
}

/** A record to be written under its id. */
export interface RecordWriting extends RecordKey, StoredValue {
  readonly id: number;
}

/**
 * Stores new records under ids that were drawn, in the order of their keys; how many. Waits for others who
 * store the same: those of whom commits are left out.
 */
export async function insertRecords(tx: IntakeTx, records: readonly RecordWriting[]): Promise<number> {
  const { sql } = tx;
  const stored = await sql`
    INSERT INTO records (id, source, source_key, identifier_ids, person_sealed, sex, birth_year, province,
      ward, household_id, principal_id, at, key_generation) OVERRIDING SYSTEM VALUE
    SELECT g.id, k.source, k.source_key, g.identifier_ids::int[], g.person_sealed, g.sex, g.birth_year,
      g.province, g.ward, g.household_id, g.principal_id, ${NOW(sql)}, ${tx.sealer.generation}::int
    FROM ${rowset(tx, records)} JOIN unnest(${records.map(({ id }) => id)}::bigint[],
      ${records.map(({ source }) => source)}::smallint[],
      ${byteaList(records.map(({ key }) => key))}::bytea[]) k (id, source, source_key) USING (id)
    ORDER BY k.source, k.source_key
    ON CONFLICT (source, source_key) WHERE retracted_at IS NULL DO NOTHING`;
  return stored.count;
}

/** Replaces what known records say, which are locked; what they said before is kept. They wait no more. */
export async function replaceRecords(
  tx: IntakeTx,
  records: readonly RecordWriting[],
  before: readonly StoredRecord[],
): Promise<void> {
  await keepVersions(tx, before);
  await tx.sql`
    UPDATE records r SET identifier_ids = g.identifier_ids::int[], person_sealed = g.person_sealed,
      sex = g.sex, birth_year = g.birth_year, province = g.province, ward = g.ward,
      household_id = g.household_id, principal_id = g.principal_id, at = ${NOW(tx.sql)},
      version = r.version + 1, key_generation = ${tx.sealer.generation}, waits_for = NULL
    FROM ${rowset(tx, records)} WHERE r.id = g.id`;
}

/** Takes out what records named. */
export async function deleteNamings(tx: Tx, ids: readonly number[]): Promise<void> {
  await tx.sql`DELETE FROM record_identifiers WHERE record_id = ANY (${[...ids]}::bigint[])`;
}

/** Puts what records name where it is found; after what they named has been taken out. */
export async function insertNamings(tx: Tx, records: readonly RecordWriting[]): Promise<void> {
  const of = records.flatMap(({ id, identifierIds }) => identifierIds.map(() => id));
  const identifierIds = records.flatMap((record) => record.identifierIds);
  const positions = records.flatMap((record) => record.identifierIds.map((_, position) => position));
  await tx.sql`
    INSERT INTO record_identifiers (identifier_id, record_id, position)
    SELECT * FROM unnest(${identifierIds}::int[], ${of}::bigint[], ${positions}::smallint[])
      g (identifier_id, record_id, position) ORDER BY identifier_id, record_id`;
}

/** Withdraws a record, which is locked. */
export async function markRetracted(tx: Tx, id: number): Promise<void> {
  await tx.sql`
    UPDATE records SET retracted_at = ${NOW(tx.sql)}, version = version + 1 WHERE id = ${id}`;
}

async function keepVersions(tx: IntakeTx, records: readonly StoredRecord[]): Promise<void> {
  const ids = await drawIds(tx, 'record_versions_id_seq', records.length);
  const persons = tx.sealer.seal(
    'record_versions.person',
    ids,
    records.map((record) => sealedText(record.person, record)),
  );
  // The columns that are not sealed are copied as they stand: the row is locked.
  await tx.sql`
    INSERT INTO record_versions (id, record_id, version, identifier_ids, person_sealed, sex, birth_year,
      province, ward, household_id, at, key_generation) OVERRIDING SYSTEM VALUE
    SELECT g.id, r.id, r.version, r.identifier_ids, g.person_sealed, r.sex, r.birth_year, r.province, r.ward,
      r.household_id, r.at, ${tx.sealer.generation}::int
    FROM unnest(${ids}::bigint[], ${records.map(({ id }) => id)}::bigint[],
      ${byteaList(persons)}::bytea[]) g (id, record_id, person_sealed)
    JOIN records r ON r.id = g.record_id`;
}

/** What a record said in an earlier version. */
export interface StoredVersion extends Omit<StoredValue, 'principalId'> {
  readonly recordId: number;
  readonly version: number;
  readonly at: number;
}

/** All earlier versions of these records, the newest first. */
export async function listVersions(
  { sql, sealer }: SealedDb,
  recordIds: readonly number[],
): Promise<StoredVersion[]> {
  const rows = await sql<
    (Omit<RecordRow, 'source' | 'key' | 'principal_id' | 'waits_for'> & { record_id: number })[]
  >`
    SELECT id, record_id, version, identifier_ids, person_sealed, sex, birth_year, province, ward,
      household_id, at
    FROM record_versions WHERE record_id = ANY (${[...recordIds]}::bigint[])
    ORDER BY record_id, version DESC`;
  return rows.map((row) => ({
    ...{ recordId: row.record_id, version: row.version, at: row.at },
    identifierIds: row.identifier_ids,
    person: openPerson(
      sealer.openOptional('record_versions.person', row.id, row.person_sealed),
      sealedFor(row),
    ),
    birth: row.birth_year === null || row.sex === null ? undefined : { year: row.birth_year, sex: row.sex },
    ...{ province: row.province, ward: row.ward, householdId: row.household_id },
  }));
}

/** Identifiers that live in these households. */
export async function listHousemates(db: Tx, householdIds: readonly number[]): Promise<number[]> {
  const rows = await db.sql<{ id: number }[]>`
    SELECT DISTINCT principal_id AS id FROM records
    WHERE household_id = ANY (${[...householdIds]}::int[]) AND retracted_at IS NULL
      AND waits_for IS NULL`;
  return rows.map(({ id }) => id);
}

const NOW = (sql: Queryable['sql']) => sql`extract(epoch FROM clock_timestamp())::bigint`;
function rowset({ sql, sealer }: IntakeTx, records: readonly RecordWriting[]) {
  const ids = records.map(({ id }) => id);
  const persons = sealer.seal(
    'records.person',
    ids,
    records.map((record) => sealedText(record.person, record)),
  );
  const column = <T>(of: (record: RecordWriting) => T) => records.map(of) as NonNullable<T>[];
  return sql`unnest(${ids}::bigint[], ${column(({ identifierIds }) => `{${identifierIds.join()}}`)}::text[],
    ${byteaList(persons)}::bytea[], ${column(({ birth }) => birth?.sex ?? null)}::text[],
    ${column(({ birth }) => birth?.year ?? null)}::smallint[], ${column(({ province }) => province)}::text[],
    ${column(({ ward }) => ward)}::text[], ${column(({ householdId }) => householdId)}::int[],
    ${column(({ principalId }) => principalId)}::int[])
    g (id, identifier_ids, person_sealed, sex, birth_year, province, ward, household_id, principal_id)`;
}
