/**
 * Whether one more question may be asked, and that it was: budgets of the trace and of the province that
 * opened it, a number that keeps its question, and the record of the answer. Before the data is read the
 * answer is a guess that spares the work; what counts is decided as the answer is recorded, in one
 * transaction.
 */
import { HUB_ACTOR } from '../../../shared/audit/actors.ts';
import { recordAudit } from '../../../shared/audit/record.ts';
import type { Clock } from '../../../shared/clock.ts';
import { nowSeconds } from '../../../shared/clock.ts';
import { type Database, withTransaction } from '../../../shared/db/database.ts';
import { AppError } from '../../../shared/errors.ts';
import { encodeQuestion, questionSha256 } from '../../../shared/grpc/trace-messages.ts';
import type { TraceQuestion } from '../../../shared/trace/messages.ts';
import { budgetOf, periodsAt } from '../../federation/budgets/operations.ts';
import { type Budget, overBudget } from '../../federation/budgets/rules.ts';
import type { AdmittedTrace } from './admission.ts';
import * as queries from './asked-queries.ts';

export interface AskingCtx {
  /** The trace's own pool: recording an answer must not wait for imports. */
  readonly traceDb: Database;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/** A question on its way to an answer. */
export interface Asking {
  readonly asked: queries.CountedQuestion;
  readonly trace: AdmittedTrace;
  readonly budget: Budget;
}

/** Size of an answer, as it is put on record. */
export interface AnswerSize {
  readonly who: number;
  readonly met: number;
  readonly known: number;
  readonly events: number;
  readonly bytes: number;
}

/**
 * Lets a question through to the data. Throws PERMISSION_DENIED QUESTION_REPLACED (its number was another
 * question's); FAILED_PRECONDITION TRACE_CLOSED (this province opened the trace and has closed it);
 * RESOURCE_EXHAUSTED TRACE_BUDGET, PROVINCE_BUDGET.
 */
export async function beginAsking(
  ctx: AskingCtx,
  trace: AdmittedTrace,
  question: TraceQuestion,
): Promise<Asking> {
  const { province, trace_id: traceId } = trace.opening;
  const asked = {
    ...{ traceId, province, seq: question.seq, ...periodsAt(nowSeconds(ctx.clock)) },
    sha256: questionSha256(encodeQuestion(question)),
    persons: (question.who.length + question.met.length) / 16,
  };
  const [earlier, counts, budget] = await Promise.all([
    queries.findEarlier(ctx.traceDb, asked),
    queries.listCounts(ctx.traceDb, asked),
    budgetOf(ctx.traceDb, province),
  ]);
  if (earlier.closed) throw new AppError('FAILED_PRECONDITION', 'TRACE_CLOSED', 'the trace is closed');
  if (earlier.sha256) checkSameQuestion(asked, earlier.sha256);
  else checkBudgets({ trace, budget, asked }, counts, asked);
  return { trace, budget, asked };
}

/**
 * Counts a question and puts its answer on record, in one transaction; a question that was answered before is
 * not counted again. Throws as `beginAsking`: then nothing is counted, and the answer must not leave.
 */
export function recordAnswer(ctx: AskingCtx, asking: Asking, size: AnswerSize): Promise<void> {
  const { asked } = asking;
  const detail = {
    ...{ seq: asked.seq, question_sha256: Buffer.from(asked.sha256).toString('hex') },
    ...{ who: size.who, met: size.met, known: size.known, events: size.events },
    ...{ answer_bytes: size.bytes, province: asked.province },
  };
  const entry = { action: 'question.answered', actor: HUB_ACTOR, outcome: 'done', detail } as const;
  return withTransaction(ctx.traceDb, async (tx) => {
    const [counted] = await Promise.all([
      queries.countQuestion(tx, asked),
      recordAudit(tx, { ...entry, on: [{ trace: asked.traceId }] }, nowSeconds(ctx.clock)),
    ]);
    const [first] = counted;
    if (!first) throw new Error('nothing was counted');
    checkSameQuestion(asked, first.sha256);
    if (first.answers === 1) checkBudgets(asking, counted, NOTHING);
  });
}

function checkSameQuestion(asked: queries.CountedQuestion, sha256: Uint8Array): void {
  if (Buffer.compare(asked.sha256, sha256) === 0) return;
  const message = 'question: its number was given to another question of this trace';
  throw new AppError('PERMISSION_DENIED', 'QUESTION_REPLACED', message);
}

const NOTHING = { questions: 0, persons: 0 };

/** `more` is what the counts do not hold yet. */
function checkBudgets(
  { trace, budget, asked }: Asking,
  counts: readonly queries.CountRow[],
  more: { readonly persons: number; readonly questions?: number },
): void {
  const add = more.questions ?? 1;
  const sum = (period: queries.CountPeriod) => {
    const { questions, persons } = counts.find((count) => count.period === period) ?? NOTHING;
    return { questions: questions + add, persons: persons + more.persons };
  };
  const inTrace = sum('trace');
  const { questions, persons } = trace.warrant.budget;
  if (inTrace.questions > questions || inTrace.persons > persons) {
    const message = 'the trace has asked more than its warrant allows';
    throw new AppError('RESOURCE_EXHAUSTED', 'TRACE_BUDGET', message);
  }
  const limit = overBudget(budget, sum('hour'), sum('day'));
  if (limit === undefined) return;
  const message = `the budget of province ${asked.province} at this node is used up: ${limit}`;
  throw new AppError('RESOURCE_EXHAUSTED', 'PROVINCE_BUDGET', message, {
    params: { province: asked.province, limit },
  });
}
