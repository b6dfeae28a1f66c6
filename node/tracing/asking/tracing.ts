/**
 * Puts the pieces of tracing together: memory loaded, a new incarnation begun, the change feed and the
 * reporter at work. The only constructor of this feature; node/app.ts calls it.
 */
import type { RefusalLog } from '../../../shared/audit/refusals.ts';
import type { Clock } from '../../../shared/clock.ts';
import type { Database } from '../../../shared/db/database.ts';
import type { RulePack } from '../../../shared/domain/rule-pack.ts';
import type { Logger } from '../../../shared/log.ts';
import type { VerifiedWarrants } from '../../../shared/signed/opening-cache.ts';
import { AskedQuestions } from './asked-questions.ts';
import { ChangeFeed } from './change-feed.ts';
import type { ChangeSink } from './changes.ts';
import { TraceCiphers } from './ciphers.ts';
import { IdentifierIndex } from './identifier-index.ts';
import type { TracingCtx } from './operations.ts';
import * as queries from './queries.ts';
import { type Report, StatusReporter } from './status-reporter.ts';

/**
 * Questions are answered from indexes whatever the planner's statistics say: an import that has just tripled
 * a table must not turn a trace into a scan of it (promise 7).
 */
export const TRACE_PLANNER = {
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  max_parallel_workers_per_gather: '0',
};

export interface TracingOptions {
  readonly db: Database;
  readonly traceDb: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly province: string;
  /** The 32 bytes of a generation. Throws FEDERATION_KEY_MISSING, FEDERATION_KEY_UNKNOWN. */
  federationKey(generation: number): Uint8Array;
  readonly warrants: VerifiedWarrants;
  readonly refusals: RefusalLog;
  onRevoked: TracingCtx['onRevoked'];
  flushTokens(signal: AbortSignal): Promise<void>;
  rulePack(number: number): Promise<RulePack>;
  rulesInForceAt(at: number): number | undefined;
  /** Sends a status report to the hub. */
  report(report: Report, signal: AbortSignal): Promise<{ nextInMs: number }>;
}

export interface Tracing extends AsyncDisposable {
  readonly ctx: TracingCtx;
  /** Where writers report committed changes. */
  readonly changes: ChangeSink;
  /** Keeps nothing that was derived from these generations of the federation key. */
  forgetKeys(generations: readonly number[]): void;
  /** Identifiers that have got their tokens: resolves when they are in memory. */
  tokenized(identifierIds: readonly number[]): Promise<void>;
}

/** Loads the memory (seconds for ten million identifiers) and begins a new incarnation. */
export async function createTracing(options: TracingOptions): Promise<Tracing> {
  const { db, clock, logger, province } = options;
  const incarnation = await queries.beginIncarnation(db, clock.nowMs());
  const rows = await queries.readIdentifiers(db, province);
  const index = new IdentifierIndex(rows.id.length);
  index.put(rows, await queries.readLinks(db));
  const asked = new AskedQuestions();
  let reporter: StatusReporter | undefined;
  const changes = new ChangeFeed({
    db,
    clock,
    logger,
    province,
    index,
    asked,
    onTouched: (questions) => reporter?.touched(questions),
  });
  changes.dataAt = await queries.findDataAt(db);
  reporter = new StatusReporter({ db, clock, logger, incarnation, changes, asked, send: options.report });
  const ciphers = new TraceCiphers(options.federationKey);
  const ctx: TracingCtx = {
    ...options,
    incarnation,
    index,
    asked,
    changes,
    cipherOf: (traceId, generation) => ciphers.of(traceId, generation),
  };
  return {
    ctx,
    changes,
    forgetKeys: (generations) => ciphers.forget(generations),
    tokenized: async (ids) => {
      const before = changes.dataAt;
      changes.identifiersChanged(ids);
      changes.dataAt = before;
      await changes.settled();
    },
    [Symbol.asyncDispose]: () => reporter[Symbol.asyncDispose](),
  };
}
