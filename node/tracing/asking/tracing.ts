/**
 * Puts the pieces of tracing together: memory loaded, a new incarnation begun, the change feed and the
 * reporter at work. The only constructor of this feature; node/app.ts calls it.
 */
import type { Registry } from 'prom-client';
import type { RefusalLog } from '../../../shared/audit/refusals.ts';
import type { Clock } from '../../../shared/clock.ts';
import type { Database } from '../../../shared/db/database.ts';
import type { RulePack } from '../../../shared/domain/rule-pack.ts';
import type { Feed } from '../../../shared/feed/feed.ts';
import type { Logger } from '../../../shared/log.ts';
import type { LoopWatch } from '../../../shared/loop.ts';
import type { VerifiedWarrants } from '../../../shared/signed/opening-cache.ts';
import type { OprfKeys } from '../../federation/oprf-keys/operations.ts';
import type { Tokenizer } from '../../records/people/operations.ts';
import { openTokens } from '../../records/people/operations.ts';
import type { SealerSource } from '../../sealing/data-keys.ts';
import { AskedQuestions, type TouchedQuestion } from './asked-questions.ts';
import { Changes } from './changes.ts';
import { TraceCiphers } from './ciphers.ts';
import { measureAsked } from './figures.ts';
import { IdentifierIndexes } from './identifier-indexes.ts';
import type { TracingCtx } from './operations.ts';
import * as queries from './queries.ts';
import { type Report, type ReportAnswer, StatusReporter } from './status-reporter.ts';
import { TokenProgress } from './token-progress.ts';

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
  readonly dataKeys: SealerSource;
  readonly traceDb: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly province: string;
  /** The 32 bytes of a generation. Throws FEDERATION_KEY_MISSING, FEDERATION_KEY_UNKNOWN. */
  federationKey(generation: number): Uint8Array;
  readonly warrants: VerifiedWarrants;
  readonly refusals: RefusalLog;
  onRevoked: TracingCtx['onRevoked'];
  /** What has no token, and who waits for it. */
  readonly tokens: Pick<Tokenizer, 'flush' | 'soon' | 'look'>;
  /** Whether the hub has the pinned OPRF key. */
  readonly oprfKeys: Pick<OprfKeys, 'demand' | 'refusal'>;
  readonly feed: Feed;
  readonly watch?: LoopWatch | undefined;
  rulePack(number: number): Promise<RulePack>;
  rulesInForceAt(at: number): number | undefined;
  /** Sends a status report to the hub. */
  report(report: Report, signal: AbortSignal): Promise<ReportAnswer>;
  /** Where the figures of what is kept in memory go. */
  readonly metrics?: Registry;
}

export interface Tracing extends AsyncDisposable {
  readonly ctx: TracingCtx;
  /** Keeps nothing that was derived from these generations of the federation key. */
  forgetKeys(generations: readonly number[]): void;
}

/** Loads the memory (seconds for ten million identifiers) and begins a new incarnation. */
export async function createTracing(options: TracingOptions): Promise<Tracing> {
  const { db, clock, feed, province } = options;
  const incarnation = await queries.beginIncarnation(db, clock.nowMs());
  const indexes = new IdentifierIndexes();
  const asked = new AskedQuestions();
  if (options.metrics) measureAsked(options.metrics, () => asked.figures);
  let reporter: StatusReporter | undefined;
  const onTouched = (questions: readonly TouchedQuestion[]) => reporter?.touched(questions);
  const onTokenized = async () => reporter?.tokenized();
  const tokens = await openTokens(options);
  const changes = await Changes.start({ db, tokens, feed, province, indexes, asked, onTouched, onTokenized });
  changes.dataAt = await queries.findDataAt(db);
  const progress = new TokenProgress({ look: () => options.tokens.look(), changes });
  const refusal = () => options.oprfKeys.refusal;
  const generations = () => indexes.generations;
  const reporting = { incarnation, changes, asked, tokens: progress, refusal, generations };
  reporter = new StatusReporter({ ...options, ...reporting, send: options.report });
  const ciphers = new TraceCiphers(options.federationKey);
  const ctx: TracingCtx = {
    ...options,
    ...{ incarnation, indexes, asked, changes },
    onLeftOut: () => progress.await(),
    cipherOf: (traceId, generation) => ciphers.of(traceId, generation),
  };
  return {
    ctx,
    forgetKeys: (generations) => ciphers.forget(generations),
    [Symbol.asyncDispose]: async () => {
      await changes[Symbol.asyncDispose]();
      await reporter[Symbol.asyncDispose]();
    },
  };
}
