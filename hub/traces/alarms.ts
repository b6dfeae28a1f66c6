/**
 * The alarms of open traces: raised on record as a trace is published, told to the operators of the hub and
 * to the province that opened it. A lie need not be one: who looks at an alarm decides.
 */
import { HUB_PROGRAM } from '../../shared/audit/actors.ts';
import { recordAudit } from '../../shared/audit/record.ts';
import { type Clock, nowSeconds } from '../../shared/clock.ts';
import { type Database, withTransaction } from '../../shared/db/database.ts';
import type { Logger } from '../../shared/log.ts';
import { ALARM_REASONS, type AlarmReason } from '../../shared/trace/alarms.ts';
import { type Found, listOpenAlarms, type OpenAlarm, replaceAlarms } from './alarms-queries.ts';

export type { Found, OpenAlarm } from './alarms-queries.ts';

/** Told to a province in one report at most. */
const TOLD_AT_ONCE = 100;
const NONE: Found = new Map();

export class TraceAlarms {
  readonly #options: { readonly db: Database; readonly clock: Clock; readonly logger: Logger };
  readonly #found = new Map<string, { readonly province: string; readonly found: Found }>();

  constructor(options: { readonly db: Database; readonly clock: Clock; readonly logger: Logger }) {
    this.#options = options;
  }

  /** Takes what is stored of open traces. */
  async load(): Promise<void> {
    for (const { traceId, province, reason, persons } of await listOpenAlarms(this.#options.db)) {
      const found = new Map(this.of(traceId)).set(reason, persons);
      this.#found.set(traceId, { province, found });
    }
  }

  of(traceId: string): Found {
    return this.#found.get(traceId)?.found ?? NONE;
  }

  /** What was found in a trace as it stands now; new alarms are on record when this resolves. */
  async tell(trace: { readonly id: string; readonly province: string }, found: Found): Promise<void> {
    if (isSame(found, this.of(trace.id))) return;
    const { db, clock, logger } = this.#options;
    const entry = { action: 'traces.alarmed', actor: HUB_PROGRAM, outcome: 'done' } as const;
    const on = [{ trace: trace.id }, { province: trace.province }];
    const raised = await withTransaction(db, async (tx) => {
      const reasons = await replaceAlarms(tx, trace.id, found);
      for (const alarm of reasons) {
        const detail = { alarm, persons: found.get(alarm) as number };
        await recordAudit(tx, { ...entry, on, detail }, nowSeconds(clock));
      }
      return reasons;
    });
    for (const alarm of raised)
      logger.warn(
        { trace: trace.id, province: trace.province, reason: alarm, persons: found.get(alarm) },
        'trace alarm',
      );
    this.#found.set(trace.id, { province: trace.province, found });
  }

  /** The trace has ended. */
  forget(traceId: string): void {
    this.#found.delete(traceId);
  }

  /** Of the traces that a province has opened, the newest first. */
  openedBy(province: string): OpenAlarm[] {
    return this.#list()
      .filter((alarm) => alarm.province === province)
      .slice(-TOLD_AT_ONCE)
      .reverse();
  }

  /** Open traces with an alarm, by its reason. */
  get figures(): Readonly<Record<AlarmReason, number>> {
    const figures = Object.fromEntries(ALARM_REASONS.map((reason) => [reason, 0])) as Record<
      AlarmReason,
      number
    >;
    for (const { reason } of this.#list()) figures[reason]++;
    return figures;
  }

  /** A line a province and reason: which traces they are is in the log, and in their status. */
  warnings(): string[] {
    const lines = new Map<string, { traces: number; last: OpenAlarm }>();
    for (const alarm of this.#list()) {
      const key = `${alarm.province} ${alarm.reason}`;
      lines.set(key, { traces: (lines.get(key)?.traces ?? 0) + 1, last: alarm });
    }
    return [...lines.values()].map(
      ({ traces, last: { province, reason, traceId, persons } }) =>
        `traces of province ${province}: ${reason} in ${traces}, last in ${traceId} (${persons} contacts)`,
    );
  }

  #list(): OpenAlarm[] {
    return [...this.#found].flatMap(([traceId, { province, found }]) =>
      [...found].map(([reason, persons]) => ({ traceId, province, reason, persons })),
    );
  }
}

function isSame(a: Found, b: Found): boolean {
  return a.size === b.size && [...a].every(([reason, persons]) => b.get(reason) === persons);
}
