/**
 * How a trace stands, whoever asks: what this province stored of it and what the hub says, which stands under
 * what the node knows better. Decides about nobody's rights.
 */
import type { Database } from '../../../shared/db/database.ts';
import { AppError, toAppError } from '../../../shared/errors.ts';
import * as queries from './queries.ts';
import { type HubStatus, noticedBeyond, type TraceStatus } from './status.ts';
import type { HubTraces } from './submitter.ts';

export interface StandingCtx {
  readonly db: Database;
  readonly province: string;
  readonly hub: Pick<HubTraces, 'status' | 'statuses'>;
  /** Aborts when the program stops. */
  readonly stopping: AbortSignal;
}

/** How long a reader waits for the hub before it gets what is known here. */
const STATUS_DEADLINE_MS = 1_000;

/** What of a trace is the same for whoever sees it. */
export interface Standing {
  readonly id: string;
  /** Undefined for another province's trace. */
  readonly row: queries.TraceRow | undefined;
  /** What the hub says, or said last; null if it has never said anything. */
  readonly heard: HubStatus | null;
}

/** Asks the hub, if it has anything to say. Throws NOT_FOUND NO_SUCH_TRACE, UNAVAILABLE HUB_UNREACHABLE. */
export async function lookUpStanding(ctx: StandingCtx, id: string): Promise<Standing> {
  const row = await queries.findTrace(ctx.db, id);
  if (!row) return { id, row, heard: await askOfForeign(ctx, id) };
  if (!row.accepted || row.closed) return { id, row, heard: row.status };
  const heard = await askHub(ctx, id).catch(() => undefined);
  if (heard) await queries.storeStatuses(ctx.db, [[id, heard]]);
  return { id, row, heard: heard ?? row.status };
}

/** The same for one who sees it; `own` as `requireTrace` says. */
export function showStanding(
  ctx: Pick<StandingCtx, 'province'>,
  { id, row, heard }: Standing,
  { own }: { readonly own: boolean },
): TraceStatus {
  // Whose contacts alone make the trace visible does not see which cases it starts from.
  if (row) return ownStatus(ctx, own ? row : { ...row, cases: [], noticed: [] }, heard);
  return { ...(heard as HubStatus), id, cases: [], noticed: [], refusal: null, version: null };
}

async function askOfForeign(ctx: StandingCtx, id: string): Promise<HubStatus> {
  return askHub(ctx, id).catch((cause: unknown) => {
    if (toAppError(cause).code === 'NOT_FOUND') throw noSuchTrace();
    throw new AppError('UNAVAILABLE', 'HUB_UNREACHABLE', 'the hub, which knows this trace, is away', {
      cause,
    });
  });
}

function askHub({ hub, stopping }: StandingCtx, id: string): Promise<HubStatus> {
  return hub.status(id, { deadlineMs: STATUS_DEADLINE_MS, signal: stopping });
}

/**
 * What the hub said stands under what this node knows better: that something is still to be sent, or is over.
 */
function ownStatus(
  ctx: Pick<StandingCtx, 'province'>,
  trace: queries.TraceRow,
  heard: HubStatus | null,
): TraceStatus {
  const state = trace.closed ? 'closed' : trace.accepted ? (heard?.state ?? 'running') : 'queued';
  return {
    ...{ coverage: [], byDegree: {}, byProvince: {}, questions: 0, awaited: 0 },
    ...{ openedAt: null, completedAt: null, elapsedMs: 0, warnings: [] },
    ...heard,
    ...{ id: trace.id, state, cases: trace.cases, province: ctx.province, refusal: trace.refusal },
    ...{ rules: trace.rules, direction: trace.direction, maxDegree: trace.maxDegree, asOf: trace.asOf },
    ...{ revision: trace.revision, version: trace.version },
    noticed: noticedBeyond(trace.noticed, heard?.revision === trace.revision ? heard : {}),
  };
}

/** What the hub says of each, as far as it says anything; one call, and never a failure. */
export async function askHubOfAll(
  { hub, stopping }: StandingCtx,
  ids: readonly string[],
): Promise<ReadonlyMap<string, HubStatus>> {
  if (ids.length === 0) return new Map();
  const patience = { deadlineMs: STATUS_DEADLINE_MS, signal: stopping };
  return hub.statuses(ids, patience).catch(() => new Map());
}

/** What those are told who do not see it, too. */
export function noSuchTrace(): AppError {
  return new AppError('NOT_FOUND', 'NO_SUCH_TRACE', 'there is no such trace here');
}
