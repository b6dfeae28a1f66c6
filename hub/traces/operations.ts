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
import { AppError } from '../../shared/errors.ts';
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
import { read } from './acts.ts';
import { closedStatus } from './closed-status.ts';
import type { TraceEngine } from './engine.ts';
import type { LiveTrace } from './live-trace.ts';
import * as queries from './queries.ts';
import type { TraceStatusView } from './status.ts';

export interface TracesCtx {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly engine: TraceEngine;
  readonly provinceKeys: ProvinceKeys;
  readonly warrantKey: KeyObject;
  readonly refusals: RefusalLog;
  /** Every pack that this hub issues. */
  readonly packs: readonly RulePack[];
}

/**
 * What one trace may ask a node at most. Generous: they stop a crawl, not a trace; provinces set budgets of
 * their own.
 */
const TRACE_BUDGET = { questions: 10_000, persons: 20_000_000 };

/**
 * Opens a trace under a province's signed opening, or amends it with the next revision; on the record, as is
 * a refusal. Idempotent for the same opening. Throws what `verifyOpening` and `admitOpening` throw;
 * PERMISSION_DENIED OPENING_NOT_YOURS if
 * the caller is not the province that signed; FAILED_PRECONDITION RULES_UNKNOWN, TRACE_CLOSED;
 * INVALID_ARGUMENT.
 */
export function openTrace(
  ctx: TracesCtx,
  province: string,
  jws: string,
): Promise<{ traceId: string; countersignature: string }> {
  return ctx.refusals.recording(
    () => refusedOpening(province, jws),
    () => verifyAndOpen(ctx, province, jws),
  );
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
  return ctx.engine.inTurn(opening.trace_id, () => admitAndOpen(ctx, { province, opening, jws }));
}

/**
 * One caller a trace at a time: a node that has waited too long asks again while its first call is still at
 * work.
 */
async function admitAndOpen(
  ctx: TracesCtx,
  { province, opening, jws }: { province: string; opening: Opening; jws: string },
): Promise<{ traceId: string; countersignature: string }> {
  const live = ctx.engine.get(opening.trace_id) ?? (await takeUpStored(ctx, opening.trace_id));
  const known = live && { ...live.opening, province: live.row.province };
  const admitted = admitOpening(known, { opening, jws });
  if (admitted === 'known')
    return { traceId: opening.trace_id, countersignature: known?.countersignature ?? '' };
  const countersignature = await countersign(ctx, opening, jws);
  const row = { revision: opening.revision, opening: jws, countersignature };
  if (live) await ctx.engine.amend(live, row);
  else await ctx.engine.open({ id: opening.trace_id, province, expiresAt: opening.expires_at }, row);
  return { traceId: opening.trace_id, countersignature };
}

/**
 * A trace that is stored and not live was opened by a call whose outcome nobody heard: it goes on. Undefined
 * if there is none.
 */
async function takeUpStored({ db, engine }: TracesCtx, id: string): Promise<LiveTrace | undefined> {
  const row = await queries.findTrace(db, id);
  if (!row) return undefined;
  if (row.closedAtMs !== null) {
    throw new AppError('FAILED_PRECONDITION', 'TRACE_CLOSED', 'the trace is closed');
  }
  return engine.takeUp(row);
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
  const live = ctx.engine.get(id);
  const owner = live?.row.province ?? (await queries.findTrace(ctx.db, id))?.province;
  // The same answer for another province's trace as for none: ids are not to be guessed.
  if (owner !== province) {
    const on = traceSubject(isTraceId(id) ? id : undefined);
    const { reason } = unknownTrace();
    const entry = { action: 'traces.closed', actor: nodeActor(province), outcome: 'refused' } as const;
    await ctx.refusals.note({ ...entry, reason, on });
    throw unknownTrace();
  }
  if (live) await ctx.engine.close(live, province);
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
  const live = ctx.engine.get(id);
  if (live) {
    if (province && live.row.province !== province && !live.holdsContacts(province)) throw unknownTrace();
    return live.status();
  }
  const row = await queries.findTrace(ctx.db, id);
  const status = row && (await closedStatus(ctx.db, row));
  const mayRead = !province || row?.province === province || status?.byProvince.has(province);
  if (!status || !mayRead) throw unknownTrace();
  return status;
}

/** The same for the hub's own people, on record. */
export function readTrace(ctx: TracesCtx, caller: Caller, id: string): Promise<TraceStatusView> {
  return read(ctx, caller, 'traces.read', { on: [{ trace: id }] }, () => getTraceStatus(ctx, id));
}

/**
 * Traces, newest first: `limit` of them, and one more if there are more; `after` is the id of the last one
 * seen.
 */
export function listTraces(
  ctx: TracesCtx,
  caller: Caller,
  { limit, after }: { limit: number; after?: string | undefined },
): Promise<TraceStatusView[]> {
  return read(ctx, caller, 'traces.list', {}, async ({ on }) => {
    const rows = await queries.listTraceRows(ctx.db, limit + 1, after);
    on(...rows.slice(0, limit).map(({ id }) => ({ trace: id })));
    return Promise.all(rows.map((row) => ctx.engine.get(row.id)?.status() ?? closedStatus(ctx.db, row)));
  });
}

export interface StatusReport extends queries.ProvinceReport {
  readonly stale: readonly queries.StaleAnswers[];
}

/**
 * A node's sign of life. Answers that it calls stale, and all of an earlier life, are asked for again; that
 * is durable before this resolves.
 */
export async function reportStatus(ctx: TracesCtx, report: StatusReport): Promise<void> {
  await queries.recordProvinceReport(ctx.db, report, report.stale);
  for (const { traceId, seqs } of report.stale) {
    ctx.engine.get(traceId)?.markStale(report.province, seqs, report);
  }
  ctx.engine.beginLife(report.province, report.incarnation);
}

/** The same for a trace that there is not and for one that the caller may not know of. */
export function unknownTrace(): AppError {
  return new AppError('NOT_FOUND', 'TRACE_UNKNOWN', 'no such trace');
}
