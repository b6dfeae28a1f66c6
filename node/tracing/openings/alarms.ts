/**
 * What the hub says that this province should look at in its own traces (shared/trace/alarms.ts): on record
 * when it is first heard, and told to the operators while it lasts. The staff of a province can ask by
 * invented encounters who lives where; its operators are to see that.
 */
import { Gauge, type Registry } from 'prom-client';
import { HUB_ACTOR } from '../../../shared/audit/actors.ts';
import { recordAudit } from '../../../shared/audit/record.ts';
import { type Clock, nowSeconds } from '../../../shared/clock.ts';
import { type Database, withTransaction } from '../../../shared/db/database.ts';
import type { Logger } from '../../../shared/log.ts';
import { ALARM_REASONS, type AlarmReason } from '../../../shared/trace/alarms.ts';
import { insertAlarm } from './alarms-queries.ts';

/** As the hub tells it; not everything that it says is about a trace of ours. */
export interface ToldAlarm {
  readonly traceId: string;
  readonly reason: string;
  readonly persons: number;
}

interface Alarm extends ToldAlarm {
  readonly reason: AlarmReason;
}

export interface HeardAlarmsOptions {
  readonly db: Database;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly logger: Pick<Logger, 'warn'>;
  readonly metrics?: Registry;
}

export class HeardAlarms {
  readonly #options: HeardAlarmsOptions;
  #heard: readonly Alarm[] = [];

  constructor(options: HeardAlarmsOptions) {
    this.#options = options;
    if (options.metrics) measure(options.metrics, () => this.#heard);
  }

  /** Takes all that the hub has to tell now, the newest first; what is new is on record when it resolves. */
  async take(told: readonly ToldAlarm[]): Promise<void> {
    const known = told.filter(isKnown);
    const before = new Map(this.#heard.map((alarm) => [keyOf(alarm), alarm.persons]));
    for (const alarm of known) if (before.get(keyOf(alarm)) !== alarm.persons) await this.#note(alarm);
    this.#heard = known;
  }

  async #note(alarm: Alarm): Promise<void> {
    const { db, clock, logger } = this.#options;
    const { traceId: trace, reason, persons } = alarm;
    const entry = { action: 'traces.alarmed', actor: HUB_ACTOR, outcome: 'done', on: [{ trace }] } as const;
    const isNew = await withTransaction(db, async (tx) => {
      if (!(await insertAlarm(tx, alarm))) return false;
      await recordAudit(tx, { ...entry, detail: { alarm: reason, persons } }, nowSeconds(clock));
      return true;
    });
    if (isNew) logger.warn({ trace, reason, persons }, 'trace alarm');
  }

  /** A line a reason. */
  warnings(): string[] {
    return ALARM_REASONS.flatMap((reason) => {
      const [last, ...others] = this.#heard.filter((alarm) => alarm.reason === reason);
      if (!last) return [];
      const { traceId, persons } = last;
      return [`own traces: ${reason} in ${others.length + 1}, last in ${traceId} (${persons} contacts)`];
    });
  }
}

function isKnown(told: ToldAlarm): told is Alarm {
  return ALARM_REASONS.some((reason) => reason === told.reason);
}

function keyOf({ traceId, reason }: ToldAlarm): string {
  return `${traceId} ${reason}`;
}

function measure(registry: Registry, read: () => readonly Alarm[]): void {
  new Gauge({
    name: 'truyvet_trace_alarms',
    help: 'Own open traces in which there is something that an operator should look at, by reason',
    labelNames: ['reason'] as const,
    registers: [registry],
    collect() {
      for (const reason of ALARM_REASONS)
        this.set({ reason }, read().filter((alarm) => alarm.reason === reason).length);
    },
  });
}
