/**
 * Opening, watching and closing traces of this province. What the hub has to hear is stored first and sent by
 * the submitter.
 */
import type { Caller, Scope } from '../../../shared/acts/access.ts';
import type { Leave } from '../../../shared/acts/act.ts';
import type { KeptValue } from '../../../shared/acts/terms.ts';
import { requireVersion } from '../../../shared/acts/versions.ts';
import { type Actor, recordAudit } from '../../../shared/audit/record.ts';
import { type Clock, nowSeconds } from '../../../shared/clock.ts';
import type { Queryable, Transaction } from '../../../shared/db/database.ts';
import type { Direction } from '../../../shared/domain/rule-pack.ts';
import { AppError, type FieldError, invalidField, listed, toAppError } from '../../../shared/errors.ts';
import type { Feed } from '../../../shared/feed/feed.ts';
import { newTraceId } from '../../../shared/ids.ts';
import { AS_OF_AHEAD_SECONDS } from '../../../shared/signed/opening-windows.ts';
import { CASE_ACTS } from '../../casework/cases/acts.ts';
import type { RuleBook } from '../../federation/packs/operations.ts';
import { CONTACT_ACTS } from '../contacts/acts.ts';
import { TRACES_TO_SEND } from '../kinds.ts';
import { change, read, TRACE_ACTS } from './acts.ts';
import * as lists from './list-queries.ts';
import { noticeAtOpening } from './noticing.ts';
import * as queries from './queries.ts';
import { askHubOfAll, lookUpStanding, noSuchTrace, type StandingCtx, showStanding } from './standing.ts';
import {
  type Completeness,
  completenessOf,
  completenessUnknown,
  type IndexWarning,
  type TraceStatus,
} from './status.ts';

export type { TraceCursor } from './list-queries.ts';
export type { Completeness, TraceStatus } from './status.ts';

export interface TracesCtx extends StandingCtx {
  readonly clock: Clock;
  readonly rules: Pick<RuleBook, 'inForce'>;
  readonly feed: Pick<Feed, 'wakes'>;
}

export interface TraceRequest {
  readonly cases: readonly string[];
  readonly direction: Direction;
  readonly maxDegree?: number | undefined;
  /** Epoch seconds; now unless told. */
  readonly asOf?: number | undefined;
}

/** A trace that was stored, and what of its cases looks wrong without being refused. */
export interface OpenedTrace {
  readonly id: string;
  readonly warnings: readonly IndexWarning[];
}

/**
 * Stores a queued trace and has it sent. Throws NOT_FOUND NO_SUCH_CASE (also for cases
 * outside the caller's area), FAILED_PRECONDITION CASE_WITHDRAWN, UNAVAILABLE NO_RULES; INVALID_FIELD.
 */
export async function openTrace(ctx: TracesCtx, caller: Caller, request: TraceRequest): Promise<OpenedTrace> {
  const trace = { id: newTraceId(), ...termsOf(ctx, request) };
  const { cases, direction } = request;
  const detail = { direction, max_degree: trace.maxDegree };
  const asked = { on: cases.map((id) => ({ case: id })), detail };
  let noticed: readonly IndexWarning[] = [];
  await change(ctx, caller, 'traces.open', asked, async (tx, { scope, on, keep }) => {
    await checkCases(tx, cases, scope);
    await queries.insertTrace(tx, trace);
    noticed = await noticeAtOpening(tx, trace, ctx.rules.inForce());
    await tx.emit(TRACES_TO_SEND, [trace.id]);
    on({ trace: trace.id });
    keep({ id: trace.id, warnings: noticed as unknown as KeptValue });
  });
  return { id: trace.id, warnings: noticed };
}

function termsOf(ctx: TracesCtx, { cases, direction, maxDegree: asked, asOf }: TraceRequest) {
  const rules = ctx.rules.inForce();
  const maxDegree = asked ?? rules.max_degree;
  if (maxDegree > rules.max_degree)
    throw invalidField('max_degree', 'OVER_RULES', { most: rules.max_degree });
  const now = nowSeconds(ctx.clock);
  // What has not happened yet is in no record: such a trace would call itself complete too early.
  if (asOf !== undefined && asOf > now + AS_OF_AHEAD_SECONDS) throw invalidField('as_of', 'IN_FUTURE');
  return { cases, direction, maxDegree, asOf: asOf ?? now, rules: rules.number };
}

async function checkCases(tx: Transaction, cases: readonly string[], scope: Scope): Promise<void> {
  const states = new Map((await queries.listCaseStates(tx, cases, scope)).map((found) => [found.id, found]));
  const problems = (reason: 'UNKNOWN_CASE' | 'WITHDRAWN', wrong: (id: string) => boolean): FieldError[] =>
    cases.flatMap((id, i) => (wrong(id) ? [{ field: `cases[${i}]`, reason }] : []));
  const unknown = problems('UNKNOWN_CASE', (id) => !states.has(id));
  if (unknown.length > 0) throw caseError('NOT_FOUND', 'NO_SUCH_CASE', unknown);
  const withdrawn = problems('WITHDRAWN', (id) => states.get(id)?.withdrawn === true);
  if (withdrawn.length > 0) throw caseError('FAILED_PRECONDITION', 'CASE_WITHDRAWN', withdrawn);
  const repeated = cases.findIndex((id, i) => cases.indexOf(id) < i);
  if (repeated >= 0) throw invalidField(`cases[${repeated}]`, 'REPEATED');
}

function caseError(
  code: 'NOT_FOUND' | 'FAILED_PRECONDITION',
  reason: 'NO_SUCH_CASE' | 'CASE_WITHDRAWN',
  details: FieldError[],
): AppError {
  return new AppError(code, reason, listed(details), { details });
}

/** Open traces of which somebody is a contact, as far as the caller of `leave` may read contacts. */
export function findTracesOfContact(
  tx: Transaction,
  leave: Pick<Leave, 'scopeOf'>,
  asked: Parameters<typeof lists.listOpenTracesOf>[1],
): Promise<string[]> {
  const scope = leave.scopeOf(CONTACT_ACTS, 'contacts.list');
  return scope === undefined ? Promise.resolve([]) : lists.listOpenTracesOf(tx, asked, scope);
}

/** Who corrects which case, and when (epoch seconds). */
export interface Correction {
  readonly caseId: string;
  readonly actor: Actor;
  readonly at: number;
}

/** Amends the open traces of a case in the transaction that changes it; on the record of each trace. */
export async function reopenTraces(tx: Transaction, { caseId, actor, at }: Correction): Promise<void> {
  const amended = await queries.amendTracesOf(tx, caseId);
  for (const { id, version } of amended) {
    const on = [{ trace: id }, { case: caseId }];
    await recordAudit(tx, { action: 'traces.amended', actor, outcome: 'done', on, detail: { version } }, at);
  }
  if (amended.length > 0)
    await tx.emit(
      TRACES_TO_SEND,
      amended.map(({ id }) => id),
    );
}

/** Traces that have ended, and the deletion of what this province knows of one that it opened. */
export const { listEnded, deleteTrace: eraseOpened } = queries;

/**
 * Ends a trace, now or as soon as the hub is there; the answer is its version. Throws VERSION_CHANGED;
 * NOT_FOUND NO_SUCH_TRACE for one that the caller does not see; PERMISSION_DENIED CASES_OUTSIDE_AREA,
 * NOT_THE_OWNER for one that another province opened.
 */
export function closeTrace(ctx: TracesCtx, caller: Caller, id: string): Promise<number> {
  return change(ctx, caller, 'traces.close', { on: [{ trace: id }] }, async (tx, leave) => {
    const known = await queries.lockVersion(tx, id, leave.scope);
    if (known !== undefined) {
      await requireVersion(tx, caller, { version: known, on: { trace: id } });
      const version = await queries.requestClosing(tx, id);
      leave.note({ version });
      leave.keep({ version });
      await tx.emit(TRACES_TO_SEND, [id]);
      return version;
    }
    await requireTrace({ db: tx }, leave, id);
    if (await queries.findTrace(tx, id))
      throw new AppError('PERMISSION_DENIED', 'CASES_OUTSIDE_AREA', 'the trace starts from cases elsewhere');
    throw new AppError('PERMISSION_DENIED', 'NOT_THE_OWNER', 'the trace was opened elsewhere');
  });
}

/**
 * How a trace stands that this province opened or holds contacts of: as the hub says, else as it said last.
 * Throws NOT_FOUND NO_SUCH_TRACE, also for one of which nothing lies in the caller's area; UNAVAILABLE
 * HUB_UNREACHABLE for another province's trace.
 */
export function readTrace(ctx: TracesCtx, caller: Caller, id: string): Promise<TraceStatus> {
  return read(ctx, caller, 'traces.read', { on: [{ trace: id }] }, (leave) => peekTrace(ctx, leave, id));
}

/** The leave to watch a trace that the caller sees now; on record. Throws as `readTrace`. */
export function beginWatch(ctx: TracesCtx, caller: Caller, id: string): Promise<Leave> {
  return read(ctx, caller, 'traces.watch', { on: [{ trace: id }] }, async (leave) => {
    await peekTrace(ctx, leave, id);
    return leave;
  });
}

/** How a trace stands, under a leave that is on record (or will be). Throws as `readTrace`. */
export async function peekTrace(ctx: TracesCtx, leave: Leave, id: string): Promise<TraceStatus> {
  const { own } = await requireTrace(ctx, leave, id);
  return showStanding(ctx, await lookUpStanding(ctx, id), { own });
}

/**
 * How whole a trace is, for what is shown of its contacts; the hub is not asked for one that the caller was
 * shown a moment ago (`seen`). Throws NOT_FOUND NO_SUCH_TRACE for one that the caller does not see.
 */
export async function findCompleteness(
  ctx: TracesCtx,
  leave: Leave,
  { id, seen }: { readonly id: string; readonly seen?: TraceStatus | undefined },
): Promise<Completeness> {
  if (seen) return completenessOf(seen);
  const { own } = await requireTrace(ctx, leave, id);
  // What was delivered here is shown whatever the hub says, or does not say, of its trace now.
  const found = await lookUpStanding(ctx, id).catch((error: unknown) => {
    if (['UNAVAILABLE', 'NOT_FOUND'].includes(toAppError(error).code)) return undefined;
    throw error;
  });
  return found ? completenessOf(showStanding(ctx, found, { own })) : completenessUnknown(id);
}

const NOWHERE: Scope = new Set();

/** Traces are seen by their contacts, and by their cases as far as the caller may read cases. */
function traceScope(leave: Leave): lists.TraceScope {
  const contacts = leave.scopeOf(TRACE_ACTS, 'traces.read') ?? NOWHERE;
  if (contacts === 'whole') return { cases: 'whole', contacts };
  return { cases: leave.scopeOf(CASE_ACTS, 'cases.read') ?? NOWHERE, contacts };
}

/** A page of traces, newest first, and the place of its last one if there are more. */
export interface TracesPage {
  readonly traces: readonly TraceStatus[];
  readonly next: lists.TraceCursor | undefined;
}

/** At most `limit` traces that the caller sees, newest first; see `readTrace`. */
export function listTraces(
  ctx: TracesCtx,
  caller: Caller,
  { limit, ...asked }: lists.TraceQuery,
): Promise<TracesPage> {
  return read(ctx, caller, 'traces.list', {}, async (leave) => {
    const places = await lists.listTraceIds(ctx.db, { limit: limit + 1, ...asked }, traceScope(leave));
    const page = places.slice(0, limit);
    const traces = await peekTraces(ctx, leave, page);
    leave.on(...traces.map(({ id }) => ({ trace: id })));
    return { traces, next: places.length > limit ? page.at(-1) : undefined };
  });
}

/**
 * How traces stand that the caller sees, in their order: two statements and one call, however many they are.
 * Another province's trace of which nothing can be said now is left out, and no error.
 */
async function peekTraces(
  ctx: TracesCtx,
  leave: Leave,
  places: readonly lists.TraceCursor[],
): Promise<TraceStatus[]> {
  const ids = places.map(({ id }) => id);
  const rows = await queries.listTraces(ctx.db, ids, traceScope(leave).cases);
  const known = new Map(rows.map((row) => [row.id, row]));
  const asked = ids.filter((id) => {
    const row = known.get(id);
    return row === undefined || (row.accepted && !row.closed);
  });
  const heard = await askHubOfAll(ctx, asked);
  await queries.storeStatuses(
    ctx.db,
    [...heard].filter(([id]) => known.has(id)),
  );
  return ids.flatMap((id): TraceStatus[] => {
    const [row, status] = [known.get(id), heard.get(id)];
    if (!row && !status) return [];
    return [showStanding(ctx, { id, row, heard: status ?? row?.status ?? null }, { own: row?.own === true })];
  });
}

/**
 * Why the caller of `leave` sees a trace: this province opened it from cases in their area, or holds contacts
 * there. Throws NOT_FOUND NO_SUCH_TRACE for a trace that they do not see.
 */
export async function requireTrace(
  { db }: { readonly db: Queryable },
  leave: Leave,
  id: string,
): Promise<{ own: boolean; held: boolean }> {
  const seen = await lists.findVisibility(db, id, traceScope(leave));
  if (!seen.own && !seen.held) throw noSuchTrace();
  return seen;
}
