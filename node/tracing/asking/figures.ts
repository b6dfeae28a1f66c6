/**
 * The figures of what open traces have asked and the node keeps in memory, read when somebody asks for them.
 */
import { Gauge, type Registry } from 'prom-client';
import type { AskedQuestions } from './asked-questions.ts';

/** Adds them to `registry`. */
export function measureAsked(registry: Registry, read: () => AskedQuestions['figures']): void {
  new Gauge({
    name: 'truyvet_asked',
    help: 'Kept of what open traces have asked: traces, and entries (one for each person and question)',
    labelNames: ['what'] as const,
    registers: [registry],
    collect() {
      for (const [what, count] of Object.entries(read())) this.set({ what }, count);
    },
  });
}
