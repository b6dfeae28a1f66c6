/**
 * Which traces a caller sees, and in which order: the ones that this province opened, and those of other
 * provinces whose contacts it holds.
 */
import type { Scope } from '../../../shared/acts/access.ts';
import type { Queryable } from '../../../shared/db/database.ts';
import { withinWards } from '../../../shared/db/ward-filter.ts';
import { ofCasesIn } from './queries.ts';

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
  db: Queryable,
  id: string,
  scope: TraceScope,
): Promise<{ own: boolean; held: boolean }> {
  const [row] = await db.sql<{ own: boolean; held: boolean }[]>`
    SELECT EXISTS (SELECT FROM traces WHERE id = ${id} AND ${ofCasesIn(db, scope.cases)}) AS own,
      EXISTS (SELECT FROM contacts WHERE trace_id = ${id} ${withinWards(db, scope.contacts)}) AS held`;
  return row ?? { own: false, held: false };
}

/**
 * Ids of the traces that this province opened from cases in scope or holds contacts of in scope, newest
 * first. For a few wards it begins at their cases and contacts: along all traces of the province it would
 * look far for those of a quiet ward. For more it goes along: theirs come soon enough.
 * OFFSET 0 keeps each EXISTS one probe a row: as a join it reads whole tables (3 s of 100,000 traces).
 */
export function listTraceIds(
  db: Queryable,
  { limit, after }: { limit: number; after?: TraceCursor | undefined },
  scope: TraceScope,
): Promise<TraceCursor[]> {
  const { sql } = db;
  const older = (at: string, id: string) =>
    after ? sql`(${sql(at)}, ${sql(id)}) < (${instantOf(db, after)}, ${after.id})` : sql`true`;
  const page = (at: string, id: string) => sql`
    AND ${older(at, id)} ORDER BY ${sql(at)} DESC, ${sql(id)} DESC LIMIT ${limit}`;
  const along = isWide(scope.cases) || isWide(scope.contacts);
  const near = (id: string) =>
    along
      ? sql`true`
      : sql`${sql(id)} IN (${idsThroughCases(db, scope)} UNION ${idsThroughContacts(db, scope)})`;
  const held = (id: string) => sql`
    EXISTS (
      SELECT FROM contacts WHERE contacts.trace_id = ${sql(id)} ${withinWards(db, scope.contacts)} OFFSET 0)`;
  return sql<TraceCursor[]>`
    SELECT id, extract(epoch FROM listed_at)::bigint AS "listedAt" FROM (
      (SELECT id, created_at AS listed_at FROM traces
       WHERE ${near('traces.id')} AND (${ofCasesIn(db, scope.cases)} OR ${held('traces.id')})
         ${page('created_at', 'id')})
      UNION ALL
      (SELECT trace_id, first_seen_at FROM openings
       WHERE ${near('openings.trace_id')} AND ${held('openings.trace_id')}
         AND NOT EXISTS (SELECT FROM traces WHERE id = openings.trace_id OFFSET 0)
         AND NOT EXISTS (
           SELECT FROM openings earlier
           WHERE earlier.trace_id = openings.trace_id AND earlier.revision < openings.revision
           OFFSET 0)
         ${page('first_seen_at', 'trace_id')})
    ) AS known
    ORDER BY known.listed_at DESC, id DESC LIMIT ${limit}`;
}

function instantOf({ sql }: Queryable, { listedAt }: TraceCursor) {
  return sql`to_timestamp(${listedAt}::bigint)`;
}

function isWide(scope: Scope): scope is 'whole' {
  return scope === 'whole' || scope.size > FEW_WARDS;
}

const FEW_WARDS = 5;

/** Ids of the traces of cases that may be in scope. */
function idsThroughCases({ sql }: Queryable, { cases }: TraceScope) {
  return cases === 'whole'
    ? sql`SELECT id FROM traces`
    : sql`SELECT trace_id FROM cases JOIN trace_cases ON case_id = cases.id
        WHERE ward = ANY (${[...cases]}::text[])`;
}

/** Ids of the traces of contacts in scope. */
function idsThroughContacts({ sql }: Queryable, { contacts }: TraceScope) {
  return contacts === 'whole'
    ? sql`SELECT trace_id FROM contacts`
    : sql`SELECT trace_id FROM contacts WHERE ward = ANY (${[...contacts]}::text[])`;
}
