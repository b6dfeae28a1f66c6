/**
 * SQL over check-ins and encounters, a set of rows at a time. Who writes check-ins has locked their
 * identifiers, so what one statement has read of them still holds for the next. By hand: the tables are
 * partitioned, and a batch costs drizzle twice as much (tests/bench/RESULTS.md).
 */
import type { Queryable, Transaction } from '../../../shared/db/database.ts';
import { type CheckInChange, type CheckInKey, NEXT_LIMIT, type StoredCheckIn } from './rules.ts';

type Db = Pick<Queryable, 'sql'>;
type Tx = Pick<Transaction, 'sql'>;

/** Where to look from a check-in: at its instant or else before it, or after it. */
export type Side = 'until' | 'after';

/**
 * Of each of `rows`, by its position: all stored check-ins of its identifier at the instant that is nearest
 * on that side, at most NEXT_LIMIT away; nothing = no entry. Earlier ones that have an out are left out. A
 * probe of check_ins_key a row: a subquery leaves the planner no join over whole partitions.
 */
export async function findNearest(
  { sql }: Db,
  rows: readonly CheckInKey[],
  side: Side,
): Promise<Map<number, StoredCheckIn[]>> {
  const nearest =
    side === 'until'
      ? sql`c.in_at <= k.in_at AND c.in_at >= k.in_at - ${NEXT_LIMIT}::int8 ORDER BY c.in_at DESC`
      : sql`c.in_at > k.in_at AND c.in_at <= k.in_at + ${NEXT_LIMIT}::int8 ORDER BY c.in_at`;
  const found = await sql<(Omit<StoredCheckIn, 'identifierId'> & { position: number })[]>`
    SELECT k.position::int - 1 AS position, c.*
    FROM unnest(${rows.map((row) => row.identifierId)}::int[], ${rows.map((row) => row.inAt)}::int8[])
      WITH ORDINALITY k (identifier_id, in_at, position)
    CROSS JOIN LATERAL (
      SELECT c.place_id AS "placeId", c.in_at AS "inAt", c.out_at AS "outAt", c.next_in_at AS "nextInAt"
      FROM check_ins c
      WHERE c.identifier_id = k.identifier_id AND ${nearest} FETCH FIRST 1 ROW WITH TIES
    ) c
    WHERE c."outAt" IS NULL OR c."inAt" >= k.in_at`;
  const byPosition = new Map<number, StoredCheckIn[]>();
  for (const { position, ...stored } of found) {
    const checkIn = { identifierId: (rows[position] as CheckInKey).identifierId, ...stored };
    const others = byPosition.get(position);
    if (others === undefined) byPosition.set(position, [checkIn]);
    else others.push(checkIn);
  }
  return byPosition;
}

/**
 * Stores check-ins whose partitions exist: plain inserts, because ON CONFLICT would probe the key once more
 * for what is known already; ordered, so that neighbours in the key meet the same pages.
 */
export async function writeCheckIns(tx: Tx, rows: readonly CheckInChange[]): Promise<void> {
  const fresh = rows.filter(({ isNew }) => isNew);
  const changed = rows.filter(({ isNew }) => !isNew);
  if (fresh.length > 0) {
    await tx.sql`
      INSERT INTO check_ins (identifier_id, place_id, in_at, out_at, next_in_at)
      SELECT * FROM ${rowset(tx, fresh)} ORDER BY identifier_id, in_at`;
  }
  if (changed.length > 0) {
    await tx.sql`
      UPDATE check_ins c SET out_at = g.out_at, next_in_at = g.next_in_at FROM ${rowset(tx, changed)}
      WHERE c.identifier_id = g.identifier_id AND c.place_id = g.place_id AND c.in_at = g.in_at`;
  }
}

function rowset({ sql }: Tx, rows: readonly CheckInChange[]) {
  return sql`unnest(${rows.map((row) => row.identifierId)}::int[], ${rows.map((row) => row.placeId)}::int[],
    ${rows.map((row) => row.inAt)}::int8[], ${rows.map((row) => row.outAt as number)}::int8[],
    ${rows.map((row) => row.nextInAt as number)}::int8[])
    g (identifier_id, place_id, in_at, out_at, next_in_at)`;
}

/** An encounter under local ids, a < b; `rssi` null = unknown. */
export interface Encounter {
  readonly a: number;
  readonly b: number;
  readonly from: number;
  readonly until: number;
  readonly rssi: number | null;
}

/**
 * Stores encounters (each key once) and their signal strength where it is another; the pairs of rows written.
 * In the order of the key, so that two who store the same wait for each other at most once.
 */
export async function writeEncounters(
  tx: Tx,
  rows: readonly Encounter[],
): Promise<{ a: number; b: number }[]> {
  return tx.sql<{ a: number; b: number }[]>`
    INSERT INTO encounters AS e (identifier_a, identifier_b, from_at, until_at, rssi)
    SELECT * FROM unnest(${rows.map((row) => row.a)}::int[], ${rows.map((row) => row.b)}::int[],
      ${rows.map((row) => row.from)}::int8[], ${rows.map((row) => row.until)}::int8[],
      ${rows.map((row) => row.rssi as number)}::smallint[]) g (a, b, from_at, until_at, rssi)
    ORDER BY a, from_at, b, until_at
    ON CONFLICT (identifier_a, from_at, identifier_b, until_at) DO UPDATE SET rssi = excluded.rssi
    WHERE excluded.rssi IS NOT NULL AND excluded.rssi IS DISTINCT FROM e.rssi
    RETURNING identifier_a AS a, identifier_b AS b`;
}

/** Those of the identifiers under which nobody checked in or met anybody. */
export async function findUnseen({ sql }: Db, ids: readonly number[]): Promise<number[]> {
  const rows = await sql<{ id: number }[]>`
    SELECT named.id FROM unnest(${[...ids]}::int[]) named (id)
    WHERE NOT EXISTS (SELECT FROM check_ins c WHERE c.identifier_id = named.id)
      AND NOT EXISTS (SELECT FROM encounters e WHERE e.identifier_a = named.id)
      AND NOT EXISTS (SELECT FROM encounters e WHERE e.identifier_b = named.id)`;
  return rows.map(({ id }) => id);
}
