/**
 * The tables `traces` and `trace_cases`: what this province has opened and what of it the hub knows.
 */
import { and, eq, getTableColumns, inArray, isNull, lt, or, type SQL, sql } from 'drizzle-orm';
import type { Scope } from '../../../shared/acts/access.ts';
import type { Queryable } from '../../../shared/db/database.ts';
import { withinWards } from '../../../shared/db/ward-filter.ts';
import { daysToSeconds, LONGEST_OPEN_DAYS } from '../../../shared/domain/rule-pack.ts';
import { cases } from '../../casework/cases/tables.ts';
import type { HubStatus, IndexWarning } from './status.ts';
import { traceCases, traces } from './tables.ts';

const { acceptedAt, closedAt, refusedAt: _refusedAt, ...OTHERS } = getTableColumns(traces);
const COLUMNS = {
  ...OTHERS,
  status: sql<HubStatus | null>`${traces.status}`,
  noticed: sql<IndexWarning[]>`${traces.noticed}`,
  accepted: sql<boolean>`${acceptedAt} IS NOT NULL`,
  closed: sql<boolean>`${closedAt} IS NOT NULL`,
  cases: sql<string[]>`
    ARRAY(SELECT case_id::text FROM trace_cases WHERE trace_id = traces.id ORDER BY position)`,
};

/**
 * A trace of this province; instants in epoch seconds. Its version grows with each command (an amendment, the
 * end); its federation key and the generation of its tokens are null before the first opening is signed.
 */
export interface TraceRow
  extends Readonly<
    Omit<typeof traces.$inferSelect, 'acceptedAt' | 'closedAt' | 'refusedAt' | 'status' | 'noticed'>
  > {
  readonly noticed: readonly IndexWarning[];
  readonly status: HubStatus | null;
  readonly accepted: boolean;
  readonly closed: boolean;
  readonly cases: readonly string[];
}

type Revision = Pick<TraceRow, 'id' | 'revision'>;

/** What a trace is asked for with. */
export interface NewTrace
  extends Pick<TraceRow, 'id' | 'direction' | 'maxDegree' | 'asOf' | 'rules' | 'cases'> {}

/** Stores a queued trace. */
export async function insertTrace({ orm }: Queryable, trace: NewTrace): Promise<void> {
  const { cases: caseIds, ...row } = trace;
  await orm.insert(traces).values(row);
  await orm
    .insert(traceCases)
    .values(caseIds.map((caseId, position) => ({ traceId: trace.id, caseId, position })));
}

/** The trace of an id, undefined if this province has not opened it. */
export async function findTrace({ orm }: Queryable, id: string): Promise<TraceRow | undefined> {
  const [row] = await orm.select(COLUMNS).from(traces).where(eq(traces.id, id));
  return row;
}

/** What of the cases decides a trace: those of `ids` that are in scope, with whether they are withdrawn. */
export function listCaseStates(
  { orm }: Queryable,
  ids: readonly string[],
  scope: Scope,
): Promise<{ id: string; withdrawn: boolean }[]> {
  return orm
    .select({ id: cases.id, withdrawn: isWithdrawn })
    .from(cases)
    .where(and(inArray(cases.id, ids), withinWards(cases.ward, scope)))
    .for('share');
}

const isWithdrawn = sql<boolean>`${cases.withdrawnAt} IS NOT NULL`;

/** Traces that have not ended and whose opening, as it is now, no node can have been asked under yet. */
export function listUnasked({ orm }: Queryable): Promise<TraceRow[]> {
  const admitted = sql`EXISTS (
    SELECT FROM openings o WHERE o.trace_id = ${traces.id} AND o.revision = ${traces.revision})`;
  return orm
    .select(COLUMNS)
    .from(traces)
    .where(and(isNull(closedAt), sql`NOT ${admitted}`));
}

/**
 * At most `limit` traces that had ended by `before` (epoch seconds) and whose openings count no more `now`:
 * under one that did a trace could begin anew. One that no hub has taken has ended as long after its request
 * as openings last under any rules.
 */
export async function listEnded(
  { sql }: Queryable,
  { before, now, limit }: { readonly before: number; readonly now: number; readonly limit: number },
): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    SELECT trace_id AS id FROM openings o
    WHERE coalesce(closed_at, expires_at) <= ${before} AND NOT EXISTS (
      SELECT FROM openings other WHERE other.trace_id = o.trace_id
        AND (other.expires_at > ${now} OR coalesce(other.closed_at, other.expires_at) > ${before}))
    UNION
    SELECT id FROM traces WHERE NOT EXISTS (SELECT FROM openings o WHERE o.trace_id = traces.id)
      AND created_at <= to_timestamp(${before - daysToSeconds(LONGEST_OPEN_DAYS)}::bigint)
    LIMIT ${limit}`;
  return rows.map(({ id }) => id);
}

/** Deletes a trace that this province has opened. */
export async function deleteTrace({ sql }: Queryable, id: string): Promise<void> {
  await sql`DELETE FROM trace_cases WHERE trace_id = ${id}`;
  await sql`DELETE FROM traces WHERE id = ${id}`;
}

/** The next revision of every trace of the case that is still open: it waits for its opening. */
export function amendTracesOf(
  { orm }: Queryable,
  caseId: string,
): Promise<{ id: string; version: number }[]> {
  const { id, revision, version, closing } = traces;
  return orm
    .update(traces)
    .set({
      ...{ revision: sql`${revision} + 1`, version: sql`${version} + 1` },
      ...{ opening: null, acceptedAt: null, refusal: null, refusedAt: null },
    })
    .from(traceCases)
    .where(
      and(eq(traceCases.traceId, id), eq(traceCases.caseId, caseId), eq(closing, false), isNull(closedAt)),
    )
    .returning({ id, version });
}

/**
 * At most `limit` ids of traces of which the hub has still to hear something: the oldest first, after them
 * those that it refused before `refusedBefore` (epoch seconds), the longest ago first.
 */
export async function listUnsubmitted(
  { orm }: Queryable,
  { limit, refusedBefore }: { readonly limit: number; readonly refusedBefore: number },
): Promise<string[]> {
  const { id, closing, refusedAt, createdAt } = traces;
  const rows = await orm
    .select({ id })
    .from(traces)
    .where(
      and(
        or(isNull(acceptedAt), closing),
        isNull(closedAt),
        or(isNull(refusedAt), closing, lt(refusedAt, refusedBefore)),
      ),
    )
    .orderBy(sql`${refusedAt} NULLS FIRST`, createdAt)
    .limit(limit);
  return rows.map((row) => row.id);
}

/**
 * Keeps the signed opening of a revision, unless the trace has gone on to another one; its federation key
 * becomes the trace's if it has none yet.
 */
export async function storeOpening(
  { orm }: Queryable,
  trace: Revision,
  { opening, federationKey, keyGeneration }: SignedOpening,
): Promise<void> {
  await orm
    .update(traces)
    .set({
      opening,
      federationKey: sql`coalesce(${traces.federationKey}, ${federationKey})`,
      keyGeneration: sql`coalesce(${traces.keyGeneration}, ${keyGeneration})`,
    })
    .where(and(isRevision(trace), isNull(acceptedAt)));
}

/** The opening of a trace that the hub has not taken is to be signed anew, with tokens of another key. */
export async function forgetOpening({ orm }: Queryable, trace: Revision): Promise<void> {
  await orm
    .update(traces)
    .set({ opening: null, keyGeneration: null })
    .where(and(isRevision(trace), isNull(acceptedAt)));
}

/** An opening, and the generations of the keys that are in it. */
export interface SignedOpening {
  readonly opening: string;
  readonly federationKey: number;
  readonly keyGeneration: number;
}

/** The hub has accepted a revision. */
export async function markAccepted({ orm }: Queryable, trace: Revision): Promise<void> {
  await orm
    .update(traces)
    .set({ acceptedAt: sql`now()`, refusal: null, refusedAt: null })
    .where(isRevision(trace));
}

/** The hub has refused a revision; what is not final is tried again soon. */
export async function markRefused(
  { orm }: Queryable,
  trace: Revision,
  { reason, final }: { readonly reason: string; readonly final: boolean },
): Promise<void> {
  await orm
    .update(traces)
    .set({ refusal: reason, refusedAt: final ? sql`now()` : null })
    .where(isRevision(trace));
}

function isRevision({ id, revision }: Revision) {
  return and(eq(traces.id, id), eq(traces.revision, revision));
}

/** A trace that this province has opened shall end; its version then. */
export async function requestClosing({ orm }: Queryable, id: string): Promise<number> {
  const { closing, version } = traces;
  const [row] = await orm
    .update(traces)
    .set({ closing: true, version: sql`${version} + (NOT ${closing})::int` })
    .where(eq(traces.id, id))
    .returning({ version });
  return (row as { version: number }).version;
}

/**
 * The version of a trace that this province opened from cases in scope alone, locked; undefined: there is
 * none.
 */
export async function lockVersion({ orm }: Queryable, id: string, scope: Scope): Promise<number | undefined> {
  const [row] = await orm
    .select({ version: traces.version })
    .from(traces)
    .where(and(eq(traces.id, id), ofCasesIn(scope)))
    .for('update');
  return row?.version;
}

/** The trace has ended. */
export async function markClosed({ orm }: Queryable, id: string): Promise<void> {
  await orm
    .update(traces)
    .set({
      closing: true,
      closedAt: sql`coalesce(${closedAt}, now())`,
      acceptedAt: sql`coalesce(${acceptedAt}, now())`,
    })
    .where(eq(traces.id, id));
}

/**
 * Keeps what the hub has said last of traces, where it says more than that time has passed; others' rows are
 * left alone. By hand: a page of traces is one statement.
 */
export async function storeStatuses(
  { sql }: Queryable,
  heard: readonly (readonly [id: string, status: HubStatus])[],
): Promise<void> {
  if (heard.length === 0) return;
  const rows = heard.map(([id, status]) => ({ id, status }));
  await sql`
    UPDATE traces SET status = given.status
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS given (id text, status jsonb)
    WHERE traces.id = given.id
      AND (traces.status - 'elapsedMs') IS DISTINCT FROM (given.status - 'elapsedMs')`;
}

/** Those of these traces that this province has opened, and whether all of their cases are in scope. */
export function listTraces(
  { orm }: Queryable,
  ids: readonly string[],
  scope: Scope,
): Promise<(TraceRow & { readonly own: boolean })[]> {
  return orm
    .select({ ...COLUMNS, own: ofCasesIn(scope) })
    .from(traces)
    .where(inArray(traces.id, ids));
}

/** Condition on a row of `traces`: every case of it is in scope. */
export function ofCasesIn(scope: Scope): SQL<boolean> {
  if (scope === 'whole') return sql`true`;
  return sql`NOT EXISTS (
    SELECT FROM trace_cases JOIN cases ON cases.id = case_id
    WHERE trace_id = traces.id AND (${withinWards(cases.ward, scope)}) IS NOT TRUE OFFSET 0)`;
}
