/**
 * SQL over who knows an identifier: for what is said aloud of a case. By hand, as in queries.ts. Record by
 * record (LATERAL … OFFSET 0), whatever the planner believes of tables that an import has just filled:
 * joined, each case went through all records and took 0.4 s beside an import.
 */
import type { Queryable } from '../../../shared/db/database.ts';
import type { RecordKey } from './record-queries.ts';

type Db = Pick<Queryable, 'sql'>;

/** A phone may have 10⁵ records: who it is linked to is looked for among so many. */
const MOST_LINKED = 1_000;

/** Those of the identifiers that no record names but that of a key, standing or waiting. */
export async function findUnnamed(
  { sql }: Db,
  ids: readonly number[],
  { source, key }: RecordKey,
): Promise<number[]> {
  const rows = await sql<{ id: number }[]>`
    SELECT named.id FROM unnest(${[...ids]}::int[]) named (id)
    WHERE NOT EXISTS (
        SELECT FROM record_identifiers n
          CROSS JOIN LATERAL (SELECT * FROM records WHERE id = n.record_id OFFSET 0) r
        WHERE n.identifier_id = named.id AND r.retracted_at IS NULL
          AND NOT (r.source = ${source} AND r.source_key = decode(${key}, 'hex')))`;
  return rows.map(({ id }) => id);
}

/** The identifiers, and those that standing records name together with a number among them. */
export async function listLinkedByNumbers({ sql }: Db, ids: readonly number[]): Promise<number[]> {
  const rows = await sql<{ id: number }[]>`
    SELECT DISTINCT other.id FROM unnest(${[...ids]}::int[]) asked (id)
      CROSS JOIN LATERAL (
        SELECT FROM identifiers WHERE id = asked.id AND kind BETWEEN 1 AND 4 OFFSET 0) number
      CROSS JOIN LATERAL (SELECT * FROM record_identifiers WHERE identifier_id = asked.id OFFSET 0) n
      CROSS JOIN LATERAL (SELECT * FROM records WHERE id = n.record_id OFFSET 0) r
      CROSS JOIN LATERAL unnest(r.identifier_ids) other (id)
    WHERE r.retracted_at IS NULL AND r.waits_for IS NULL LIMIT ${MOST_LINKED}`;
  return [...new Set([...ids, ...rows.map(({ id }) => id)])];
}
