/**
 * Keeps the node's data keys current while it runs: looks whether the ring has changed, admits what is new,
 * seals old rows anew in the background, and retires generations that nothing is sealed under. A ring that
 * cannot be read or admitted changes nothing: the keys at hand stay, and the log says why.
 */
import type { Clock } from '../../shared/clock.ts';
import { toAppError } from '../../shared/errors.ts';
import type { Metrics } from '../../shared/http/metrics.ts';
import type { Logger } from '../../shared/log.ts';
import { type LoopWatch, type Pause, startLoop } from '../../shared/loop.ts';
import type { DataKeys } from './data-keys.ts';
import { formatKeyRing } from './key-ring.ts';
import { type KeySource, readKeyRing } from './key-source.ts';
import { admitKeyRing, retireGenerations, type SealingCtx, switchGeneration } from './operations.ts';
import { resealAll } from './reseal.ts';
import { type SealingFigures, sealingFigures } from './sealing-figures.ts';

export interface KeeperOptions extends SealingCtx {
  readonly dataKeys: DataKeys;
  readonly source: KeySource;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly metrics?: Metrics | undefined;
  /** How often a file is read; 2 s unless told. */
  readonly everyMs?: number | undefined;
  readonly watch?: LoopWatch | undefined;
}

/** A key service may count and bill its calls. */
const LOOK_EVERY_MS = { file: 2_000, command: 60_000 };
/** After something failed; after a pass with rows that do not open. */
const RETRY_MS = { failure: 2_000, unopened: 600_000 };
/** After a pass that met rows in use: so many looks at a file. */
const LOCKED_LOOKS = 5;

/** A keeper at work; disposing ends it after the batch that it is at. */
export function startKeyKeeper(options: KeeperOptions): AsyncDisposable {
  const { clock, logger, watch } = options;
  const keeper = new KeyKeeper(options);
  const pass = () => keeper.pass();
  const everyMs = LOOK_EVERY_MS.file;
  const loop = startLoop({ name: 'data-keys', clock, logger, watch, everyMs, pass });
  return {
    async [Symbol.asyncDispose]() {
      await loop[Symbol.asyncDispose]();
      await keeper.end();
    },
  };
}

class KeyKeeper {
  readonly #options: KeeperOptions;
  readonly #figures: SealingFigures;
  #seenRing: string | undefined;
  #lookAtMs = 0;
  #pass: AsyncGenerator<number, number> | undefined;
  #passAtMs = 0;
  #resealed = 0;
  #lastProblem: string | undefined;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#figures = sealingFigures(options.metrics, () => options.dataKeys.sealer);
  }

  /** Looks, and seals a batch. Problems are said here, each once: a ring may have one after another. */
  async pass(): Promise<Pause> {
    const [look, seal] = [await this.#tried(() => this.#look()), await this.#tried(() => this.#resealSome())];
    if (look === 'failed' || seal === 'failed') return { nextInMs: RETRY_MS.failure };
    return { nextInMs: seal ? 0 : Math.max(0, this.#lookAtMs - this.#options.clock.nowMs()) };
  }

  async end(): Promise<void> {
    await this.#pass?.return(0);
  }

  /** Reads the ring when it is time, and admits it if it is another one. */
  async #look(): Promise<void> {
    const { clock, source, dataKeys, logger, everyMs = LOOK_EVERY_MS.file } = this.#options;
    if (clock.nowMs() < this.#lookAtMs) return;
    this.#lookAtMs = clock.nowMs() + (source.file === undefined ? LOOK_EVERY_MS.command : everyMs);
    const ring = await readKeyRing(source);
    const text = formatKeyRing(ring);
    if (text === this.#seenRing) return;
    const before = dataKeys.sealer.generation;
    const live = await admitKeyRing(this.#options, ring);
    await switchGeneration(this.#options, () => dataKeys.adopt(ring, live));
    this.#seenRing = text;
    this.#lastProblem = undefined;
    // What is under way may have passed rows that are old only now.
    this.#pass = undefined;
    this.#passAtMs = 0;
    if (ring.current !== before)
      logger.info({ generation: ring.current, generation_before: before }, 'data keys rotated');
  }

  /** One batch of re-sealing; whether there may be more. */
  async #resealSome(): Promise<boolean> {
    const { clock, dataKeys } = this.#options;
    if (dataKeys.sealer.live.length === 1 || clock.nowMs() < this.#passAtMs) return false;
    this.#pass ??= resealAll(this.#options);
    const { value, done } = await this.#pass.next();
    if (done) return this.#endPass(value);
    this.#resealed += value;
    this.#figures.resealed(value);
    return true;
  }

  async #endPass(unopened: number): Promise<false> {
    const { clock, dataKeys, logger, everyMs = LOOK_EVERY_MS.file } = this.#options;
    this.#pass = undefined;
    const { generation, live } = dataKeys.sealer;
    const remaining = await retireGenerations(this.#options, { current: generation, live });
    dataKeys.keepLive(remaining);
    this.#passAtMs = clock.nowMs() + (unopened > 0 ? RETRY_MS.unopened : LOCKED_LOOKS * everyMs);
    const retired = live.filter((other) => !remaining.includes(other));
    logger.info({ generation, rows: this.#resealed, retired, remaining }, 'data sealed anew');
    this.#resealed = 0;
    return false;
  }

  /** Says each problem once, not every two seconds. */
  async #tried<T>(work: () => Promise<T>): Promise<T | 'failed'> {
    try {
      return await work();
    } catch (error) {
      this.#pass = undefined;
      const { reason, message } = toAppError(error);
      if (this.#lastProblem !== message) this.#options.logger.warn({ err: error, reason }, 'data keys');
      this.#lastProblem = message;
      return 'failed';
    }
  }
}
