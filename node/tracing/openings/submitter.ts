/**
 * Brings openings and closings to the hub, at once when there are any and again until the hub has taken them.
 * What is to be sent stands in the database, so a restart loses nothing; what the hub refuses is kept with
 * its reason.
 */
import type { KeyObject } from 'node:crypto';
import type { Clock } from '../../../shared/clock.ts';
import type { Database } from '../../../shared/db/database.ts';
import type { RulePack } from '../../../shared/domain/rule-pack.ts';
import { AppError, isFinalRefusal, isRefusal, toAppError } from '../../../shared/errors.ts';
import { jitteredMs } from '../../../shared/ids.ts';
import type { Logger } from '../../../shared/log.ts';
import { signOpening } from '../../../shared/signed/opening.ts';
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
  readonly clock: Clock;
  readonly logger: Logger;
  readonly hub: HubTraces;
  readonly province: string;
  readonly openingKey: KeyObject;
  readonly tokenizer: { flush(signal: AbortSignal): Promise<void> };
  readonly rulePack: (number: number) => RulePack | undefined;
  readonly pseudonymize: (traceId: string, federationKey: number) => Pseudonymize;
  /** Generation of the federation key for a new trace. Rejects with UNAVAILABLE while there is none. */
  readonly federationKey: () => Promise<number>;
}

const DEADLINE_MS = 5_000;
/** Looks of its own accord: another program may have closed a trace. */
const IDLE_MS = 30_000;
const FIRST_RETRY_MS = 250;
/** A hub that comes back is noticed within this. */
const LONGEST_RETRY_MS = 2_000;
const AT_ONCE = 8;

export class Submitter implements AsyncDisposable {
  readonly #options: SubmitterOptions;
  readonly #stop = new AbortController();
  readonly #underWay = new Map<string, Promise<boolean>>();
  readonly #running: Promise<void>;
  #wake = new AbortController();

  /** At work already. */
  constructor(options: SubmitterOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** Sends what this trace has to send, now; does not wait for others. Failures are retried. */
  submit(traceId: string): void {
    void this.#submit(traceId).then((sent) => {
      if (!sent) this.wake();
    });
  }

  /** Looks now for anything to send. */
  wake(): void {
    this.#wake.abort();
  }

  async #run(): Promise<void> {
    const { clock, logger, db } = this.#options;
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      this.#wake = new AbortController();
      const sent = await queries.listUnsubmitted(db, AT_ONCE * 32).then(
        (ids) => this.#submitAll(ids),
        (err: unknown) => {
          logger.warn({ err }, 'queued traces could not be read');
          return false;
        },
      );
      failures = sent ? 0 : failures + 1;
      const retryMs = jitteredMs(Math.min(FIRST_RETRY_MS * 2 ** failures, LONGEST_RETRY_MS));
      // Woken while nothing gets through, it still waits a moment.
      if (!sent) await clock.sleep(FIRST_RETRY_MS, this.#stop.signal);
      await clock.sleep(sent ? IDLE_MS : retryMs, AbortSignal.any([this.#wake.signal, this.#stop.signal]));
    }
  }

  /** Whether nothing needs to be tried again soon. */
  async #submitAll(ids: readonly string[]): Promise<boolean> {
    const queue = [...ids];
    let sent = true;
    const worker = async () => {
      for (let id = queue.shift(); id !== undefined && !this.#stop.signal.aborted; id = queue.shift()) {
        sent = (await this.#submit(id)) && sent;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return sent;
  }

  /** One task a trace; false if it must be tried again soon. Never rejects. */
  #submit(id: string): Promise<boolean> {
    const known = this.#underWay.get(id);
    if (known !== undefined) return known;
    const task = this.#work(id)
      .catch((err: unknown) => {
        if (!this.#stop.signal.aborted)
          this.#options.logger.warn({ err, trace: id }, 'trace waits for the hub');
        return false;
      })
      .finally(() => this.#underWay.delete(id));
    this.#underWay.set(id, task);
    return task;
  }

  /** Goes on while there is something to send: a correction may come while the hub is asked. */
  async #work(id: string): Promise<boolean> {
    for (;;) {
      const trace = await queries.findTrace(this.#options.db, id);
      if (!trace || trace.closed || (trace.accepted && !trace.closing)) return true;
      const refused = trace.closing ? await this.#close(trace) : await this.#open(trace);
      if (refused) return true;
    }
  }

  /** Whether the hub refused. */
  async #open(trace: queries.TraceRow): Promise<boolean> {
    const { db, hub, logger } = this.#options;
    try {
      await hub.open(trace.opening ?? (await this.#sign(trace)), this.#patience());
      await queries.markAccepted(db, trace);
      logger.info({ trace: trace.id, revision: trace.revision }, 'trace opened');
      return false;
    } catch (error) {
      const refusal = toAppError(error);
      // A limit may be over soon: it is shown, and asked again.
      if (isRefusal(refusal) && !isFinalRefusal(refusal))
        await queries.markRefused(db, trace, refusal.reason);
      if (!isFinalRefusal(refusal)) throw error;
      const { reason } = refusal;
      if (reason === 'TRACE_CLOSED') await queries.markClosed(db, trace.id);
      else await queries.markRefused(db, trace, reason);
      logger.warn({ trace: trace.id, revision: trace.revision, reason }, 'the hub refused the trace');
      return true;
    }
  }

  async #sign(trace: queries.TraceRow): Promise<string> {
    const { db, province, openingKey, rulePack, pseudonymize } = this.#options;
    const federationKey = trace.federation_key ?? (await this.#options.federationKey());
    const rules = rulePack(trace.rules);
    if (!rules) throw new AppError('UNAVAILABLE', 'NO_RULES', 'the rules of the trace are not here');
    const cases = await this.#indexCases(trace.id);
    const pseudonymizeHere = pseudonymize(trace.id, federationKey);
    const parts = { province, rules, cases, federationKey, pseudonymize: pseudonymizeHere };
    const opening = makeOpening(trace, parts);
    const signed = await signOpening(opening, openingKey);
    // Stored before it is sent: the hub refuses a second text of the same revision.
    await queries.storeOpening(db, trace, { opening: signed, federationKey });
    return signed;
  }

  async #indexCases(traceId: string): Promise<queries.IndexRow[]> {
    const { db, tokenizer, clock } = this.#options;
    const cases = await queries.listIndexCases(db, traceId);
    if (cases.every((found) => found.token)) return cases;
    const patience = new AbortController();
    void clock.sleep(DEADLINE_MS, this.#stop.signal).then(() => patience.abort());
    // Even if others still wait for a token, these may have theirs.
    await tokenizer.flush(patience.signal).catch(() => undefined);
    return queries.listIndexCases(db, traceId);
  }

  /** Whether the hub refused; a trace that it does not know is closed already. */
  async #close(trace: queries.TraceRow): Promise<boolean> {
    const { db, hub, logger } = this.#options;
    try {
      await hub.close(trace.id, this.#patience());
    } catch (error) {
      if (toAppError(error).code !== 'NOT_FOUND') throw error;
    }
    await queries.markClosed(db, trace.id);
    logger.info({ trace: trace.id }, 'trace closed');
    return false;
  }

  #patience(): Patience {
    return { deadlineMs: DEADLINE_MS, signal: this.#stop.signal };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await Promise.all(this.#underWay.values());
  }
}
