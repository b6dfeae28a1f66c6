/**
 * What nodes and people may do with traces at the hub: open, amend, close, ask how it stands, report changed
 * data. Each decides whether this caller may, and changes nothing when it refuses.
 */
import type { KeyObject } from 'node:crypto';
import type { Caller } from '../../shared/acts/access.ts';
import { nodeActor } from '../../shared/audit/actors.ts';
import type { RefusalLog, RefusedAttempt } from '../../shared/audit/refusals.ts';
import { traceSubject } from '../../shared/audit/subjects.ts';
import { type Clock, nowSeconds } from '../../shared/clock.ts';
import type { Database } from '../../shared/db/database.ts';
import { type RulePack, rulesInForce } from '../../shared/domain/rule-pack.ts';
import { AppError, invalidField } from '../../shared/errors.ts';
import { ASKED_AT_ONCE } from '../../shared/grpc/trace-messages.ts';
import { isTraceId } from '../../shared/ids.ts';
import type { Logger } from '../../shared/log.ts';
import {
  openingSha256,
  readAdmittedOpening,
  signWarrant,
  verifyOpening,
} from '../../shared/signed/opening.ts';
import type { ProvinceKeys } from '../../shared/signed/opening-keys.ts';
import { admitOpening, checkTerms } from '../../shared/signed/opening-rules.ts';
import type { Opening } from '../../shared/signed/opening-shape.ts';
import type { ReportedTokens } from '../provinces/province-link.ts';
import { read } from './acts.ts';
import { admitted } from './admitted-opening.ts';
import type { TraceEngine } from './engine.ts';
import { listOpenings, type ProvinceReport, type StaleAnswers } from './queries.ts';
import type { TraceStatusView } from './status.ts';
import { storedStatus } from './stored-view.ts';
import { TRACE_BUDGET } from './terms.ts';
import { findClosed, findTrace, findTraces, listTraceRows, type TraceRow } from './traces-queries.ts';

/** The key service's keys, as far as traces and nodes go. */
export interface ServedGenerations {
  /** Generations that are served, the one that new traces use last. */
  readonly told: readonly { generation: number; check: string; statement: string }[];
  /** Whether a trace may begin under a generation. Throws FAILED_PRECONDITION KEY_GENERATION_RETIRED. */
  demandToBegin(generation: number): void;
  /** A province has said in which generations it answers. */
  heard(province: string, generations: readonly number[]): void;
}

export interface TracesCtx {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly engine: TraceEngine;
  readonly provinceKeys: ProvinceKeys;
  readonly warrantKey: KeyObject;
  /** Of the key service's key: what traces may begin under, and what nodes are told and tell. */
  readonly keyGenerations: ServedGenerations;
  readonly refusals: RefusalLog;
  /** Every pack that this hub issues. */
  readonly packs: readonly RulePack[];
  /** How often nodes report when nothing happens; 5 s unless told. */
  readonly reportEveryMs?: number | undefined;
}

/**
 * Opens a trace under a province's signed opening, or amends it with the next revision; on the record, as is
 * a refusal. Idempotent for the same opening. Throws what `verifyOpening` and `admitOpening` throw;
 * PERMISSION_DENIED OPENING_NOT_YOURS if
 * the caller is not the province that signed; FAILED_PRECONDITION RULES_UNKNOWN, TRACE_CLOSED,
 * TRACE_UNREADABLE, KEY_GENERATION_RETIRED; RESOURCE_EXHAUSTED TOO_MANY_OPEN_TRACES; INVALID_ARGUMENT.
 */
export function openTrace(
  ctx: TracesCtx,
  province: string,
  jws: string,
): Promise<{ traceId: string; countersignature: string }> {
  return ctx.refusals.recording(verifyAndOpen(ctx, province, jws), () => refusedOpening(province, jws));
}

/** What a refused opening says of its trace: nobody has vouched for it. */
function refusedOpening(province: string, jws: string): RefusedAttempt {
  const attempt = { action: 'openings.refused', actor: nodeActor(province) } as const;
  try {
    const { trace_id: trace, revision, province: named } = readAdmittedOpening(jws);
    return { ...attempt, on: [{ trace }], detail: { revision, province: named } };
  } catch {
    return attempt;
  }
}

async function verifyAndOpen(
  ctx: TracesCtx,
  province: string,
  jws: string,
): Promise<{ traceId: string; countersignature: string }> {
  const opening = await verifyOpening(jws, ctx.provinceKeys, nowSeconds(ctx.clock));
  if (opening.province !== province) {
    throw new AppError('PERMISSION_DENIED', 'OPENING_NOT_YOURS', 'opening: signed by another province');
  }
  const { packs, clock } = ctx;
  checkTerms(opening, {
    rules: packs.find((pack) => pack.number === opening.rules),
    inForceAt: (at) => rulesInForce(packs, at)?.number,
    now: nowSeconds(clock),
  });
  // A node that has waited too long asks again while its first call is still at work.
  await using _turn = await ctx.engine.takeTurn(opening.trace_id);
  return await admitAndOpen(ctx, { province, opening, jws });
}

async function admitAndOpen(
  ctx: TracesCtx,
  { province, opening, jws }: { province: string; opening: Opening; jws: string },
): Promise<{ traceId: string; countersignature: string }> {
  const { trace_id: traceId, revision, expires_at: expiresAt } = opening;
  const known = await findKnown(ctx, traceId);
  const verdict = admitOpening(known, { opening, jws });
  if (verdict === 'known') return { traceId, countersignature: known?.countersignature ?? '' };
  if (verdict === 'new') ctx.keyGenerations.demandToBegin(opening.generation);
  const countersignature = await countersign(ctx, opening, jws);
  const row = { revision, opening: jws, countersignature, says: opening };
  if (verdict === 'amended') await ctx.engine.amend(traceId, row);
  else await ctx.engine.open({ id: traceId, province, expiresAt }, row);
  return { traceId, countersignature };
}

/**
 * The opening in force of an open trace, undefined if there is none. A trace that is stored and that the
 * engine does not know was opened by a call whose outcome nobody heard: it goes on.
 */
async function findKnown({ db, engine }: TracesCtx, id: string) {
  const live = engine.get(id);
  if (live) return { ...live.opening, province: live.row.province };
  const row = await findTrace(db, id);
  if (!row) return undefined;
  if (row.closedAtMs !== null)
    throw new AppError('FAILED_PRECONDITION', 'TRACE_CLOSED', 'the trace is closed');
  const stored = (await listOpenings(db, id)).at(-1);
  const latest = stored && admitted(stored);
  if (latest) engine.adopt({ id, province: row.province, expiresAt: latest.says.expires_at });
  return latest && { ...latest, province: row.province };
}

function countersign(
  { warrantKey, clock }: Pick<TracesCtx, 'warrantKey' | 'clock'>,
  opening: Opening,
  jws: string,
): Promise<string> {
  const warrant = {
    trace_id: opening.trace_id,
    revision: opening.revision,
    opening_sha256: openingSha256(jws),
    issued_at: nowSeconds(clock),
    expires_at: opening.expires_at,
    budget: TRACE_BUDGET,
  };
  return signWarrant(warrant, warrantKey);
}

/** Ends a trace of the calling province. Idempotent. Throws NOT_FOUND TRACE_UNKNOWN. */
export async function closeTrace(ctx: TracesCtx, province: string, id: string): Promise<void> {
  const owner = ctx.engine.get(id)?.row.province ?? (await findTrace(ctx.db, id))?.province;
  // The same answer for another province's trace as for none: ids are not to be guessed.
  if (owner !== province) {
    const on = traceSubject(isTraceId(id) ? id : undefined);
    const { reason } = unknownTrace();
    const entry = { action: 'traces.closed', actor: nodeActor(province), outcome: 'refused' } as const;
    await ctx.refusals.note({ ...entry, reason, on });
    throw unknownTrace();
  }
  await ctx.engine.close(id, province);
}

/**
 * How a trace stands, for a province that opened it or holds contacts of it; without one, for anybody.
 * Throws NOT_FOUND TRACE_UNKNOWN.
 */
export async function getTraceStatus(
  ctx: TracesCtx,
  id: string,
  province?: string,
): Promise<TraceStatusView> {
  const row = ctx.engine.get(id) ? undefined : await findTrace(ctx.db, id);
  // In motion and not held: it is just being taken up.
  if (row && row.closedAtMs === null && !row.isAtRest) await ctx.engine.takeUp(id).catch(() => undefined);
  const status = ctx.engine.get(id)?.status() ?? (row && (await statusOfStored(ctx, row)));
  if (!status || (province && !mayRead(status, province))) throw unknownTrace();
  return status;
}

/** At most as many as `STATUSES_AT_ONCE` of the traces that the province may read, in no order. */
export async function listTraceStatuses(
  ctx: TracesCtx,
  ids: readonly string[],
  province: string,
): Promise<TraceStatusView[]> {
  if (ids.length > STATUSES_AT_ONCE) throw invalidField('trace_ids', 'TOO_MANY', { most: STATUSES_AT_ONCE });
  const rows = await findTraces(ctx.db, ids);
  const statuses = await Promise.all(rows.map((row) => statusOf(ctx, row)));
  return statuses.filter((one) => mayRead(one, province));
}

/** Who opened it, and who holds contacts of it or also claims some. */
function mayRead({ province: owner, byProvince, claimants }: TraceStatusView, province: string): boolean {
  return owner === province || byProvince.has(province) || claimants.includes(province);
}

/** Traces whose status is told in one call at most. */
export const STATUSES_AT_ONCE = 200;

function statusOf(ctx: TracesCtx, row: TraceRow): TraceStatusView | Promise<TraceStatusView> {
  return ctx.engine.get(row.id)?.status() ?? statusOfStored(ctx, row);
}

function statusOfStored({ db, clock, engine }: TracesCtx, row: TraceRow): Promise<TraceStatusView> {
  return storedStatus(db, row, {
    nowMs: clock.nowMs(),
    refusalOf: (province) => engine.refusalOf(province),
    brokenBecause: (id) => engine.brokenBecause(id),
  });
}

/** How a trace stands, and its version: it grows with amendments, and with what people at the hub decide. */
export interface VersionedStatus extends TraceStatusView {
  readonly version: number;
}

/** The same for the hub's own people, on record. */
export function readTrace(ctx: TracesCtx, caller: Caller, id: string): Promise<VersionedStatus> {
  return read(ctx, caller, 'traces.read', { on: [{ trace: id }] }, async () => {
    // Before the rest: who changes it by a version that was read too early is told so.
    const row = await findTrace(ctx.db, id);
    if (!row) throw unknownTrace();
    return { ...(await statusOf(ctx, row)), version: row.version };
  });
}

/**
 * Traces, newest first: `limit` of them, and one more if there are more; `after` is the id of the last one
 * seen.
 */
export function listTraces(
  ctx: TracesCtx,
  caller: Caller,
  { limit, after }: { limit: number; after?: string | undefined },
): Promise<VersionedStatus[]> {
  return read(ctx, caller, 'traces.list', {}, async ({ on }) => {
    const rows = await listTraceRows(ctx.db, limit + 1, after);
    on(...rows.slice(0, limit).map(({ id }) => ({ trace: id })));
    return Promise.all(rows.map(async (row) => ({ ...(await statusOf(ctx, row)), version: row.version })));
  });
}

export interface StatusReport extends ProvinceReport {
  /** How far its identifiers have their tokens; an older node answers when all have theirs. */
  readonly tokens?: ReportedTokens;
  /** Why it answers no question, empty if it does. */
  readonly refusal?: string;
  /** Generations of the key service's key in which it answers; an older node says none. */
  readonly keyGenerations?: readonly number[];
  readonly stale: readonly StaleAnswers[];
  /** Traces whose questions the node keeps, some in each report; an older node says nothing of them. */
  readonly asking?: readonly string[];
}

/**
 * A node's sign of life. Answers that it calls stale, and all of an earlier life, are asked for again; that
 * is durable before this resolves, with those of the traces asked about that are closed.
 */
export async function reportStatus(ctx: TracesCtx, report: StatusReport): Promise<string[]> {
  const { stale, asking = [], tokens, refusal, keyGenerations = [], ...said } = report;
  if (asking.length > ASKED_AT_ONCE) throw invalidField('asking', 'TOO_MANY', { most: ASKED_AT_ONCE });
  await ctx.engine.report(said, { stale, tokens, refusal });
  ctx.keyGenerations.heard(report.province, keyGenerations);
  return asking.length === 0 ? [] : findClosed(ctx.db, asking);
}

/** The same for a trace that there is not and for one that the caller may not know of. */
export function unknownTrace(): AppError {
  return new AppError('NOT_FOUND', 'TRACE_UNKNOWN', 'no such trace');
}
