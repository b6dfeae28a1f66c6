/**
 * What the hub may ask of a node under a warrant that was admitted. Nothing is read before the question's
 * size and windows, the warrant's expiry and the budgets have been checked, and no answer leaves before it is
 * on the record.
 */
import { HUB_ACTOR } from '../../../shared/audit/actors.ts';
import type { RefusalLog } from '../../../shared/audit/refusals.ts';
import { traceSubject } from '../../../shared/audit/subjects.ts';
import { type Clock, nowSeconds } from '../../../shared/clock.ts';
import type { Database } from '../../../shared/db/database.ts';
import type { RulePack } from '../../../shared/domain/rule-pack.ts';
import { AppError, invalidField } from '../../../shared/errors.ts';
import { type AnswerHeader, encodeAnswer } from '../../../shared/grpc/trace-messages.ts';
import type { Logger } from '../../../shared/log.ts';
import { questionOutside } from '../../../shared/signed/opening-rules.ts';
import { federationKeyOf } from '../../../shared/signed/opening-shape.ts';
import {
  MET_PER_QUESTION,
  PROTOCOL,
  type TraceQuestion,
  WHO_PER_QUESTION,
} from '../../../shared/trace/messages.ts';
import type { Tokenizer } from '../../records/people/operations.ts';
import { type AdmissionCtx, type AdmittedTrace, indexOf } from './admission.ts';
import { type BuiltAnswer, buildAnswer, type LocalQuestion } from './answer.ts';
import { deleteAsked, deleteCounts } from './asked-queries.ts';
import type { AskedQuestions } from './asked-questions.ts';
import { beginAsking, recordAnswer } from './asking.ts';
import type { Changes } from './changes.ts';
import type { IdentifierIndexes } from './identifier-indexes.ts';
import * as queries from './queries.ts';

export interface TracingCtx extends AdmissionCtx {
  readonly db: Database;
  /** A pool of its own, whose planner is held to index scans: the trace must not wait for imports. */
  readonly traceDb: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly province: string;
  readonly incarnation: number;
  readonly indexes: IdentifierIndexes;
  readonly asked: AskedQuestions;
  readonly changes: Changes;
  readonly refusals: RefusalLog;
  /** Calls back when a province is revoked; returns how to stop that. */
  onRevoked(listener: (province: string) => void): () => void;
  /** What has no token. */
  readonly tokens: Pick<Tokenizer, 'flush' | 'soon'>;
  /** Called when an answer leaves identifiers out. */
  onLeftOut(): void;
}

/** Whether a trace that is not over, by its opening, can ask about anything in an interval. */
export const { isAskedAbout } = queries;

/** Deletes what was asked in a trace, and under which openings; how many questions. */
export const eraseAsked = deleteAsked;

/** Deletes how much was asked in the hours and days before an instant (epoch seconds). */
export const eraseCounts = deleteCounts;

/** A trace on a stream, and what the asker reads: the step of the protocol in which it is answered. */
export interface AskedTrace extends AdmittedTrace {
  readonly protocol: number;
}

/**
 * The encoded answer to one question, from one state of the data; on the record, as is a refusal. Throws
 * INVALID_ARGUMENT QUESTION_TOO_LARGE; PERMISSION_DENIED NO_WARRANT, QUESTION_OUTSIDE_OPENING,
 * OPENING_EXPIRED, WARRANT_EXPIRED; FAILED_PRECONDITION OPRF_KEY_CHANGED, KEY_GENERATION_MISMATCH;
 * UNAVAILABLE TOKENS_PENDING; and as `beginAsking`.
 */
export function answerQuestion(
  ctx: TracingCtx,
  trace: AskedTrace | undefined,
  question: TraceQuestion,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { seq } = question;
  const [who, met] = [question.who.length / 16, question.met.length / 16];
  const { trace_id: id, province = null } = trace?.opening ?? {};
  const detail = { seq, who, met, province };
  const on = traceSubject(id);
  const attempt = { action: 'question.refused', actor: HUB_ACTOR, on, detail } as const;
  return ctx.refusals.recording(answerAllowed(ctx, trace, question, signal), () => attempt);
}

async function answerAllowed(
  ctx: TracingCtx,
  trace: AskedTrace | undefined,
  question: TraceQuestion,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (!trace) throw denied('NO_WARRANT', 'a question before a warrant');
  // A stream may outlast the hub's key.
  ctx.oprfKeys.demand();
  checkAllowed(trace, question, nowSeconds(ctx.clock));
  const { trace_id: traceId, rules, expires_at: expiresAt } = trace.opening;
  const [asking, pack] = await Promise.all([beginAsking(ctx, trace, question), ctx.rulePack(rules)]);
  const cipher = ctx.cipherOf(traceId, federationKeyOf(trace.opening));
  const who = cipher.tokensOf(question.who);
  const met = cipher.tokensOf(question.met);
  // From here on a change of data that touches this question is noted; what changed before is read below.
  ctx.asked.note({ id: traceId, expiresAt }, { ...question, who, met });
  const pendingIdentifiers = await readTokens(ctx, trace.protocol, signal);
  const tokens = { question, who, met };
  const { generation } = trace.opening;
  const terms = { id: traceId, expiresAt, generation, protocol: trace.protocol };
  const read = { ...terms, rules: pack, pendingIdentifiers };
  const { built, header } = await readAnswer(ctx, tokens, read);
  const { answer } = built;
  const records = { ...answer.records, tags: cipher.tagsOf(built.handles, built.births) };
  const body = encodeAnswer({ ...answer, records, named: cipher.pseudonymsOf(answer.named) }, header);
  const [known, events] = [answer.known.length, answer.eventOf.length];
  await recordAnswer(ctx, asking, {
    ...{ who: who.length / 16, met: met.length / 16, known, events, bytes: body.length },
  });
  return body;
}

/**
 * Takes into memory who has a token by now; how many have none. A hub that reads protocol 1 would not hear
 * that they are left out: it waits.
 */
async function readTokens(ctx: TracingCtx, protocol: number, signal: AbortSignal): Promise<number> {
  if (protocol === PROTOCOL.links) {
    await ctx.changes.settled(await ctx.tokens.flush(signal));
    return 0;
  }
  const { count, lastEvent } = await ctx.tokens.soon(signal);
  if (count > 0) ctx.onLeftOut();
  await ctx.changes.settled(lastEvent);
  return count;
}

/** A question whose pseudonyms have been turned into packed tokens. */
interface TokenQuestion {
  readonly question: TraceQuestion;
  readonly who: Uint8Array;
  readonly met: Uint8Array;
}

/** How, and for which trace, an answer is read. */
interface ReadTerms {
  readonly id: string;
  readonly expiresAt: number;
  /** Of the key service's key behind the tokens of the trace. */
  readonly generation: number;
  readonly rules: RulePack;
  readonly protocol: number;
  readonly pendingIdentifiers: number;
}

/**
 * Reads until the answer is of one state of the data: a change that touched what the answer names, before it
 * was noted that it names them, would go unseen. Such a change makes it read again; then the names are noted
 * already.
 */
async function readAnswer(
  ctx: TracingCtx,
  { question, who, met }: TokenQuestion,
  trace: ReadTerms,
): Promise<{ built: BuiltAnswer; header: AnswerHeader }> {
  for (;;) {
    const { dataVersion, dataAt } = ctx.changes;
    const index = indexOf(ctx, trace);
    const local = { question, who: index.idsOf(who), met: index.idsOf(met) };
    const events = await findEvents(ctx, local, trace.rules);
    const built = buildAnswer(index, local, events, trace.protocol);
    const namedBefore = ctx.asked.noteNamed(trace, question.seq, built.answer.named);
    ctx.asked.noteLeftOut(trace, question.seq, built.leftOut);
    const { pendingIdentifiers } = trace;
    const header = { incarnation: ctx.incarnation, dataVersion, dataAt, pendingIdentifiers };
    if (namedBefore || (ctx.changes.dataVersion === dataVersion && !ctx.changes.isApplying))
      return { built, header };
    await ctx.changes.settled();
  }
}

function checkAllowed(
  { opening, warrant, askable }: AdmittedTrace,
  question: TraceQuestion,
  now: number,
): void {
  // A stream may outlast what it was opened under.
  if (opening.expires_at <= now) throw denied('OPENING_EXPIRED', 'opening: expired');
  if (warrant.expires_at <= now) throw denied('WARRANT_EXPIRED', 'warrant: expired');
  if (question.who.length > WHO_PER_QUESTION * 16) throw tooLarge('who', WHO_PER_QUESTION);
  if (question.met.length > MET_PER_QUESTION * 16) throw tooLarge('met', MET_PER_QUESTION);
  const from = question.metFrom.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const until = question.metUntil.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  if (questionOutside(askable, { from, until }))
    throw denied('QUESTION_OUTSIDE_OPENING', 'met: a window outside the opening');
}

type DeniedReason = 'NO_WARRANT' | 'OPENING_EXPIRED' | 'WARRANT_EXPIRED' | 'QUESTION_OUTSIDE_OPENING';

function denied(reason: DeniedReason, message: string): AppError {
  return new AppError('PERMISSION_DENIED', reason, message);
}

function tooLarge(field: string, most: number): AppError {
  return invalidField(field, 'TOO_MANY', { most }, 'QUESTION_TOO_LARGE');
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
