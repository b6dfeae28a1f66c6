/**
 * One worker thread of the pool with the calls that wait for it. Started when first asked; when it dies its
 * callers are rejected at once and the next request starts another, so a worker that cannot live costs one
 * attempt a request.
 */
import { Worker } from 'node:worker_threads';
import { AppError, receivedError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { OprfRequest, OprfResponse, OprfWorkerData } from './oprf-messages.ts';

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;
interface Call {
  resolve(value: Uint8Array): void;
  reject(error: unknown): void;
}

export class OprfThread {
  readonly #entry: string;
  readonly #data: OprfWorkerData;
  readonly #logger: Pick<Logger, 'warn'> | undefined;
  readonly #calls = new Map<number, Call>();
  #worker: Worker | undefined;
  #lastId = 0;
  #closed = false;

  constructor(entry: string, data: OprfWorkerData, logger: Pick<Logger, 'warn'> | undefined) {
    this.#entry = entry;
    this.#data = data;
    this.#logger = logger;
  }

  /** Calls that wait for an answer. */
  get pending(): number {
    return this.#calls.size;
  }

  /**
   * The worker's answer; `message.column` is transferred. Rejects with its error, OPRF_WORKER_LOST,
   * OPRF_CLOSED.
   */
  request(message: WithoutId<OprfRequest>): Promise<Uint8Array> {
    if (this.#closed) return Promise.reject(closed());
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      this.#worker ??= this.#start();
      const transfer = 'column' in message ? [message.column.buffer as ArrayBuffer] : [];
      this.#worker.postMessage({ ...message, id }, transfer);
    });
  }

  /** Like `request` for what needs no answer; nothing is sent to a worker that is not there. */
  send(message: WithoutId<OprfRequest>): void {
    this.#worker?.postMessage({ ...message, id: 0 });
  }

  /** Stops the worker; waiting calls reject with OPRF_CLOSED. */
  async close(): Promise<void> {
    this.#closed = true;
    const worker = this.#worker;
    this.#rejectAll(closed());
    await worker?.terminate();
  }

  #start(): Worker {
    // No flags of the parent: a test runner's loaders are not meant for built code.
    const worker = new Worker(this.#entry, { workerData: this.#data, execArgv: [] });
    worker.on('message', (response: OprfResponse) => this.#settle(response));
    worker.on('error', (error) => this.#lose(worker, error));
    worker.on('exit', (exitCode) => this.#lose(worker, new Error(`worker exit ${exitCode}`)));
    return worker;
  }

  #settle(response: OprfResponse): void {
    const call = this.#calls.get(response.id);
    this.#calls.delete(response.id);
    if ('column' in response) {
      call?.resolve(response.column);
    } else {
      const { code, reason, message } = response.error;
      call?.reject(receivedError(code, reason, message, {}));
    }
  }

  #lose(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker || this.#closed) return;
    this.#logger?.warn({ err: cause, waiting: this.#calls.size }, 'OPRF worker lost');
    this.#rejectAll(new AppError('UNAVAILABLE', 'OPRF_WORKER_LOST', 'OPRF: a worker was lost', { cause }));
  }

  #rejectAll(error: AppError): void {
    this.#worker = undefined;
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const call of calls) call.reject(error);
  }
}

function closed(): AppError {
  return new AppError('UNAVAILABLE', 'OPRF_CLOSED', 'OPRF: the workers are stopped');
}
