/**
 * What the hub may do at a node: present a warrant, ask under it, deliver contacts. Nothing is read before
 * both signatures, the trace's revisions, its windows and its budget have been checked.
 */
import { type Opening, readAdmittedOpening, type WarrantPair } from '../../shared/auth/opening.ts';
import type { VerifiedWarrants } from '../../shared/auth/opening-cache.ts';
import {
  type AskableOpening,
  admitOpening,
  joinOpenings,
  questionOutside,
} from '../../shared/auth/opening-rules.ts';
import type { Warrant } from '../../shared/auth/opening-shape.ts';
import { type Clock, nowSeconds } from '../../shared/clock.ts';
import type { Database } from '../../shared/db/database.ts';
import type { RulePack } from '../../shared/domain/rule-pack.ts';
import { AppError } from '../../shared/errors.ts';
import { type AnswerHeader, encodeAnswer } from '../../shared/grpc/trace-messages.ts';
import type { Logger } from '../../shared/log.ts';
import type { TraceCipher } from '../../shared/pseudonym/trace-cipher.ts';
import type { TraceAnswer, TraceQuestion } from '../../shared/trace/messages.ts';
import { buildAnswer, type LocalQuestion } from './answer.ts';
import type { AskedQuestions } from './asked-questions.ts';
import type { ChangeFeed } from './change-feed.ts';
import type { IdentifierIndex } from './identifier-index.ts';
import * as queries from './queries.ts';

export interface TracingCtx {
  readonly db: Database;
  /** A pool of its own, whose planner is held to index scans: the trace must not wait for imports. */
  readonly traceDb: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly province: string;
  readonly incarnation: number;
  readonly index: IdentifierIndex;
  readonly asked: AskedQuestions;
  readonly changes: ChangeFeed;
  readonly warrants: VerifiedWarrants;
  cipherOf(traceId: string): TraceCipher;
  /** Resolves when every identifier held has its token. */
  flushTokens(signal: AbortSignal): Promise<void>;
  /** The pack of a number, pulled from the hub if it is new. Throws FAILED_PRECONDITION RULES_UNKNOWN. */
  rulePack(number: number): Promise<RulePack>;
}

/**
 * A trace that this node answers under verified signatures; lasts as long as the stream that presented them.
 */
export interface AdmittedTrace {
  readonly opening: Opening;
  readonly warrant: Warrant;
  /** What all admitted revisions together may ask. */
  readonly askable: AskableOpening;
  /** What has been asked in all, each question once. */
  readonly asked: { questions: number; persons: number };
}

/**
 * Accepts the warrant of a trace, a new one or one known. Throws what `verifyWarrant` and `admitOpening`
 * throw.
 */
export async function admitWarrant(ctx: TracingCtx, pair: WarrantPair): Promise<AdmittedTrace> {
  const { opening, warrant } = await ctx.warrants.verify(pair, nowSeconds(ctx.clock));
  const revisions = await queries.listAdmittedOpenings(ctx.db, opening.trace_id);
  if (!revisions.some((r) => r.opening === pair.opening)) {
    admitOpening(revisions.at(-1), { opening, jws: pair.opening });
    const { revision, province, expires_at: expiresAt } = opening;
    const row = { revision, province, opening: pair.opening, expiresAt };
    await queries.insertAdmittedOpening(ctx.db, opening.trace_id, row);
  }
  const earlier = revisions.map((r) => readAdmittedOpening(r.opening));
  const askable = earlier.reduce<AskableOpening>(joinOpenings, opening);
  return { opening, warrant, askable, asked: await queries.sumAsked(ctx.db, opening.trace_id) };
}

/**
 * The opening under which contacts are delivered. It is checked and not accepted: the hub presents every
 * revision, in order, before it asks; one that came with a delivery ahead of them would make those before it
 * look replayed. Throws what `verifyWarrant` and `admitOpening` throw.
 */
export async function verifyDeliveryWarrant(ctx: TracingCtx, pair: WarrantPair): Promise<Opening> {
  const { opening } = await ctx.warrants.verify(pair, nowSeconds(ctx.clock));
  const revisions = await queries.listAdmittedOpenings(ctx.db, opening.trace_id);
  if (!revisions.some((r) => r.opening === pair.opening))
    admitOpening(revisions.at(-1), { opening, jws: pair.opening });
  return opening;
}

/**
 * The encoded answer to one question, from one state of the data. Throws PERMISSION_DENIED
 * QUESTION_OUTSIDE_OPENING, RESOURCE_EXHAUSTED TRACE_BUDGET, UNAVAILABLE TOKENS_PENDING, FAILED_PRECONDITION
 * RULES_UNKNOWN.
 */
export async function answerQuestion(
  ctx: TracingCtx,
  trace: AdmittedTrace,
  question: TraceQuestion,
  signal: AbortSignal,
): Promise<Uint8Array> {
  checkAllowed(trace, question);
  const { trace_id: traceId, rules, expires_at: expiresAt } = trace.opening;
  const cipher = ctx.cipherOf(traceId);
  const who = cipher.tokensOf(question.who);
  const met = cipher.tokensOf(question.met);
  // From here on a change of data that touches this question is noted; what changed before is read below.
  ctx.asked.note({ id: traceId, expiresAt }, { ...question, who, met });
  const [pack] = await Promise.all([ctx.rulePack(rules), ctx.flushTokens(signal)]);
  const tokens = { question, who, met };
  const { answer, header } = await readAnswer(ctx, tokens, { id: traceId, expiresAt, rules: pack });
  const body = encodeAnswer({ ...answer, named: cipher.pseudonymsOf(answer.named) }, header);
  await queries.insertAnsweredQuestion(ctx.db, {
    traceId,
    seq: question.seq,
    whoCount: who.length / 16,
    metCount: met.length / 16,
    knownCount: answer.known.length,
    eventCount: answer.eventOf.length,
    answerBytes: body.length,
  });
  return body;
}

/** A question whose pseudonyms have been turned into packed tokens. */
interface TokenQuestion {
  readonly question: TraceQuestion;
  readonly who: Uint8Array;
  readonly met: Uint8Array;
}

/**
 * Reads until the answer is of one state of the data: a change that touched what the answer names, before it
 * was noted that it names them, would go unseen. Such a change makes it read again; then the names are noted
 * already.
 */
async function readAnswer(
  ctx: TracingCtx,
  { question, who, met }: TokenQuestion,
  trace: { id: string; expiresAt: number; rules: RulePack },
): Promise<{ answer: TraceAnswer; header: AnswerHeader }> {
  for (;;) {
    await ctx.changes.settled();
    const { dataVersion, dataAt } = ctx.changes;
    const local = { question, who: ctx.index.idsOf(who), met: ctx.index.idsOf(met) };
    const answer = buildAnswer(ctx.index, local, await findEvents(ctx, local, trace.rules));
    const namedBefore = ctx.asked.noteNamed(trace, question.seq, answer.named);
    const header = { incarnation: ctx.incarnation, dataVersion, dataAt };
    if (namedBefore || (ctx.changes.dataVersion === dataVersion && ctx.changes.isSettled))
      return { answer, header };
  }
}

function checkAllowed(trace: AdmittedTrace, question: TraceQuestion): void {
  const asked = {
    from: question.metFrom.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    until: question.metUntil.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
  };
  if (question.metFrom.length > 0 && questionOutside(trace.askable, asked)) {
    throw new AppError('PERMISSION_DENIED', 'QUESTION_OUTSIDE_OPENING', 'met: a window outside the opening');
  }
  trace.asked.questions++;
  trace.asked.persons += (question.who.length + question.met.length) / 16;
  const { questions, persons } = trace.warrant.budget;
  if (trace.asked.questions > questions || trace.asked.persons > persons) {
    throw new AppError(
      'RESOURCE_EXHAUSTED',
      'TRACE_BUDGET',
      'the trace has asked more than its warrant allows',
    );
  }
}

const NO_EVENTS: queries.MetColumns = {
  row: new Int32Array(),
  other: new Int32Array(),
  from: new Float64Array(),
  until: new Float64Array(),
  setting: new Int32Array(),
};

/** Asks the database only about identifiers that the node holds; mostly it holds none. */
async function findEvents(
  ctx: TracingCtx,
  local: LocalQuestion,
  rules: RulePack,
): Promise<queries.MetColumns> {
  const rows: number[] = [];
  for (let i = 0; i < local.met.length; i++) if ((local.met[i] as number) >= 0) rows.push(i);
  if (rows.length === 0) return NO_EVENTS;
  const { metFrom, metUntil } = local.question;
  const asked = {
    row: rows,
    id: rows.map((i) => local.met[i] as number),
    from: rows.map((i) => metFrom[i] as number),
    until: rows.map((i) => metUntil[i] as number),
  };
  return queries.findContactEvents(ctx.traceDb, asked, rules);
}
