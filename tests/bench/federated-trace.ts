/**
 * One trace through the federation's public interface, and what it took by the hub's own account.
 */
import { readFile } from 'node:fs/promises';
import type { Participant } from '../../deploy/federation/participant.ts';
import type { StepReport } from '../../hub/traces/step-meter.ts';
import { systemClock } from '../../shared/clock.ts';
import type { Database } from '../../shared/db/database.ts';
import { BENCH_TIME } from './world.ts';

/** A step of a trace as the hub logs it. */
export type Step = Omit<StepReport, 'traceId'>;

export interface FederatedRun {
  readonly traceId: string;
  /** From the accepted request to `complete` at the hub. */
  readonly wallMs: number;
  readonly steps: readonly Step[];
  /** Questions, answers and deliveries as encoded, before framing and TLS. */
  readonly bytes: { readonly questions: number; readonly answers: number; readonly deliveries: number };
  readonly contactEvents: number;
}

const POLL_MS = 20;
const PATIENCE_MS = 180_000;

/** Enters the index person's case; returns its id. */
export async function enterCase(node: Participant, identifier: string): Promise<string> {
  const body = { identifiers: [identifier], onset_on: BENCH_TIME.onsetOn };
  return (await post(node, '/v1/cases', body)).id;
}

export interface FederatedQuestion {
  readonly caseId: string;
  readonly maxDegree: number;
}

export class FederatedTracer {
  readonly #node: Participant;
  readonly #hub: Participant;
  readonly #hubDb: Database;

  /** @param node of the province that owns the case. */
  constructor(node: Participant, hub: Participant, hubDb: Database) {
    this.#node = node;
    this.#hub = hub;
    this.#hubDb = hubDb;
  }

  /** Runs a trace to `complete`. Throws if it is not complete after three minutes. */
  async run({ caseId, maxDegree }: FederatedQuestion): Promise<FederatedRun> {
    const asOf = new Date(BENCH_TIME.asOf * 1000).toISOString();
    const body = { cases: [caseId], direction: 'forward', max_degree: maxDegree, as_of: asOf };
    const { id } = await post(this.#node, '/v1/traces', body);
    const acceptedMs = Date.now();
    const completedMs = await this.#completion(id);
    const steps = await this.#steps(id);
    const [sent] = await this.#hubDb.sql<{ bytes: number }[]>`
      SELECT coalesce(sum(length(body)), 0)::bigint AS bytes FROM deliveries WHERE trace_id = ${id}`;
    return {
      traceId: id,
      wallMs: completedMs - acceptedMs,
      steps,
      bytes: {
        questions: sum(steps, (step) => step.bytesOut),
        answers: sum(steps, (step) => step.bytesIn),
        deliveries: sent?.bytes ?? 0,
      },
      contactEvents: 0,
    };
  }

  /**
   * A trace to be thrown away: after a start the hub may take a node for absent, and what it assigns
   * meanwhile stands.
   */
  async findAllProvinces(caseId: string): Promise<void> {
    const { traceId } = await this.run({ caseId, maxDegree: 1 });
    await this.close(traceId);
  }

  /** Ends the trace, so that nothing of it is asked again. */
  async close(traceId: string): Promise<void> {
    await post(this.#node, `/v1/traces/${traceId}/close`, {});
    await this.#until(async () => {
      const [row] = await this.#hubDb.sql`SELECT closed_at FROM traces WHERE id = ${traceId}`;
      return row?.closed_at ?? undefined;
    }, 'a trace that is closed');
  }

  /** The hub's own instant, not that of the poll. */
  #completion(id: string): Promise<number> {
    return this.#until(async () => {
      const [row] = await this.#hubDb.sql<{ at: number | null }[]>`
        SELECT (extract(epoch from completed_at) * 1000)::bigint AS at FROM traces WHERE id = ${id}`;
      return row?.at ?? undefined;
    }, 'a complete trace');
  }

  /** The last step is logged right after the trace is complete. */
  #steps(id: string): Promise<Step[]> {
    return this.#until(async () => {
      const lines = (await readFile(this.#hub.logFile, 'utf8')).split('\n');
      const steps = lines
        .filter((line) => line.includes(id) && line.includes('"step"'))
        .map((line) => JSON.parse(line) as Step);
      const published = steps.findIndex(({ step }) => step === 'publish');
      // What the hub looks at again after `complete` is no part of it.
      return published < 0 ? undefined : steps.slice(0, published + 1);
    }, 'the steps of a trace');
  }

  async #until<T>(look: () => Promise<T | undefined>, what: string): Promise<T> {
    const lastMs = Date.now() + PATIENCE_MS;
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      if (Date.now() > lastMs) throw new Error(`waited in vain for ${what}`);
      await systemClock.sleep(POLL_MS);
    }
  }
}

async function post(participant: Participant, path: string, body: unknown): Promise<{ id: string }> {
  const response = await fetch(participant.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${participant.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as { id: string };
}

/** Sum over `items`. */
export function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

/**
 * What provinces on machines of their own would see, from a run with one province asked at a time: of each
 * step the hub's processor time, its waits for its database, and the slowest province with the wire to it;
 * and all that lies between steps. The hub's share of the slowest answer is counted twice: an upper bound.
 */
export function criticalPathMs({ wallMs, steps }: FederatedRun): number {
  const between = wallMs - sum(steps, ({ ms }) => ms);
  return Math.max(0, between) + sum(steps, criticalStepMs);
}

/** One step's share of the critical path. */
export function criticalStepMs({ cpuMs, storeMs, provinces }: Step): number {
  return cpuMs + storeMs + slowestMs(provinces);
}

export function slowestMs(provinces: Step['provinces']): number {
  return provinces.reduce((most, { ms }) => Math.max(most, ms), 0);
}
