/**
 * The figures of sealing for Prometheus: generations and counts, no values.
 */
import { Counter, Gauge } from 'prom-client';
import type { Metrics } from '../../shared/http/metrics.ts';
import type { ColumnSealer } from './sealer.ts';

export interface SealingFigures {
  /** So many rows were sealed anew. */
  resealed(rows: number): void;
}

/** Adds the figures to `registry`; without one they go nowhere. */
export function sealingFigures(registry: Metrics | undefined, sealer: () => ColumnSealer): SealingFigures {
  if (!registry) return { resealed: () => undefined };
  const registers = [registry];
  new Gauge({
    name: 'truyvet_data_key_generation',
    help: 'Generation of data keys that rows are sealed under now',
    registers,
    collect() {
      this.set(sealer().generation);
    },
  });
  new Gauge({
    name: 'truyvet_data_key_generations_live',
    help: 'Generations that rows may be sealed under; more than 1 while rows are sealed anew',
    registers,
    collect() {
      this.set(sealer().live.length);
    },
  });
  const rows = new Counter({
    name: 'truyvet_resealed_rows_total',
    help: 'Rows sealed anew under a later generation of data keys',
    registers,
  });
  return { resealed: (count) => rows.inc(count) };
}
