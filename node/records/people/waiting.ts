/**
 * Records that wait: what an account of a ward writes of people of other wards links nobody and is shown to
 * nobody until somebody whose area covers those has confirmed it. Whoever reads standing records leaves out
 * those with `waits_for`.
 */
import type { Queryable, Transaction } from '../../../shared/db/database.ts';
import type { IntakeTx } from './queries.ts';
import type { RecordKey, RecordWriting, StoredValue } from './record-queries.ts';
import { placesToConfirm, type Writer } from './rules.ts';

/** A record that was written just now, beside what stood before under its key. */
interface Written {
  readonly record: RecordWriting;
  readonly before: StoredValue | undefined;
  /** undefined: somebody of the whole province. */
  readonly writer: Writer | undefined;
}

/**
 * Lets those records wait that reach beyond their writer's area with what is new in them; their ids. What
 * stood before under the same key was confirmed, or needed not be.
 */
export async function markWaiting(tx: IntakeTx, written: readonly Written[]): Promise<ReadonlySet<number>> {
  const waiting = new Set<number>();
  for (const { record, before, writer } of written) {
    if (writer === undefined) continue;
    const known = new Set(before?.identifierIds);
    const fresh = record.identifierIds.filter((id) => !known.has(id));
    const home = record.householdId === (before?.householdId ?? null) ? null : record.householdId;
    const places = placesToConfirm(await wardsOfOthers(tx, record.id, { fresh, home }), writer);
    if (places.length === 0) continue;
    await tx.sql`
      UPDATE records SET waits_for = ${places}::text[], written_by = ${writer.by} WHERE id = ${record.id}`;
    waiting.add(record.id);
  }
  return waiting;
}

/** Of each identifier, and of the household, the wards that other standing records say; null: none. */
async function wardsOfOthers(
  { sql }: Pick<Transaction, 'sql'>,
  recordId: number,
  { fresh, home }: { readonly fresh: readonly number[]; readonly home: number | null },
): Promise<(string | null)[][]> {
  if (fresh.length === 0 && home === null) return [];
  // The driver reads a NULL in an array as a text.
  const rows = await sql<{ wards: string[] }[]>`
    SELECT array_agg(DISTINCT coalesce(r.ward, '')) AS wards
    FROM record_identifiers n JOIN records r ON r.id = n.record_id
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
    UPDATE records SET waits_for = NULL, written_by = NULL, version = version + 1 WHERE id = ${id}`;
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
