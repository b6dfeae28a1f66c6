/**
 * SQL over who knows an identifier: for what is said aloud of a case. By hand, as in queries.ts.
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
        SELECT FROM record_identifiers n JOIN records r ON r.id = n.record_id
        WHERE n.identifier_id = named.id AND r.retracted_at IS NULL
          AND NOT (r.source = ${source} AND r.source_key = decode(${key}, 'hex')))`;
  return rows.map(({ id }) => id);
}

/** The identifiers, and those that standing records name together with a number among them. */
export async function listLinkedByNumbers({ sql }: Db, ids: readonly number[]): Promise<number[]> {
  const rows = await sql<{ id: number }[]>`
    SELECT DISTINCT other.identifier_id AS id
    FROM identifiers i JOIN record_identifiers n ON n.identifier_id = i.id
    JOIN records r ON r.id = n.record_id AND r.retracted_at IS NULL AND r.waits_for IS NULL
    JOIN record_identifiers other ON other.record_id = r.id
    WHERE i.id = ANY (${[...ids]}::int[]) AND i.kind BETWEEN 1 AND 4 LIMIT ${MOST_LINKED}`;
  return [...new Set([...ids, ...rows.map(({ id }) => id)])];
}
