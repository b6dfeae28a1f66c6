/**
 * SQL over check-ins and encounters, a set of rows at a time. Who writes check-ins has locked their
 * identifiers, so what one statement has read of them still holds for the next. By hand: the tables are
 * partitioned, and a batch costs drizzle twice as much (tests/bench/RESULTS.md).
 */
import type { Queryable, Transaction } from '../../../shared/db/database.ts';
import { type CheckIn, type CheckInChange, NEXT_LIMIT, type Surroundings } from './rules.ts';

type Db = Pick<Queryable, 'sql'>;
type Tx = Pick<Transaction, 'sql'>;

/**
 * What is stored around each of `rows`, by its position; nothing = no entry. Subqueries leave the planner no
 * join over whole partitions: a probe of check_ins_key a row, and further ones only where the row is new.
 */
export async function findSurroundings(db: Db, rows: readonly CheckIn[]): Promise<Map<number, Surroundings>> {
  const found = await db.sql<SurroundingRow[]>`
    WITH k AS MATERIALIZED (
      SELECT k.*, c.in_at AS same_in_at, c.out_at AS same_out_at, c.next_in_at AS same_next_in_at
      FROM unnest(${rows.map((row) => row.identifierId)}::int[], ${rows.map((row) => row.placeId)}::int[],
        ${rows.map((row) => row.inAt)}::int8[], ${rows.map((row) => row.outAt as number)}::int8[])
        WITH ORDINALITY k (identifier_id, place_id, in_at, out_at, position)
      LEFT JOIN LATERAL (
        SELECT in_at, out_at, next_in_at FROM check_ins c
        WHERE c.identifier_id = k.identifier_id AND c.place_id = k.place_id AND c.in_at = k.in_at LIMIT 1
      ) c ON true)
    SELECT k.position::int AS position, 'same' AS what, k.place_id, k.same_in_at AS in_at,
      k.same_out_at AS out_at, k.same_next_in_at AS next_in_at FROM k WHERE k.same_in_at IS NOT NULL
    UNION ALL
    SELECT k.position::int, 'before', b.place_id, b.in_at, b.out_at, b.next_in_at FROM k
    CROSS JOIN LATERAL (
      SELECT c.in_at FROM check_ins c
      WHERE c.identifier_id = k.identifier_id
        AND c.in_at < k.in_at AND c.in_at >= k.in_at - ${NEXT_LIMIT}::int8
      ORDER BY c.in_at DESC LIMIT 1
    ) last
    CROSS JOIN LATERAL (
      SELECT c.place_id, c.in_at, c.out_at, c.next_in_at FROM check_ins c
      WHERE c.identifier_id = k.identifier_id AND c.in_at = last.in_at AND c.out_at IS NULL OFFSET 0
    ) b
    WHERE k.same_in_at IS NULL
    UNION ALL
    SELECT k.position::int, 'after', k.place_id, a.in_at, NULL, NULL FROM k
    CROSS JOIN LATERAL (
      SELECT c.in_at FROM check_ins c
      WHERE c.identifier_id = k.identifier_id
        AND c.in_at > k.in_at AND c.in_at <= k.in_at + ${NEXT_LIMIT}::int8
      ORDER BY c.in_at LIMIT 1
    ) a
    WHERE k.same_in_at IS NULL AND k.out_at IS NULL`;
  const byPosition = new Map<number, SurroundingRow[]>();
  for (const row of found) {
    const around = byPosition.get(row.position - 1);
    if (around === undefined) byPosition.set(row.position - 1, [row]);
    else around.push(row);
  }
  return new Map([...byPosition].map(([at, around]) => [at, surroundingsOf(around, rows[at] as CheckIn)]));
}

interface SurroundingRow {
  position: number;
  what: 'same' | 'before' | 'after';
  place_id: number;
  in_at: number;
  out_at: number | null;
  next_in_at: number | null;
}

function surroundingsOf(around: readonly SurroundingRow[], { identifierId }: CheckIn): Surroundings {
  const stored = (which: SurroundingRow['what']) =>
    around
      .filter(({ what }) => what === which)
      .map(({ place_id: placeId, in_at: inAt, out_at: outAt, next_in_at: nextInAt }) => {
        return { identifierId, placeId, inAt, outAt, nextInAt };
      });
  const [same] = stored('same');
  return { same, before: stored('before'), afterInAt: stored('after')[0]?.inAt ?? null };
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
