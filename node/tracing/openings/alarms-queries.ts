/**
 * The table `trace_alarms`: what the hub has said of own traces.
 */
import { eq, sql } from 'drizzle-orm';
import type { Queryable } from '../../../shared/db/database.ts';
import { traceAlarms, traces } from './tables.ts';

/** Keeps an alarm of a trace of this province; false if it was heard before, or there is no such trace. */
export async function insertAlarm(
  { orm }: Queryable,
  {
    traceId,
    reason,
    persons,
  }: { readonly traceId: string; readonly reason: string; readonly persons: number },
): Promise<boolean> {
  const rows = await orm
    .insert(traceAlarms)
    .select((builder) =>
      builder
        .select({
          traceId: traces.id,
          reason: sql`${reason}`.as('reason'),
          persons: sql`${persons}::int`.as('persons'),
          heardAt: sql`now()`.as('heard_at'),
        })
        .from(traces)
        .where(eq(traces.id, traceId)),
    )
    .onConflictDoNothing()
    .returning({ reason: traceAlarms.reason });
  return rows.length > 0;
}
