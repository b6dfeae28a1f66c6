/**
 * Brings openings and closings to the hub, at once when there are any and again until the hub has taken them.
 * What is to be sent stands in the database, so a restart loses nothing; what the hub refuses is kept with
 * its reason.
 */
import type { KeyObject } from 'node:crypto';
import { type Clock, nowSeconds } from '../../../shared/clock.ts';
import type { Database } from '../../../shared/db/database.ts';
import type { RulePack } from '../../../shared/domain/rule-pack.ts';
import { AppError, isFinalRefusal, isRefusal, toAppError } from '../../../shared/errors.ts';
import type { Feed } from '../../../shared/feed/feed.ts';
import { FeedFollower } from '../../../shared/feed/follower.ts';
import { bodyOf } from '../../../shared/feed/kinds.ts';
import type { Logger } from '../../../shared/log.ts';
import { type Loop, type LoopWatch, startLoop } from '../../../shared/loop.ts';
import { signOpening } from '../../../shared/signed/opening.ts';
import { findTokens } from '../../records/people/operations.ts';
import type { SealerSource } from '../../sealing/data-keys.ts';
import { TRACES_TO_SEND } from '../kinds.ts';
import { listIndexCases } from './index-queries.ts';
import { noticeAtOpening } from './noticing.ts';
import { makeOpening, type Pseudonymize } from './opening.ts';
import * as queries from './queries.ts';
import type { HubStatus } from './status.ts';

/** How long to wait for the hub, and until when. */
export interface Patience {
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

/** The hub, as far as traces need it. Calls reject with what the hub or the way to it says. */
export interface HubTraces {
  open(opening: string, patience: Patience): Promise<void>;
  close(traceId: string, patience: Patience): Promise<void>;
  status(traceId: string, patience: Patience): Promise<HubStatus>;
  /** By id, without those that the hub does not tell this province of; at most 200 at a time. */
  statuses(traceIds: readonly string[], patience: Patience): Promise<ReadonlyMap<string, HubStatus>>;
}

export interface SubmitterOptions {
  readonly db: Database;
  readonly dataKeys: SealerSource;
  readonly feed: Feed;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly watch?: LoopWatch | undefined;
  readonly hub: HubTraces;
  readonly province: string;
  readonly openingKey: KeyObject;
  readonly tokenizer: {
    hurry(ids: readonly number[], signal: AbortSignal, generation: number): Promise<unknown>;
    /** Of the key service's key, for a new trace. */
    generationInUse(): Promise<number>;
  };
  readonly rulePack: (number: number) => RulePack | undefined;
  readonly pseudonymize: (traceId: string, federationKey: number) => Pseudonymize;
  /** Generation of the federation key for a new trace. Rejects with UNAVAILABLE while there is none. */
  readonly federationKey: () => Promise<number>;
}

const DEADLINE_MS = 5_000;
/** Looks of its own accord: rules or keys that a refusal named may have come. */
const IDLE_MS = 30_000;
/** A hub that comes back is noticed within the longer one. */
const RETRY_MS = { first: 250, most: 2_000 };
/** What was refused is not tried again sooner. */
const REFUSED_SECONDS = 25;
const AT_ONCE = 8;

export class Submitter implements AsyncDisposable {
  readonly #options: SubmitterOptions;
  readonly #stop = new AbortController();
  readonly #underWay = new Map<string, Promise<AppError | undefined>>();
  readonly #waiting = new Set<string>();
  readonly #loop: Loop;
  #following: FeedFollower | undefined;

  private constructor(options: SubmitterOptions) {
    this.#options = options;
    const pass = () => this.#submitAll();
    this.#loop = startLoop({ ...options, name: 'submitter', everyMs: IDLE_MS, retryMs: RETRY_MS, pass });
  }

  /** At work already. */
  static async start(options: SubmitterOptions): Promise<Submitter> {
    const submitter = new Submitter(options);
    submitter.#following = await FeedFollower.start(options.feed, {
      name: 'openings',
      kinds: [TRACES_TO_SEND],
      // Each on its way at once: none waits for another that the hub is slow to take.
      apply: (events) => {
        for (const event of events)
          for (const id of bodyOf(event, TRACES_TO_SEND) ?? []) submitter.submit(id);
      },
      load: () => submitter.#loop.wake(),
    });
    return submitter;
  }

  /** Sends what this trace has to send, now; does not wait for others. Failures are retried. */
  submit(traceId: string): void {
    void this.#submit(traceId).then((failure) => {
      if (failure) this.#loop.wake();
    });
  }

  /** Rejects with the first failure that must be tried again soon. */
  async #submitAll(): Promise<void> {
    const refusedBefore = nowSeconds(this.#options.clock) - REFUSED_SECONDS;
    const queue = await queries.listUnsubmitted(this.#options.db, { limit: AT_ONCE * 32, refusedBefore });
    const failures: AppError[] = [];
    const worker = async () => {
      for (let id = queue.shift(); id !== undefined && !this.#stop.signal.aborted; id = queue.shift()) {
        const failure = await this.#submit(id);
        if (failure) failures.push(failure);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    if (failures[0]) throw failures[0];
  }

  /** One task a trace, which begins after the call; why it must be tried again soon. Never rejects. */
  async #submit(id: string): Promise<AppError | undefined> {
    // What is under way may have read the trace before it was changed.
    await this.#underWay.get(id);
    const next = this.#underWay.get(id);
    if (next !== undefined) return next;
    const task = this.#work(id)
      .then(
        () => void this.#waiting.delete(id),
        (error: unknown) => this.#mustWait(id, toAppError(error)),
      )
      .finally(() => this.#underWay.delete(id));
    this.#underWay.set(id, task);
    return task;
  }

  /** Said once of a trace, not with every try. */
  #mustWait(id: string, failure: AppError): AppError {
    if (!this.#waiting.has(id) && !this.#stop.signal.aborted) {
      this.#options.logger.warn({ err: failure, trace: id }, 'trace waits for the hub');
      this.#waiting.add(id);
    }
    return failure;
  }

  /** Goes on while there is something to send: a correction may come while the hub is asked. */
  async #work(id: string): Promise<void> {
    let refused: number | undefined;
    while (!this.#stop.signal.aborted) {
      const trace = await queries.findTrace(this.#options.db, id);
      if (!trace || trace.closed || (trace.accepted && !trace.closing)) return;
      if (trace.revision === refused && !trace.closing) return;
      if (trace.closing) await this.#close(trace);
      else if (!(await this.#open(trace))) refused = trace.revision;
    }
  }

  /** Whether the hub took it; what it refuses is on record. */
  async #open(trace: queries.TraceRow): Promise<boolean> {
    const { db, hub, logger } = this.#options;
    try {
      await hub.open(trace.opening ?? (await this.#sign(trace)), this.#patience());
      await queries.markAccepted(db, trace);
      logger.info({ trace: trace.id, revision: trace.revision }, 'trace opened');
      return true;
    } catch (error) {
      const refusal = toAppError(error);
      if (!isRefusal(refusal)) throw error;
      const { reason } = refusal;
      const final = isFinalRefusal(refusal);
      // The hub says so of traces alone that it does not have: signed with the new key, they are taken.
      if (reason === 'KEY_GENERATION_RETIRED') {
        await queries.forgetOpening(db, trace);
        throw error;
      }
      if (reason === 'TRACE_CLOSED') await queries.markClosed(db, trace.id);
      else await queries.markRefused(db, trace, { reason, final });
      // A limit may be over soon: it is shown, and asked again.
      if (!final) throw error;
      logger.warn({ trace: trace.id, revision: trace.revision, reason }, 'the hub refused the trace');
      return false;
    }
  }

  async #sign(trace: queries.TraceRow): Promise<string> {
    const { db, province, openingKey, rulePack, pseudonymize } = this.#options;
    const federationKey = trace.federationKey ?? (await this.#options.federationKey());
    const keyGeneration = trace.keyGeneration ?? (await this.#options.tokenizer.generationInUse());
    const rules = rulePack(trace.rules);
    if (!rules) throw new AppError('UNAVAILABLE', 'NO_RULES', 'the rules of the trace are not here');
    const cases = await listIndexCases(db, trace.id);
    const named = cases.map(({ id }) => id);
    const tokens = await this.#tokensOf(named, keyGeneration);
    const pseudonymizeHere = pseudonymize(trace.id, federationKey);
    const keys = { federationKey, keyGeneration };
    const parts = { province, rules, cases, tokens, ...keys, pseudonymize: pseudonymizeHere };
    const opening = makeOpening(trace, parts);
    const signed = await signOpening(opening, openingKey);
    // Stored before it is sent: the hub refuses a second text of the same revision.
    await queries.storeOpening(db, trace, { opening: signed, ...keys });
    await noticeAtOpening(db, trace, rules);
    return signed;
  }

  /** Tokens of these identifiers, as far as they have one or the key service gives one at once. */
  async #tokensOf(ids: readonly number[], generation: number): Promise<ReadonlyMap<number, Uint8Array>> {
    const { tokenizer, clock } = this.#options;
    const tokens = await findTokens(this.#options, ids, generation);
    const missing = ids.filter((id) => !tokens.has(id));
    if (missing.length === 0) return tokens;
    const over = new AbortController();
    const late = clock.sleep(DEADLINE_MS, AbortSignal.any([over.signal, this.#stop.signal]));
    void late.then(() => over.abort());
    // Another's attempt may have succeeded where this one fails.
    await tokenizer.hurry(missing, over.signal, generation).catch(() => undefined);
    over.abort();
    return findTokens(this.#options, ids, generation);
  }

  /** A trace that the hub does not know is closed already. */
  async #close(trace: queries.TraceRow): Promise<void> {
    const { db, hub, logger } = this.#options;
    try {
      await hub.close(trace.id, this.#patience());
    } catch (error) {
      if (toAppError(error).code !== 'NOT_FOUND') throw error;
    }
    await queries.markClosed(db, trace.id);
    logger.info({ trace: trace.id }, 'trace closed');
  }

  #patience(): Patience {
    return { deadlineMs: DEADLINE_MS, signal: this.#stop.signal };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#following?.[Symbol.asyncDispose]();
    await this.#loop[Symbol.asyncDispose]();
    await Promise.all(this.#underWay.values());
  }
}
