/**
 * The table `break_glass`: who may read beyond their area until when, and what the supervisor said of it.
 */
import type { BreakGlass } from '../../shared/auth/access.ts';
import type { Queryable } from '../../shared/db/database.ts';
import { MAX_OPEN, type Verdict } from './rules.ts';

/** One break-glass as the supervisor sees it; instants in epoch seconds. */
export interface BreakGlassRow extends BreakGlass {
  readonly subject: string;
  readonly reason: string;
  readonly openedAt: number;
  readonly reviewedAt: number | null;
  readonly reviewedBy: string | null;
  readonly verdict: Verdict | null;
}

/** Stores a new one. */
export async function insertBreakGlass(
  { sql }: Queryable,
  row: Pick<BreakGlassRow, 'id' | 'subject' | 'area' | 'reason' | 'openedAt' | 'endsAt'>,
): Promise<void> {
  await sql`
    INSERT INTO break_glass (id, subject, area, reason, opened_at, ends_at)
    VALUES (${row.id}, ${row.subject}, ${row.area}, ${row.reason},
      to_timestamp(${row.openedAt}::bigint), to_timestamp(${row.endsAt}::bigint))`;
}

/** What a person has open at `now`, at most MAX_OPEN. */
export function listOpen(
  { sql }: Pick<Queryable, 'sql'>,
  subject: string,
  now: number,
): Promise<BreakGlass[]> {
  return sql<BreakGlass[]>`
    SELECT id, area, extract(epoch FROM ends_at)::bigint AS "endsAt" FROM break_glass
    WHERE subject = ${subject} AND ends_at > to_timestamp(${now}::bigint) ORDER BY ends_at LIMIT ${MAX_OPEN}`;
}

/** Place in the list: newest first. */
export interface BreakGlassCursor {
  readonly openedAt: number;
  readonly id: string;
}

export interface BreakGlassPage {
  readonly limit: number;
  readonly after?: BreakGlassCursor | undefined;
}

const NO_ID = '00000000-0000-0000-0000-000000000000';

/** At most `limit`, newest first. */
export function listBreakGlass(
  { sql }: Queryable,
  { limit, after }: BreakGlassPage,
): Promise<BreakGlassRow[]> {
  return sql<BreakGlassRow[]>`
    SELECT ${sql.unsafe(COLUMNS)} FROM break_glass
    WHERE ${after === undefined} OR (opened_at, id) <
      (to_timestamp(${after?.openedAt ?? 0}::bigint), ${after?.id ?? NO_ID}::uuid)
    ORDER BY opened_at DESC, id DESC LIMIT ${limit}`;
}

/** The one of an id, locked; undefined if there is none. */
export async function lockBreakGlass({ sql }: Queryable, id: string): Promise<BreakGlassRow | undefined> {
  const [row] = await sql<BreakGlassRow[]>`
    SELECT ${sql.unsafe(COLUMNS)} FROM break_glass WHERE id = ${id} FOR UPDATE`;
  return row;
}

export interface Review {
  readonly id: string;
  readonly verdict: Verdict;
  readonly reviewer: string;
  readonly now: number;
}

/** Notes a verdict; an unjustified one ends now what is still open. */
export async function markReviewed(
  { sql }: Queryable,
  { id, verdict, reviewer, now }: Review,
): Promise<void> {
  await sql`
    UPDATE break_glass SET verdict = ${verdict}, reviewed_by = ${reviewer},
      reviewed_at = to_timestamp(${now}::bigint),
      ends_at = CASE WHEN ${verdict === 'unjustified'}
        THEN least(ends_at, greatest(to_timestamp(${now}::bigint), opened_at + interval '1 second'))
        ELSE ends_at END
    WHERE id = ${id}`;
}

const COLUMNS = `id, subject, area, reason, extract(epoch FROM opened_at)::bigint AS "openedAt",
  extract(epoch FROM ends_at)::bigint AS "endsAt", reviewed_by AS "reviewedBy", verdict,
  extract(epoch FROM reviewed_at)::bigint AS "reviewedAt"`;
