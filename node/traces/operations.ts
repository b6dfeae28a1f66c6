/**
 * Opening, watching and closing traces of this province, and reading the contacts that it is responsible for.
 * What the hub has to hear is stored first and sent by the submitter.
 */
import { createHash } from 'node:crypto';
import { type Clock, nowSeconds } from '../../shared/clock.ts';
import { type Database, type Transaction, withTransaction } from '../../shared/db/database.ts';
import type { Direction } from '../../shared/domain/rule-pack.ts';
import { AppError, type FieldError, invalidField, toAppError } from '../../shared/errors.ts';
import { newTraceId } from '../../shared/ids.ts';
import type { RuleBook } from '../rules/operations.ts';
import * as contacts from './contacts-queries.ts';
import * as queries from './queries.ts';
import type { HubStatus, TraceStatus } from './status.ts';
import type { HubTraces } from './submitter.ts';

export type { ContactRow } from './contacts-queries.ts';
export type { TraceCursor } from './queries.ts';
export type { TraceStatus } from './status.ts';

export interface TracesContext {
  readonly db: Database;
  readonly clock: Clock;
  readonly province: string;
  readonly rules: Pick<RuleBook, 'inForce'>;
  readonly hub: Pick<HubTraces, 'status'>;
  readonly submitter: { submit(traceId: string): void };
  /** Aborts when the program stops. */
  readonly stopping: AbortSignal;
}

export interface TraceRequest {
  readonly cases: readonly string[];
  readonly direction: Direction;
  readonly maxDegree?: number | undefined;
  /** Epoch seconds; now unless told. */
  readonly asOf?: number | undefined;
  /** The caller's key for this request, and the caller's subject: keys of two callers are not the same. */
  readonly idempotency?: { readonly key: string; readonly subject: string } | undefined;
}

/** How long a reader waits for the hub before it gets what is known here. */
const STATUS_DEADLINE_MS = 1_000;

/**
 * Stores a queued trace and has it sent; the answer is its id. The same idempotency key with the same request
 * gives the same id. Throws NOT_FOUND NO_SUCH_CASE, FAILED_PRECONDITION CASE_WITHDRAWN, NO_RULES_IN_FORCE,
 * IDEMPOTENCY_KEY_REUSED; INVALID_FIELD.
 */
export async function openTrace(ctx: TracesContext, request: TraceRequest): Promise<string> {
  const idempotency = request.idempotency && {
    key: `${request.idempotency.subject} ${request.idempotency.key}`,
    digest: digestOf(request),
  };
  const earlier = idempotency && (await queries.findTraceByKey(ctx.db, idempotency.key));
  if (earlier) return sameRequest(earlier, idempotency);
  const rules = ctx.rules.inForce();
  const maxDegree = request.maxDegree ?? rules.max_degree;
  if (maxDegree > rules.max_degree)
    throw invalidField('max_degree', `more than ${rules.max_degree}, the rules' limit`);
  const { cases, direction } = request;
  const trace = {
    ...{ id: newTraceId(), cases, direction, maxDegree, idempotency },
    asOf: request.asOf ?? nowSeconds(ctx.clock),
    rules: rules.number,
  };
  const stored = await withTransaction(ctx.db, async (tx) => {
    await checkCases(tx, cases);
    return queries.insertTrace(tx, trace);
  });
  if (!stored && idempotency) {
    return sameRequest(await queries.findTraceByKey(ctx.db, idempotency.key), idempotency);
  }
  ctx.submitter.submit(trace.id);
  return trace.id;
}

function digestOf({ cases, direction, maxDegree, asOf }: TraceRequest): string {
  const text = JSON.stringify([cases, direction, maxDegree ?? null, asOf ?? null]);
  return createHash('sha256').update(text).digest('hex');
}

function sameRequest(earlier: queries.TraceRow | undefined, { digest }: { digest: string }): string {
  if (earlier?.request_digest === digest) return earlier.id;
  const message = 'idempotency-key: was used for another request';
  const details = [{ field: 'idempotency-key', reason: 'was used for another request' }];
  throw new AppError('FAILED_PRECONDITION', 'IDEMPOTENCY_KEY_REUSED', message, { details });
}

async function checkCases(tx: Transaction, cases: readonly string[]): Promise<void> {
  const states = new Map((await queries.listCaseStates(tx, cases)).map((found) => [found.id, found]));
  const problems = (reason: string, wrong: (id: string) => boolean): FieldError[] =>
    cases.flatMap((id, i) => (wrong(id) ? [{ field: `cases[${i}]`, reason }] : []));
  const unknown = problems('no such case here', (id) => !states.has(id));
  if (unknown.length > 0) throw caseError('NOT_FOUND', 'NO_SUCH_CASE', unknown);
  const withdrawn = problems('withdrawn', (id) => states.get(id)?.withdrawn === true);
  if (withdrawn.length > 0) throw caseError('FAILED_PRECONDITION', 'CASE_WITHDRAWN', withdrawn);
  const repeated = cases.findIndex((id, i) => cases.indexOf(id) < i);
  if (repeated >= 0) throw invalidField(`cases[${repeated}]`, 'named twice');
}

function caseError(
  code: 'NOT_FOUND' | 'FAILED_PRECONDITION',
  reason: string,
  details: FieldError[],
): AppError {
  const text = details.map((detail) => `${detail.field}: ${detail.reason}`).join('; ');
  return new AppError(code, reason, text, { details });
}

/** Amends the open traces of a case, in the transaction that changed it. */
export function reopenTraces(tx: Transaction, caseId: string): Promise<void> {
  return queries.amendTracesOf(tx, caseId);
}

/**
 * Ends a trace, now or as soon as the hub is there. Throws NOT_FOUND NO_SUCH_TRACE, PERMISSION_DENIED
 * NOT_THE_OWNER.
 */
export async function closeTrace(ctx: TracesContext, id: string): Promise<void> {
  if (await queries.requestClosing(ctx.db, id)) return ctx.submitter.submit(id);
  if (!(await contacts.hasContacts(ctx.db, id))) throw noSuchTrace();
  throw new AppError('PERMISSION_DENIED', 'NOT_THE_OWNER', 'another province opened this trace');
}

/**
 * How a trace stands that this province opened or holds contacts of: as the hub says, else as it said last.
 * Throws NOT_FOUND NO_SUCH_TRACE; UNAVAILABLE HUB_UNREACHABLE for another province's trace.
 */
export async function readTrace(ctx: TracesContext, id: string): Promise<TraceStatus> {
  const trace = await queries.findTrace(ctx.db, id);
  if (!trace) return readForeignTrace(ctx, id);
  if (!trace.accepted || trace.closed) return ownStatus(ctx, trace, trace.status);
  const heard = await askHub(ctx, id).catch(() => undefined);
  if (heard) await queries.storeStatus(ctx.db, id, heard);
  return ownStatus(ctx, trace, heard ?? trace.status);
}

async function readForeignTrace(ctx: TracesContext, id: string): Promise<TraceStatus> {
  if (!(await contacts.hasContacts(ctx.db, id))) throw noSuchTrace();
  const heard = await askHub(ctx, id).catch((cause: unknown) => {
    if (toAppError(cause).code === 'NOT_FOUND') throw noSuchTrace();
    throw new AppError('UNAVAILABLE', 'HUB_UNREACHABLE', 'the hub, which knows this trace, is away', {
      cause,
    });
  });
  return { ...heard, id, cases: [], refusal: null };
}

function askHub({ hub, stopping }: TracesContext, id: string): Promise<HubStatus> {
  return hub.status(id, { deadlineMs: STATUS_DEADLINE_MS, signal: stopping });
}

/**
 * What the hub said stands under what this node knows better: that something is still to be sent, or is over.
 */
function ownStatus(ctx: TracesContext, trace: queries.TraceRow, heard: HubStatus | null): TraceStatus {
  const state = trace.closed ? 'closed' : trace.accepted ? (heard?.state ?? 'running') : 'queued';
  return {
    ...{ coverage: [], byDegree: {}, byProvince: {}, questions: 0, awaited: 0 },
    ...{ openedAt: null, completedAt: null, elapsedMs: 0 },
    ...heard,
    ...{ id: trace.id, state, cases: trace.cases, province: ctx.province, refusal: trace.refusal },
    ...{ rules: trace.rules, direction: trace.direction, maxDegree: trace.max_degree, asOf: trace.as_of },
    revision: trace.revision,
  };
}

/** A page of traces, newest first, and the place of its last one if there are more. */
export interface TracesPage {
  readonly traces: readonly TraceStatus[];
  readonly next: queries.TraceCursor | undefined;
}

/** At most `limit` traces that this province opened or holds contacts of, newest first. */
export async function listTraces(
  ctx: TracesContext,
  { limit, after }: { limit: number; after?: queries.TraceCursor | undefined },
): Promise<TracesPage> {
  const places = await queries.listTraceIds(ctx.db, limit + 1, after);
  const page = places.slice(0, limit);
  const traces = await Promise.all(page.map(({ id }) => readTrace(ctx, id).catch(leaveOutUnknown)));
  return {
    traces: traces.filter((trace) => trace !== undefined),
    next: places.length > limit ? page.at(-1) : undefined,
  };
}

/** Another province's trace of which nothing can be said now is no error of the list. */
function leaveOutUnknown(error: unknown): undefined {
  if (!['UNAVAILABLE', 'NOT_FOUND'].includes(toAppError(error).code)) throw error;
}

/** At most `limit` of this province's contacts of a trace, by id. Throws NOT_FOUND NO_SUCH_TRACE. */
export async function listContacts(
  ctx: TracesContext,
  page: contacts.ContactsPage,
): Promise<contacts.ContactRow[]> {
  const found = await contacts.listContacts(ctx.db, page);
  if (found.length === 0) await requireTrace(ctx, page.traceId);
  return found;
}

/** Grows whenever this province's contacts of a trace change. */
export function contactsVersion(ctx: TracesContext, id: string): Promise<number> {
  return contacts.findDelivery(ctx.db, id);
}

async function requireTrace({ db }: TracesContext, id: string): Promise<void> {
  if ((await queries.findTrace(db, id)) || (await contacts.hasContacts(db, id))) return;
  throw noSuchTrace();
}

function noSuchTrace(): AppError {
  return new AppError('NOT_FOUND', 'NO_SUCH_TRACE', 'there is no such trace here');
}
