/**
 * What is looked at again and again while somebody watches a trace: one look a trace for all who watch, as
 * the hub only answers; ended with the last of them. Decides about nobody's rights: what one of them may see
 * is for `watchTrace`.
 */
import type { Clock } from '../../../shared/clock.ts';
import { type AppError, toAppError } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/log.ts';
import { type Loop, type Pause, startLoop } from '../../../shared/loop.ts';
import { contactsVersion } from '../contacts/operations.ts';
import { CONTACTS_DELIVERED, TRACES_TO_SEND } from '../kinds.ts';
import type { TracesCtx } from './operations.ts';
import { lookUpStanding, type Standing, showStanding } from './standing.ts';

/** What the last look saw. */
export interface Sight {
  readonly standing: Standing;
  /** Grows with every delivery of contacts here. */
  readonly contacts: number;
}

export type WatchedCtx = TracesCtx & { readonly clock: Clock; readonly logger: Logger };

const BUSY_MS = 200;
const IDLE_MS = 2_000;

/** The traces of one program that are watched. */
export class WatchedTraces {
  readonly #ctx: WatchedCtx;
  readonly #looks = new Map<string, Look>();

  constructor(ctx: WatchedCtx) {
    this.#ctx = ctx;
  }

  /** One more who watches: `wake` is called after each look that saw something else. Dispose at the end. */
  join(id: string, wake: () => void): WatchedTrace {
    const look = this.#looks.get(id) ?? new Look(this.#ctx, id);
    this.#looks.set(id, look);
    look.wakes.add(wake);
    return {
      latest: () => look.latest(),
      [Symbol.asyncDispose]: async () => {
        look.wakes.delete(wake);
        if (look.wakes.size > 0 || this.#looks.get(id) !== look) return;
        this.#looks.delete(id);
        await look[Symbol.asyncDispose]();
      },
    };
  }
}

/** A trace as one of those who watch it has it. */
export interface WatchedTrace extends AsyncDisposable {
  /** What was seen last: undefined before the first look. Throws what a look has thrown since. */
  latest(): Sight | undefined;
}

class Look implements AsyncDisposable {
  readonly wakes = new Set<() => void>();
  readonly #ctx: WatchedCtx;
  readonly #id: string;
  readonly #loop: Loop;
  readonly #unhear: () => void;
  #sight: Sight | undefined;
  #failure: AppError | undefined;
  #substance = '';

  constructor(ctx: WatchedCtx, id: string) {
    this.#ctx = ctx;
    this.#id = id;
    const { clock, logger } = ctx;
    const pass = (over: AbortSignal) => this.#pass(over);
    this.#loop = startLoop({ name: 'watched-trace', everyMs: IDLE_MS, clock, logger, pass });
    this.#unhear = ctx.feed.wakes([TRACES_TO_SEND, CONTACTS_DELIVERED], () => this.#loop.wake());
  }

  latest(): Sight | undefined {
    if (this.#failure) throw this.#failure;
    return this.#sight;
  }

  /** A failure is told to those who watch, and is none of this loop. */
  async #pass(over: AbortSignal): Promise<Pause> {
    const ctx = { ...this.#ctx, stopping: AbortSignal.any([this.#ctx.stopping, over]) };
    try {
      const standing = await lookUpStanding(ctx, this.#id);
      this.#sight = { standing, contacts: await contactsVersion(ctx, this.#id) };
      this.#failure = undefined;
    } catch (error) {
      this.#failure = toAppError(error);
    }
    const substance = this.#substanceOfNow();
    if (substance !== this.#substance) for (const wake of [...this.wakes]) wake();
    this.#substance = substance;
    return { nextInMs: this.#isBusy() ? BUSY_MS : IDLE_MS };
  }

  #substanceOfNow(): string {
    if (this.#failure || !this.#sight) return `failed: ${this.#failure?.reason}`;
    const { standing, contacts } = this.#sight;
    return `${contacts} ${substanceOf(showStanding(this.#ctx, standing, { own: true }))}`;
  }

  #isBusy(): boolean {
    if (!this.#sight) return false;
    const { state } = showStanding(this.#ctx, this.#sight.standing, { own: true });
    return state === 'queued' || state === 'running';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#unhear();
    await this.#loop[Symbol.asyncDispose]();
  }
}

/** Time that passes is no progress. */
export function substanceOf(trace: { readonly elapsedMs: number }): string {
  return JSON.stringify({ ...trace, elapsedMs: 0 });
}
