/**
 * The figures of open traces, read when somebody asks for them.
 */
import { Gauge } from 'prom-client';
import type { Metrics } from '../../shared/http/metrics.ts';

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
