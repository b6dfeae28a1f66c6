/**
 * The figures of open traces, read when somebody asks for them.
 */
import { Gauge } from 'prom-client';
import type { Metrics } from '../../shared/http/metrics.ts';
import type { TraceAlarms } from './alarms.ts';

export interface TraceFigures {
  readonly open: number;
  readonly held: number;
  readonly resting: number;
  readonly unreadable: number;
}

/** Adds the number of traces, by what the hub has of them, to `registry`. */
export function measureTraces(registry: Metrics, read: () => TraceFigures): void {
  new Gauge({
    name: 'truyvet_traces',
    help: 'Traces that are open, held in memory, at rest, and that cannot be read back',
    labelNames: ['state'] as const,
    registers: [registry],
    collect() {
      for (const [state, count] of Object.entries(read())) this.set({ state }, count);
    },
  });
}

/** Adds the number of open traces with an alarm, by its reason. */
export function measureAlarms(registry: Metrics, read: () => TraceAlarms['figures']): void {
  new Gauge({
    name: 'truyvet_trace_alarms',
    help: 'Open traces in which there is something that an operator should look at, by reason',
    labelNames: ['reason'] as const,
    registers: [registry],
    collect() {
      for (const [reason, count] of Object.entries(read())) this.set({ reason }, count);
    },
  });
}
