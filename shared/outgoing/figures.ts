/**
 * The figures of what leaves the program, for Prometheus: by channel and state, never by subject.
 */
import { Gauge, type Registry } from 'prom-client';
import type { OutgoingCount } from './queries.ts';

/** Adds the figures of what leaves the program to `registry`; the answer takes what was counted. */
export function measureOutgoing(registry: Registry): (counts: readonly OutgoingCount[]) => void {
  const labelNames = ['channel', 'state'] as const;
  const items = new Gauge({
    name: 'truyvet_outgoing_items',
    help: 'What waits to leave the program, and what could not be delivered (dead)',
    labelNames,
    registers: [registry],
  });
  const oldest = new Gauge({
    name: 'truyvet_outgoing_oldest_seconds',
    help: 'Age of the oldest of them',
    labelNames,
    registers: [registry],
  });
  return (counts) => {
    items.reset();
    oldest.reset();
    for (const { channel, state, count, oldestSeconds } of counts) {
      items.set({ channel, state }, count);
      oldest.set({ channel, state }, oldestSeconds);
    }
  };
}
