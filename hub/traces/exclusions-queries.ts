/**
 * The table `trace_exclusions`: provinces whose answers do not count in a trace.
 */
import type { Queryable } from '../../shared/db/database.ts';

export interface Exclusion {
  readonly province: string;
  /** One of EXCLUSION_REASONS. */
  readonly reason: string;
}

/** Provinces whose answers do not count in a trace, by code. */
export function listExclusions({ sql }: Queryable, traceId: string): Promise<Exclusion[]> {
  return sql<Exclusion[]>`SELECT province, reason FROM trace_exclusions
    WHERE trace_id = ${traceId} ORDER BY province`;
}

/** Leaves a province out, in place of an earlier reason. */
export async function upsertExclusion({ sql }: Queryable, traceId: string, row: Exclusion): Promise<void> {
  await sql`INSERT INTO trace_exclusions (trace_id, province, reason)
    VALUES (${traceId}, ${row.province}, ${row.reason})
    ON CONFLICT (trace_id, province) DO UPDATE SET reason = excluded.reason`;
}

/** Takes a province back; false if it was not left out. */
export async function deleteExclusion(
  { sql }: Queryable,
  traceId: string,
  province: string,
): Promise<boolean> {
  const rows = await sql`DELETE FROM trace_exclusions
    WHERE trace_id = ${traceId} AND province = ${province} RETURNING 1`;
  return rows.length === 1;
}
