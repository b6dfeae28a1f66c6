/**
 * The table `trace_alarms`: what in an open trace should be looked at.
 */
import { and, eq, isNull, notInArray } from 'drizzle-orm';
import type { Queryable } from '../../shared/db/database.ts';
import type { AlarmReason } from '../../shared/trace/alarms.ts';
import { traceAlarms, traces } from './tables.ts';

/** Of how many contacts an alarm of a trace is, by its reason. */
export type Found = ReadonlyMap<AlarmReason, number>;

export interface OpenAlarm {
  readonly traceId: string;
  /** That opened the trace. */
  readonly province: string;
  readonly reason: AlarmReason;
  readonly persons: number;
}

/** Those of all open traces. */
export async function listOpenAlarms({ orm }: Queryable): Promise<OpenAlarm[]> {
  const { traceId, reason, persons } = traceAlarms;
  const rows = await orm
    .select({ traceId, province: traces.province, reason, persons })
    .from(traceAlarms)
    .innerJoin(traces, eq(traces.id, traceId))
    .where(isNull(traces.closedAt));
  return rows.map((row) => ({ ...row, reason: row.reason as AlarmReason }));
}

/** Makes `found` the alarms of a trace; the reasons that it did not have. */
export async function replaceAlarms(
  { orm }: Queryable,
  traceId: string,
  found: Found,
): Promise<AlarmReason[]> {
  const reasons = [...found.keys()];
  await orm
    .delete(traceAlarms)
    .where(and(eq(traceAlarms.traceId, traceId), notInArray(traceAlarms.reason, reasons)));
  const held = await orm
    .select({ reason: traceAlarms.reason })
    .from(traceAlarms)
    .where(eq(traceAlarms.traceId, traceId));
  for (const [reason, persons] of found)
    await orm
      .insert(traceAlarms)
      .values({ traceId, reason, persons })
      .onConflictDoUpdate({ target: [traceAlarms.traceId, traceAlarms.reason], set: { persons } });
  return reasons.filter((reason) => !held.some((row) => row.reason === reason));
}
