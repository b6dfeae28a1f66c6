/**
 * What of people is kept for nobody any more: found and deleted. By hand: whether an identifier is named
 * anywhere is one look into each index that could, whatever the tables hold.
 */
import type { Transaction } from '../../../shared/db/database.ts';

type Tx = Pick<Transaction, 'sql'>;

/**
 * Deletes at most `limit` records that were withdrawn by `before` (epoch seconds), with all that they said;
 * their ids.
 */
export async function deleteWithdrawn({ sql }: Tx, before: number, limit: number): Promise<number[]> {
  const rows = await sql<{ id: number }[]>`
    SELECT id FROM records WHERE retracted_at <= ${before} ORDER BY retracted_at LIMIT ${limit}
    FOR UPDATE SKIP LOCKED`;
  const ids = rows.map(({ id }) => id);
  await sql`DELETE FROM record_versions WHERE record_id = ANY (${ids}::bigint[])`;
  await sql`DELETE FROM record_identifiers WHERE record_id = ANY (${ids}::bigint[])`;
  await sql`DELETE FROM records WHERE id = ANY (${ids}::bigint[])`;
  return ids;
}

/** Deletes at most `limit` of what records said until `before` or earlier; of which records. */
export async function deleteOldVersions({ sql }: Tx, before: number, limit: number): Promise<number[]> {
  const rows = await sql<{ id: number }[]>`
    DELETE FROM record_versions WHERE id IN (
      SELECT v.id FROM record_versions v JOIN records r ON r.id = v.record_id
      WHERE v.at <= ${before} AND ${before} >= coalesce(
        (SELECT n.at FROM record_versions n WHERE n.record_id = v.record_id AND n.version > v.version
          ORDER BY n.version LIMIT 1), r.at)
      ORDER BY v.at LIMIT ${limit})
    RETURNING record_id AS id`;
  return rows.map(({ id }) => id);
}

/** The next `count` ids of identifiers after `after`, ascending. */
export async function listIdentifierIds({ sql }: Tx, after: number, count: number): Promise<number[]> {
  const rows = await sql<{ id: number }[]>`
    SELECT id FROM identifiers WHERE id > ${after} ORDER BY id LIMIT ${count}`;
  return rows.map(({ id }) => id);
}

/** Which of these identifiers nothing names: no record, case, contact or follow-up, nothing seen. */
export async function listUnnamed({ sql }: Tx, ids: readonly number[]): Promise<number[]> {
  const rows = await sql<{ id: number }[]>`
    SELECT id FROM identifiers i WHERE id = ANY (${[...ids]}::int[])
      AND NOT EXISTS (SELECT FROM record_identifiers n WHERE n.identifier_id = i.id OFFSET 0)
      AND NOT EXISTS (SELECT FROM check_ins c WHERE c.identifier_id = i.id OFFSET 0)
      AND NOT EXISTS (SELECT FROM encounters e WHERE e.identifier_a = i.id OFFSET 0)
      AND NOT EXISTS (SELECT FROM encounters e WHERE e.identifier_b = i.id OFFSET 0)
      AND NOT EXISTS (SELECT FROM case_identifiers c WHERE c.identifier_id = i.id OFFSET 0)
      AND NOT EXISTS (SELECT FROM superseded_case_identifiers s WHERE s.identifier_id = i.id OFFSET 0)
      AND NOT EXISTS (SELECT FROM contacts c WHERE c.identifier_ids @> ARRAY[i.id] OFFSET 0)
      AND NOT EXISTS (SELECT FROM follow_up_identifiers f WHERE f.identifier_id = i.id OFFSET 0)
      AND NOT EXISTS (SELECT FROM record_versions v WHERE v.identifier_ids @> ARRAY[i.id] OFFSET 0)`;
  return rows.map(({ id }) => id);
}

/** Deletes those of these identifiers that still nothing names, with their tokens; which they were. */
export async function deleteUnnamed(tx: Tx, ids: readonly number[]): Promise<number[]> {
  const unnamed = await listUnnamed(tx, ids);
  await tx.sql`DELETE FROM identifiers WHERE id = ANY (${unnamed}::int[])`;
  return unnamed;
}

/** Deletes at most `limit` households that no record names, nor what is kept of earlier ones; how many. */
export async function deleteHouseholds({ sql }: Tx, limit: number): Promise<number> {
  const { count } = await sql`
    DELETE FROM households WHERE id IN (
      SELECT id FROM households h
      WHERE NOT EXISTS (SELECT FROM records r WHERE r.household_id = h.id OFFSET 0)
        AND NOT EXISTS (SELECT FROM record_versions v WHERE v.household_id = h.id OFFSET 0)
      LIMIT ${limit})`;
  return count;
}
