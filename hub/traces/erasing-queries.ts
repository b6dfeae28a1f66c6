/**
 * All rows of a trace that has ended, over all tables of this room: found, locked, deleted. By hand: what is
 * deleted is counted by the same statement.
 */
import type { Queryable } from '../../shared/db/database.ts';

/** Traces that had been closed and had expired by `before` (epoch seconds), the oldest first. */
export async function listEnded({ sql }: Queryable, before: number, limit: number): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    SELECT id FROM traces WHERE closed_at <= to_timestamp(${before}::bigint)
      AND expires_at <= to_timestamp(${before}::bigint)
    ORDER BY closed_at LIMIT ${limit}`;
  return rows.map(({ id }) => id);
}

/** Of how many rows nothing is left. */
export interface ErasedRows {
  readonly questions: number;
  readonly answers: number;
  readonly deliveries: number;
}

/** Deletes a trace and all that hangs on it; undefined if somebody else has. */
export async function deleteTrace({ sql }: Queryable, id: string): Promise<ErasedRows | undefined> {
  const held = await sql`SELECT FROM traces WHERE id = ${id} FOR UPDATE`;
  if (held.length === 0) return undefined;
  const { count: answers } = await sql`DELETE FROM answers WHERE trace_id = ${id}`;
  const { count: questions } = await sql`DELETE FROM questions WHERE trace_id = ${id}`;
  const { count: deliveries } = await sql`DELETE FROM deliveries WHERE trace_id = ${id}`;
  await sql`DELETE FROM trace_exclusions WHERE trace_id = ${id}`;
  await sql`DELETE FROM openings WHERE trace_id = ${id}`;
  await sql`DELETE FROM traces WHERE id = ${id}`;
  return { questions, answers, deliveries };
}
