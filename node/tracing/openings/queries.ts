/**
 * The tables `traces` and `trace_cases`: what this province has opened and what of it the hub knows.
 */
import type { Scope } from '../../../shared/acts/access.ts';
import type { Queryable, Transaction } from '../../../shared/db/database.ts';
import { withinWards } from '../../../shared/db/ward-filter.ts';
import type { Direction } from '../../../shared/domain/rule-pack.ts';
import type { IndexFacts } from './rules.ts';
import type { HubStatus } from './status.ts';

/** A trace of this province; instants in epoch seconds. */
export interface TraceRow {
  readonly id: string;
  readonly direction: Direction;
  readonly max_degree: number;
  readonly as_of: number;
  readonly rules: number;
  readonly revision: number;
  /** Grows with each command: an amendment, the end. */
  readonly version: number;
  readonly opening: string | null;
  readonly created_at: number;
  readonly accepted: boolean;
  readonly refusal: string | null;
  readonly closing: boolean;
  readonly closed: boolean;
  readonly status: HubStatus | null;
  readonly cases: string[];
  /** Generation of the federation key; null before the first opening is signed. */
  readonly federation_key: number | null;
}

export interface NewTrace {
  readonly id: string;
  readonly direction: Direction;
  readonly maxDegree: number;
  readonly asOf: number;
  readonly rules: number;
  readonly cases: readonly string[];
}

/** Stores a queued trace. */
export async function insertTrace(tx: Transaction, trace: NewTrace): Promise<void> {
  await tx.sql`
    INSERT INTO traces (id, direction, max_degree, as_of, rules)
    VALUES (${trace.id}, ${trace.direction}, ${trace.maxDegree}, ${trace.asOf}, ${trace.rules})`;
  await tx.sql`
    INSERT INTO trace_cases (trace_id, case_id, position)
    SELECT ${trace.id}, case_id, position - 1
    FROM unnest(${[...trace.cases]}::uuid[]) WITH ORDINALITY AS given (case_id, position)`;
}

/** The trace of an id, undefined if this province has not opened it. */
export async function findTrace(db: Queryable, id: string): Promise<TraceRow | undefined> {
  const [row] = await db.sql<TraceRow[]>`${selectTraces(db)} WHERE traces.id = ${id}`;
  return row;
}

/** What of the cases decides a trace: those of `ids` that are in scope, with whether they are withdrawn. */
export function listCaseStates(
  db: Queryable,
  ids: readonly string[],
  scope: Scope,
): Promise<{ id: string; withdrawn: boolean }[]> {
  return db.sql<{ id: string; withdrawn: boolean }[]>`
    SELECT id, withdrawn_at IS NOT NULL AS withdrawn FROM cases
    WHERE id = ANY (${[...ids]}::uuid[]) ${withinWards(db, scope)} FOR SHARE`;
}

/** An index case as its trace's opening needs it. */
export interface IndexRow extends IndexFacts {
  readonly position: number;
  readonly withdrawn: boolean;
  /** Of the case's first identifier; null until the key service has been asked. */
  readonly token: Uint8Array | null;
  readonly generation: number | null;
}

/** The cases of a trace, in their order. */
export function listIndexCases(db: Queryable, traceId: string): Promise<IndexRow[]> {
  return db.sql<IndexRow[]>`
    SELECT trace_cases.position, withdrawn_at IS NOT NULL AS withdrawn, token, token_generation AS generation,
      to_char(onset_on, 'YYYY-MM-DD') AS "onsetOn",
      extract(epoch FROM sampled_at)::bigint AS "sampledAt",
      extract(epoch FROM isolated_at)::bigint AS "isolatedAt"
    FROM trace_cases
    JOIN cases ON cases.id = trace_cases.case_id
    JOIN case_identifiers first ON first.case_id = cases.id AND first.position = 0
    JOIN identifiers ON identifiers.id = first.identifier_id
    WHERE trace_id = ${traceId} ORDER BY trace_cases.position`;
}

/** The next revision of every trace of the case that is still open: it waits for its opening. */
export function amendTracesOf(tx: Transaction, caseId: string): Promise<{ id: string; version: number }[]> {
  return tx.sql<{ id: string; version: number }[]>`
    UPDATE traces SET revision = revision + 1, version = version + 1, opening = NULL, accepted_at = NULL,
      refusal = NULL, refused_at = NULL
    FROM trace_cases
    WHERE trace_id = traces.id AND case_id = ${caseId} AND NOT closing AND closed_at IS NULL
    RETURNING id, version`;
}

/**
 * At most `limit` ids of traces of which the hub has still to hear something: the oldest first, after them
 * those that it refused before `refusedBefore` (epoch seconds), the longest ago first.
 */
export async function listUnsubmitted(
  db: Queryable,
  { limit, refusedBefore }: { readonly limit: number; readonly refusedBefore: number },
): Promise<string[]> {
  const rows = await db.sql<{ id: string }[]>`
    SELECT id FROM traces WHERE (accepted_at IS NULL OR closing) AND closed_at IS NULL
      AND (refused_at IS NULL OR closing OR refused_at < to_timestamp(${refusedBefore}::bigint))
    ORDER BY refused_at NULLS FIRST, created_at LIMIT ${limit}`;
  return rows.map((row) => row.id);
}

/**
 * Keeps the signed opening of a revision, unless the trace has gone on to another one; its federation key
 * becomes the trace's if it has none yet.
 */
export async function storeOpening(
  db: Queryable,
  trace: Pick<TraceRow, 'id' | 'revision'>,
  { opening, federationKey }: { readonly opening: string; readonly federationKey: number },
) {
  await db.sql`
    UPDATE traces SET opening = ${opening}, federation_key = coalesce(federation_key, ${federationKey})
    WHERE id = ${trace.id} AND revision = ${trace.revision} AND accepted_at IS NULL`;
}

/** The hub has accepted a revision. */
export async function markAccepted(db: Queryable, trace: Pick<TraceRow, 'id' | 'revision'>): Promise<void> {
  await db.sql`
    UPDATE traces SET accepted_at = now(), refusal = NULL, refused_at = NULL
    WHERE id = ${trace.id} AND revision = ${trace.revision}`;
}

/** The hub has refused a revision; what is not final is tried again soon. */
export async function markRefused(
  db: Queryable,
  trace: Pick<TraceRow, 'id' | 'revision'>,
  { reason, final }: { readonly reason: string; readonly final: boolean },
): Promise<void> {
  await db.sql`
    UPDATE traces SET refusal = ${reason}, refused_at = CASE WHEN ${final} THEN now() END
    WHERE id = ${trace.id} AND revision = ${trace.revision}`;
}

/** The trace shall end; false if this province has not opened it from cases in scope alone. */
export async function requestClosing(db: Queryable, id: string, scope: Scope): Promise<boolean> {
  const rows = await db.sql`
    UPDATE traces SET closing = true, version = version + (NOT closing)::int
    WHERE id = ${id} AND ${ofCasesIn(db, scope)} RETURNING id`;
  return rows.length > 0;
}

/** A trace that this province opened from cases in scope, locked; undefined: there is none. */
export async function lockVersion(
  tx: Transaction,
  id: string,
  scope: Scope,
): Promise<{ version: number; closing: boolean } | undefined> {
  const [row] = await tx.sql<{ version: number; closing: boolean }[]>`
    SELECT version, closing FROM traces WHERE id = ${id} AND ${ofCasesIn(tx, scope)} FOR UPDATE`;
  return row;
}

/** The trace has ended. */
export async function markClosed(db: Queryable, id: string): Promise<void> {
  await db.sql`
    UPDATE traces SET closing = true, closed_at = coalesce(closed_at, now()),
      accepted_at = coalesce(accepted_at, now()) WHERE id = ${id}`;
}

/** Keeps what the hub has said last, if it says more than that time has passed. */
export async function storeStatus(db: Queryable, id: string, status: HubStatus): Promise<void> {
  await db.sql`
    UPDATE traces SET status = given.status FROM (SELECT ${JSON.stringify(status)}::jsonb AS status) AS given
    WHERE id = ${id} AND (traces.status - 'elapsedMs') IS DISTINCT FROM (given.status - 'elapsedMs')`;
}

/** The same for many, in one statement; those that say nothing new leave their rows alone. */
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
  db: Queryable,
  ids: readonly string[],
  cases: Scope,
): Promise<(TraceRow & { readonly own: boolean })[]> {
  return db.sql<(TraceRow & { own: boolean })[]>`
    SELECT seen.*, ${ofCasesIn(db, cases)} AS own FROM (${selectTraces(db)}) AS seen
    JOIN traces USING (id) WHERE id = ANY (${[...ids]}::text[])`;
}

/** Condition on a row of `traces`: every case of it is in scope. */
export function ofCasesIn({ sql }: Queryable, scope: Scope) {
  if (scope === 'whole') return sql`true`;
  return sql`NOT EXISTS (
    SELECT FROM trace_cases JOIN cases ON cases.id = case_id
    WHERE trace_id = traces.id AND (ward = ANY (${[...scope]}::text[])) IS NOT TRUE OFFSET 0)`;
}

function selectTraces({ sql }: Queryable) {
  return sql`
    SELECT id, direction, max_degree, as_of, rules, revision, version, opening,
      extract(epoch FROM created_at)::bigint AS created_at, accepted_at IS NOT NULL AS accepted, refusal,
      closing, closed_at IS NOT NULL AS closed, status, federation_key,
      ARRAY(SELECT case_id::text FROM trace_cases WHERE trace_id = traces.id ORDER BY position) AS cases
    FROM traces`;
}
