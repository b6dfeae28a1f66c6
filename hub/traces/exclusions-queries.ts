/**
 * The table `trace_exclusions`: provinces whose answers do not count in a trace.
 */
import { and, eq, isNull, ne } from 'drizzle-orm';
import type { Queryable } from '../../shared/db/database.ts';
import { traceExclusions, traces } from './tables.ts';

/** The reason of a province that was left out by itself; operators have others (sources.ts). */
export const INVENTED_NAMES = 'invented_names';
/** In the place of it: an operator vouches for the province in this trace, it is not left out. */
export const TAKEN_BACK = 'taken_back';

/** A province left out; `reason` is one of EXCLUSION_REASONS, or one of the two above. */
export type Exclusion = Readonly<Omit<typeof traceExclusions.$inferSelect, 'traceId'>>;

/** Provinces whose answers do not count in a trace, and those taken back, by code. */
export function listExclusions({ orm }: Queryable, traceId: string): Promise<Exclusion[]> {
  const { province, reason } = traceExclusions;
  return orm
    .select({ province, reason })
    .from(traceExclusions)
    .where(eq(traceExclusions.traceId, traceId))
    .orderBy(province);
}

/** Provinces that open traces leave out for this reason. */
export async function listExcludedFor({ orm }: Queryable, reason: string): Promise<string[]> {
  const { province, traceId } = traceExclusions;
  const rows = await orm
    .selectDistinct({ province })
    .from(traceExclusions)
    .innerJoin(traces, eq(traces.id, traceId))
    .where(and(eq(traceExclusions.reason, reason), isNull(traces.closedAt)));
  return rows.map((row) => row.province);
}

/** Leaves a province out, in place of an earlier reason. */
export async function upsertExclusion({ orm }: Queryable, traceId: string, row: Exclusion): Promise<void> {
  await orm
    .insert(traceExclusions)
    .values({ traceId, ...row })
    .onConflictDoUpdate({
      target: [traceExclusions.traceId, traceExclusions.province],
      set: { reason: row.reason },
    });
}

/** Takes a province back; false if it was not left out. That it left itself out is remembered. */
export async function deleteExclusion(
  { orm }: Queryable,
  traceId: string,
  province: string,
): Promise<boolean> {
  const isIt = and(eq(traceExclusions.traceId, traceId), eq(traceExclusions.province, province));
  const which = { province: traceExclusions.province };
  const vouched = await orm
    .update(traceExclusions)
    .set({ reason: TAKEN_BACK })
    .where(and(isIt, eq(traceExclusions.reason, INVENTED_NAMES)))
    .returning(which);
  if (vouched.length === 1) return true;
  const rows = await orm
    .delete(traceExclusions)
    .where(and(isIt, ne(traceExclusions.reason, TAKEN_BACK)))
    .returning(which);
  return rows.length === 1;
}
