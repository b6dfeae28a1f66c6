/**
 * Records that wait: what an account of a ward writes of people of other wards links nobody and is shown to
 * nobody until somebody whose area covers those has confirmed it. So does what was written while nobody knew
 * whom it names, once another ward's record names them. Whoever reads standing records leaves out those with
 * `waits_for`.
 */
import type { Queryable, Transaction } from '../../../shared/db/database.ts';
import type { IntakeTx } from './queries.ts';
import {
  lockRecord,
  type RecordKey,
  type RecordWriting,
  type StoredRecord,
  type StoredValue,
} from './record-queries.ts';
import { placesToConfirm, type Writer } from './rules.ts';

/** A record that was written just now, beside what stood before under its key. */
interface Written {
  readonly record: RecordWriting;
  readonly before: StoredValue | undefined;
  /** Nothing was written under its key before, neither what stood nor what waited. */
  readonly isNew: boolean;
  /** undefined: somebody of the whole province. */
  readonly writer: Writer | undefined;
}

/**
 * Lets those records wait that reach beyond their writer's area with what is new in them; their ids. What
 * stood before under the same key was confirmed, or needed not be.
 */
export async function markWaiting(tx: IntakeTx, written: readonly Written[]): Promise<ReadonlySet<number>> {
  const waiting = new Set<number>();
  const vouched = written
    .filter(({ writer, isNew }) => writer === undefined && !isNew)
    .map(({ record }) => record.id);
  if (vouched.length > 0) await markVouched(tx, vouched);
  for (const { record, before, writer } of written) {
    if (writer === undefined) continue;
    const known = new Set(before?.identifierIds);
    const fresh = record.identifierIds.filter((id) => !known.has(id));
    const home = record.householdId === (before?.householdId ?? null) ? null : record.householdId;
    if (fresh.length === 0 && home === null) continue;
    const places = placesToConfirm(await wardsOfOthers(tx, record.id, { fresh, home }), writer);
    await tx.sql`
      UPDATE records SET waits_for = ${places.length > 0 ? places : null}::text[], written_by = ${writer.by},
        written_within = ${[...writer.wards]}::text[]
      WHERE id = ${record.id}`;
    if (places.length > 0) waiting.add(record.id);
  }
  return waiting;
}

/** Somebody who may write of everybody has written them. */
async function markVouched({ sql }: Pick<Transaction, 'sql'>, ids: readonly number[]): Promise<void> {
  await sql`
    UPDATE records SET written_by = NULL, written_within = NULL
    WHERE id = ANY (${[...ids]}::bigint[]) AND written_within IS NOT NULL`;
}

/**
 * Lets those other standing records wait that an account of an area wrote of people who were in no record,
 * and whom `records`, written just now, place in wards beyond it; what they said.
 */
export async function holdBack(
  tx: IntakeTx,
  records: readonly Pick<RecordWriting, 'id' | 'identifierIds' | 'ward'>[],
): Promise<StoredRecord[]> {
  const placed = records.filter(({ ward }) => ward !== null);
  if (placed.length === 0) return [];
  const rows = placed.flatMap(({ id, ward, identifierIds }) =>
    identifierIds.map((identifierId) => ({ id, ward: ward as string, identifierId })),
  );
  const beyond = await tx.sql<{ id: number; places: string[] }[]>`
    SELECT a.id, array_agg(DISTINCT g.ward) AS places
    FROM unnest(${rows.map(({ id }) => id)}::bigint[], ${rows.map(({ identifierId }) => identifierId)}::int[],
      ${rows.map(({ ward }) => ward)}::text[]) g (record_id, identifier_id, ward)
    JOIN record_identifiers n ON n.identifier_id = g.identifier_id AND n.record_id <> g.record_id
    JOIN records a ON a.id = n.record_id
    WHERE (SELECT EXISTS (
        SELECT FROM records WHERE written_within IS NOT NULL AND waits_for IS NULL AND retracted_at IS NULL))
      AND a.written_within IS NOT NULL AND a.waits_for IS NULL AND a.retracted_at IS NULL
      AND g.ward <> ALL (a.written_within)
    GROUP BY a.id ORDER BY a.id`;
  const held: StoredRecord[] = [];
  for (const { id, places } of beyond) {
    const record = await lockRecord(tx, id);
    if (record === undefined || record.waitsFor !== null || record.retractedAt !== null) continue;
    await tx.sql`UPDATE records SET waits_for = ${places.sort()}::text[] WHERE id = ${id}`;
    held.push(record);
  }
  return held;
}

/** Of each identifier, and of the household, the wards that other standing records say; null: none. */
async function wardsOfOthers(
  { sql }: Pick<Transaction, 'sql'>,
  recordId: number,
  { fresh, home }: { readonly fresh: readonly number[]; readonly home: number | null },
): Promise<(string | null)[][]> {
  // The driver reads a NULL in an array as a text.
  const rows = await sql<{ wards: string[] }[]>`
    SELECT array_agg(DISTINCT coalesce(r.ward, '')) AS wards
    FROM record_identifiers n
      CROSS JOIN LATERAL (SELECT * FROM records WHERE id = n.record_id OFFSET 0) r
    WHERE n.identifier_id = ANY (${[...fresh]}::int[]) AND r.id <> ${recordId}
      AND r.retracted_at IS NULL AND r.waits_for IS NULL
    GROUP BY n.identifier_id
    UNION ALL
    SELECT array_agg(DISTINCT coalesce(r.ward, '')) FROM records r
    WHERE r.household_id = ${home}::int AND r.id <> ${recordId}
      AND r.retracted_at IS NULL AND r.waits_for IS NULL
    HAVING count(*) > 0`;
  return rows.map(({ wards }) => wards.map((ward) => ward || null));
}

/** Whether the record of a key is one that waits. */
export async function isWaiting(
  { sql }: Pick<Queryable, 'sql'>,
  { source, key }: RecordKey,
): Promise<boolean> {
  const rows = await sql`
    SELECT FROM records WHERE source = ${source} AND source_key = decode(${key}, 'hex')
      AND retracted_at IS NULL AND waits_for IS NOT NULL`;
  return rows.length > 0;
}

/** A record waits no more; what it says stands from now on. */
export async function markConfirmed({ sql }: Pick<Transaction, 'sql'>, id: number): Promise<void> {
  await sql`
    UPDATE records SET waits_for = NULL, written_by = NULL, written_within = NULL, version = version + 1
    WHERE id = ${id}`;
}

/** A record that waits, and for whom. */
export interface WaitingRecord {
  readonly id: number;
  readonly source: number;
  readonly identifierIds: readonly number[];
  readonly ward: string | null;
  /** When it was written, epoch seconds. */
  readonly at: number;
  readonly version: number;
  readonly writtenBy: string;
  readonly waitsFor: readonly string[];
}

/** At most `limit` records that wait for these wards (undefined: for anybody) alone, the newest first. */
export function listWaiting(
  { sql }: Pick<Queryable, 'sql'>,
  { limit, after, wards }: { limit: number; after: number | undefined; wards: readonly string[] | undefined },
): Promise<WaitingRecord[]> {
  return sql<WaitingRecord[]>`
    SELECT id, source, identifier_ids AS "identifierIds", ward, at, version, written_by AS "writtenBy",
      waits_for AS "waitsFor"
    FROM records
    WHERE waits_for IS NOT NULL AND retracted_at IS NULL
      ${wards ? sql`AND waits_for <@ ${[...wards]}::text[]` : sql``}
      ${after === undefined ? sql`` : sql`AND id < ${after}`}
    ORDER BY id DESC LIMIT ${limit}`;
}
