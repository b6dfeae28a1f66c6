/**
 * Which traces a caller sees, and in which order: the ones that this province opened, and those of other
 * provinces whose contacts it holds.
 */
import { type SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { Scope } from '../../../shared/acts/access.ts';
import type { Queryable } from '../../../shared/db/database.ts';
import { isBehind } from '../../../shared/db/keyset.ts';
import { withinWards } from '../../../shared/db/ward-filter.ts';
import { cases } from '../../casework/cases/tables.ts';
import { openings } from '../asking/tables.ts';
import { contacts } from '../contacts/tables.ts';
import { ofCasesIn } from './queries.ts';
import { traces } from './tables.ts';

/** Place in the list of traces: newest first. */
export interface TraceCursor {
  readonly listedAt: number;
  readonly id: string;
}

/** How far a caller sees into traces: by the cases that they start from, by the contacts that they led to. */
export interface TraceScope {
  readonly cases: Scope;
  readonly contacts: Scope;
}

/** Whether this province opened the trace from cases in scope, and whether it holds contacts in scope. */
export async function findVisibility(
  { orm }: Queryable,
  id: string,
  scope: TraceScope,
): Promise<{ own: boolean; held: boolean }> {
  const [row] = await orm.execute<{ own: boolean; held: boolean }>(sql`
    SELECT EXISTS (SELECT FROM traces WHERE id = ${id} AND ${ofCasesIn(scope.cases)}) AS own,
      EXISTS (
        SELECT FROM contacts WHERE trace_id = ${id} AND ${withinWards(contacts.ward, scope.contacts)}
      ) AS held`);
  return row ?? { own: false, held: false };
}

/** What of the list is asked for: from a place on, and perhaps only traces of one case. */
export interface TraceQuery {
  readonly limit: number;
  readonly after?: TraceCursor | undefined;
  readonly ofCase?: string | undefined;
}

/**
 * Ids of the traces that this province opened from cases in scope or holds contacts of in scope, newest
 * first. For a few wards it begins at their cases and contacts: along all traces of the province it would
 * look far for those of a quiet ward. For more it goes along: theirs come soon enough. Hand-written:
 * OFFSET 0 keeps each EXISTS one probe a row; as a join it reads whole tables (3 s of 100,000 traces).
 */
export async function listTraceIds(
  { orm }: Queryable,
  { limit, after, ofCase }: TraceQuery,
  scope: TraceScope,
): Promise<TraceCursor[]> {
  const page = (at: PgColumn, id: PgColumn) => sql`
    AND ${after ? isBehind([at, id], [after.listedAt, after.id]) : sql`true`}
    ORDER BY ${at} DESC, ${id} DESC LIMIT ${limit}`;
  const along = isWide(scope.cases) || isWide(scope.contacts);
  const inArea = (id: PgColumn) =>
    along ? sql`true` : sql`${id} IN (${idsThroughCases(scope)} UNION ${idsThroughContacts(scope)})`;
  const near = (id: PgColumn) =>
    ofCase === undefined
      ? inArea(id)
      : sql`${id} IN (SELECT trace_id FROM trace_cases WHERE case_id = ${ofCase})`;
  const held = (id: PgColumn) => sql`
    EXISTS (
      SELECT FROM contacts
      WHERE contacts.trace_id = ${id} AND ${withinWards(contacts.ward, scope.contacts)} OFFSET 0)`;
  const rows = await orm.execute<Record<keyof TraceCursor, unknown>>(sql`
    SELECT id, extract(epoch FROM listed_at)::bigint AS "listedAt" FROM (
      (SELECT id, created_at AS listed_at FROM traces
       WHERE ${near(traces.id)} AND (${ofCasesIn(scope.cases)} OR ${held(traces.id)})
         ${page(traces.createdAt, traces.id)})
      UNION ALL
      (SELECT trace_id, first_seen_at FROM openings
       WHERE ${near(openings.traceId)} AND ${held(openings.traceId)}
         AND NOT EXISTS (SELECT FROM traces WHERE id = openings.trace_id OFFSET 0)
         AND NOT EXISTS (
           SELECT FROM openings earlier
           WHERE earlier.trace_id = openings.trace_id AND earlier.revision < openings.revision
           OFFSET 0)
         ${page(openings.firstSeenAt, openings.traceId)})
    ) AS known
    ORDER BY known.listed_at DESC, id DESC LIMIT ${limit}`);
  return [...rows] as unknown as TraceCursor[];
}

/**
 * At most `limit` traces, not known to have ended, of which somebody with one of these identifiers is a
 * standing contact in scope; those delivered last first.
 */
export async function listOpenTracesOf(
  { orm }: Queryable,
  { identifierIds, limit }: { readonly identifierIds: readonly number[]; readonly limit: number },
  scope: Scope,
): Promise<string[]> {
  const rows = await orm.execute<{ id: string }>(sql`
    SELECT trace_id AS id FROM contacts
    WHERE identifier_ids && ${sql.param([...identifierIds])}::int[] AND withdrawn_at IS NULL
      AND ${withinWards(contacts.ward, scope)}
      AND NOT EXISTS (SELECT FROM traces WHERE traces.id = trace_id AND closed_at IS NOT NULL)
    GROUP BY trace_id ORDER BY max(delivered_at) DESC LIMIT ${limit}`);
  return rows.map(({ id }) => id);
}

function isWide(scope: Scope): scope is 'whole' {
  return scope === 'whole' || scope.size > FEW_WARDS;
}

const FEW_WARDS = 5;

/** Ids of the traces of cases that may be in scope. */
function idsThroughCases({ cases: scope }: TraceScope): SQL {
  return scope === 'whole'
    ? sql`SELECT id FROM traces`
    : sql`SELECT trace_id FROM cases JOIN trace_cases ON case_id = cases.id
        WHERE ${withinWards(cases.ward, scope)}`;
}

/** Ids of the traces of contacts in scope. */
function idsThroughContacts({ contacts: scope }: TraceScope): SQL {
  return sql`SELECT trace_id FROM contacts WHERE ${withinWards(contacts.ward, scope)}`;
}
