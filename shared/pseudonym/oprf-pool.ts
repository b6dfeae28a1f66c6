/**
 * Worker threads for the OPRF, so that a program's loop never waits for a curve. A node blinds and finalizes
 * here, the hub evaluates. Keys and blinds stay in the workers; identifiers go in, columns come out.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { packageRoot } from '../package-root.ts';
import { ELEMENT_BYTES, type OprfKey } from './oprf-key.ts';
import { OprfThread } from './oprf-thread.ts';

/** What a node needs. */
export interface OprfClient {
  /**
   * Identifiers (canonical, UTF-8) blinded for the key service. Dispose of the batch if it is not finalized.
   * Throws OPRF_WORKER_LOST (UNAVAILABLE) if the worker dies meanwhile: blind again.
   */
  blind(identifiers: readonly string[]): Promise<BlindedBatch>;
}

/** Blinded identifiers; their blinds stay in the worker that made them. */
export interface BlindedBatch extends Disposable {
  /** Packed elements of 32 bytes, in the order of the identifiers. */
  readonly blinded: Uint8Array;
  /**
   * Tokens packed n × 16 bytes, in the order of the identifiers; once only. Throws OPRF_BAD_ELEMENT if the
   * key service's answer is not one; OPRF_WORKER_LOST, OPRF_BATCH_LOST (UNAVAILABLE): blind again.
   */
  finalize(evaluated: Uint8Array): Promise<Uint8Array>;
}

/** What the hub needs. */
export interface OprfEvaluator {
  /**
   * Packed elements times the key, in their order. Concurrent calls take turns, a small one is not held up by
   * a large one; an aborted `signal` stops the work (CANCELLED). Throws OPRF_BAD_ELEMENT, OPRF_NO_KEY;
   * OPRF_WORKER_LOST (UNAVAILABLE).
   */
  evaluate(blinded: Uint8Array, signal?: AbortSignal): Promise<Uint8Array>;
}

/** Disposing stops the threads; what they were doing rejects with OPRF_CLOSED. */
export type OprfWorkers = OprfClient & OprfEvaluator & AsyncDisposable;

export interface OprfWorkersOptions {
  /** Makes the workers evaluators; given to them once, at their start. */
  readonly key?: OprfKey;
  readonly logger?: Pick<Logger, 'warn'>;
  /** Absolute path of another worker entry, for fault tests. */
  readonly entry?: string;
}

/** Elements that one call evaluates at a stretch: about 5 ms of work, so callers alternate quickly. */
const TURN_ELEMENTS = 64;

/**
 * `count` ≥ 1 running workers. A worker that dies rejects its callers and is replaced when next needed.
 * Throws OPRF_WORKER_MISSING if the program is not built, OPRF_WORKER_LOST if a worker cannot start.
 */
export async function startOprfWorkers(
  count: number,
  options: OprfWorkersOptions = {},
): Promise<OprfWorkers> {
  const entry = options.entry ?? join(packageRoot, 'dist/shared/pseudonym/oprf-worker.js');
  if (!existsSync(entry)) {
    throw new AppError(
      'FAILED_PRECONDITION',
      'OPRF_WORKER_MISSING',
      'OPRF worker is not built: npm run build',
    );
  }
  const data = options.key === undefined ? {} : { key: options.key };
  const threads = Array.from({ length: count }, () => new OprfThread(entry, data, options.logger));
  const workers: OprfWorkers = {
    blind: (identifiers) => blindOn(leastBusy(threads), identifiers),
    evaluate: (blinded, signal) => evaluateInTurns(threads, blinded, signal),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
  try {
    await Promise.all(threads.map((thread) => thread.request({ kind: 'ready' })));
    return workers;
  } catch (error) {
    await workers[Symbol.asyncDispose]();
    throw error;
  }
}

let lastBatch = 0;

async function blindOn(thread: OprfThread, identifiers: readonly string[]): Promise<BlindedBatch> {
  const batch = ++lastBatch;
  const blinded = await thread.request({ kind: 'blind', batch, identifiers });
  let open = true;
  const finalize = (evaluated: Uint8Array) => {
    open = false;
    return thread.request({ kind: 'finalize', batch, column: new Uint8Array(evaluated) });
  };
  const dispose = () => {
    if (open) thread.send({ kind: 'discard', batch });
    open = false;
  };
  return { blinded, finalize, [Symbol.dispose]: dispose };
}

async function evaluateInTurns(threads: readonly OprfThread[], blinded: Uint8Array, signal?: AbortSignal) {
  const evaluated = new Uint8Array(blinded.length);
  const turnBytes = TURN_ELEMENTS * ELEMENT_BYTES;
  let next = 0;
  const lane = async () => {
    while (next < blinded.length) {
      if (signal?.aborted) throw new AppError('CANCELLED', 'CANCELLED', 'OPRF: the caller has gone');
      const at = next;
      next += turnBytes;
      // A copy, for it is transferred to the worker. (Not `slice`: that of a Buffer is a view.)
      const column = new Uint8Array(blinded.subarray(at, at + turnBytes));
      evaluated.set(await leastBusy(threads).request({ kind: 'evaluate', column }), at);
    }
  };
  try {
    await Promise.all(threads.map(lane));
    return evaluated;
  } finally {
    // After a failure the other lanes have nothing left to do.
    next = blinded.length;
  }
}

function leastBusy(threads: readonly OprfThread[]): OprfThread {
  return threads.reduce((best, thread) => (thread.pending < best.pending ? thread : best));
}
