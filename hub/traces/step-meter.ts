/**
 * Measures one step of a trace: wall clock, the hub's processor time, waits for its database, bytes that came
 * in.
 */
import { cpuUsage } from 'node:process';
import { monotonicMs } from '../../shared/clock.ts';
import type { ProvinceTime } from './rounds.ts';

/** What one round of questions, or one publication, took. */
export interface StepReport {
  readonly traceId: string;
  readonly step: 'round' | 'publish';
  /** Questions asked, or deliveries sent. */
  readonly messages: number;
  readonly ms: number;
  /** The hub's own processor time. */
  readonly cpuMs: number;
  /** Waiting for the hub's database. */
  readonly storeMs: number;
  readonly bytesOut: number;
  readonly bytesIn: number;
  /** What each province took that had something to do. */
  readonly provinces: readonly ProvinceTime[];
}

export class StepMeter {
  readonly #startedMs = monotonicMs();
  readonly #cpu = cpuUsage();
  readonly #bytesIn: number;
  #storeMs = 0;

  constructor(bytesIn: number) {
    this.#bytesIn = bytesIn;
  }

  /** Counts the wait for a write. */
  async storing<T>(write: Promise<T>): Promise<T> {
    const startedMs = monotonicMs();
    try {
      return await write;
    } finally {
      this.#storeMs += monotonicMs() - startedMs;
    }
  }

  read(bytesIn: number): { ms: number; cpuMs: number; storeMs: number; bytesIn: number } {
    const { user, system } = cpuUsage(this.#cpu);
    return {
      ms: monotonicMs() - this.#startedMs,
      cpuMs: (user + system) / 1000,
      storeMs: this.#storeMs,
      bytesIn: bytesIn - this.#bytesIn,
    };
  }
}
