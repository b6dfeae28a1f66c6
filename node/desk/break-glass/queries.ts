/**
 * The table `break_glass`: who may read beyond their area until when, and what the supervisor said of it.
 * Reasons are sealed and opened here. The row's own `id` is what sealing binds them to and stays in here.
 */
import type { BreakGlass } from '../../../shared/acts/access.ts';
import type { Queryable } from '../../../shared/db/database.ts';
import type { ColumnSealer } from '../../sealing/sealer.ts';
import { MAX_OPEN, type Verdict } from './rules.ts';

/** One break-glass as the supervisor sees it; instants in epoch seconds. */
export interface BreakGlassRow extends BreakGlass {
  readonly subject: string;
  readonly reason: string;
  readonly openedAt: number;
  readonly reviewedAt: number | null;
  readonly reviewedBy: string | null;
  readonly verdict: Verdict | null;
  readonly version: number;
}

/** Where reasons are read or written, and what opens or seals them. */
export interface SealedDb {
  readonly sql: Queryable['sql'];
  readonly sealer: ColumnSealer;
}

/** Stores a new one, in a transaction that seals. */
export async function insertBreakGlass(
  { sql, sealer }: SealedDb,
  row: Pick<BreakGlassRow, 'id' | 'subject' | 'area' | 'reason' | 'openedAt' | 'endsAt'>,
): Promise<void> {
  const [drawn] = await sql<{ id: number }[]>`SELECT nextval('break_glass_id_seq')::int AS id`;
  const id = drawn?.id as number;
  const [reason] = sealer.seal('break_glass.reason', [id], [row.reason]);
  await sql`
    INSERT INTO break_glass (id, public_id, subject, area, reason_sealed, key_generation, opened_at, ends_at)
    OVERRIDING SYSTEM VALUE
    VALUES (${id}, ${row.id}, ${row.subject}, ${row.area}, ${reason as Buffer}, ${sealer.generation},
      to_timestamp(${row.openedAt}::bigint), to_timestamp(${row.endsAt}::bigint))`;
}

/** What a person has open at `now`, at most MAX_OPEN. */
export function listOpen(
  { sql }: Pick<Queryable, 'sql'>,
  subject: string,
  now: number,
): Promise<BreakGlass[]> {
  return sql<BreakGlass[]>`
    SELECT public_id AS id, area, extract(epoch FROM ends_at)::bigint AS "endsAt" FROM break_glass
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
export async function listBreakGlass(
  { sql, sealer }: SealedDb,
  { limit, after }: BreakGlassPage,
): Promise<BreakGlassRow[]> {
  const rows = await sql<SealedRow[]>`
    SELECT ${sql.unsafe(COLUMNS)} FROM break_glass
    WHERE ${after === undefined} OR (opened_at, public_id) <
      (to_timestamp(${after?.openedAt ?? 0}::bigint), ${after?.id ?? NO_ID}::uuid)
    ORDER BY opened_at DESC, public_id DESC LIMIT ${limit}`;
  return rows.map((row) => opened(sealer, row));
}

/** The one of an id; undefined if there is none. */
export async function findBreakGlass(
  { sql, sealer }: SealedDb,
  id: string,
): Promise<BreakGlassRow | undefined> {
  const [row] = await sql<
    SealedRow[]
  >`SELECT ${sql.unsafe(COLUMNS)} FROM break_glass WHERE public_id = ${id}`;
  return row && opened(sealer, row);
}

/** The one of an id, locked; undefined if there is none. */
export async function lockBreakGlass(
  { sql, sealer }: SealedDb,
  id: string,
): Promise<BreakGlassRow | undefined> {
  const [row] = await sql<SealedRow[]>`
    SELECT ${sql.unsafe(COLUMNS)} FROM break_glass WHERE public_id = ${id} FOR UPDATE`;
  return row && opened(sealer, row);
}

export interface Review {
  readonly id: string;
  readonly verdict: Verdict;
  readonly reviewer: string;
  readonly now: number;
  /** What is still open ends. */
  readonly endNow: boolean;
}

/** Notes a verdict, and with `endNow` that the reading is over. */
export async function markReviewed(
  { sql }: Queryable,
  { id, verdict, reviewer, now, endNow }: Review,
): Promise<void> {
  await sql`
    UPDATE break_glass SET version = version + 1, verdict = ${verdict}, reviewed_by = ${reviewer},
      reviewed_at = to_timestamp(${now}::bigint),
      ends_at = CASE WHEN ${endNow}
        THEN least(ends_at, greatest(to_timestamp(${now}::bigint), opened_at + interval '1 second'))
        ELSE ends_at END
    WHERE public_id = ${id}`;
}

interface SealedRow extends Omit<BreakGlassRow, 'reason'> {
  readonly rowId: number;
  readonly reasonSealed: Buffer;
}

function opened(sealer: ColumnSealer, { rowId, reasonSealed, ...row }: SealedRow): BreakGlassRow {
  return { ...row, reason: sealer.open('break_glass.reason', rowId, reasonSealed) };
}

const COLUMNS = `id AS "rowId", version, public_id AS id, subject, area, reason_sealed AS "reasonSealed",
  extract(epoch FROM opened_at)::bigint AS "openedAt",
  extract(epoch FROM ends_at)::bigint AS "endsAt", reviewed_by AS "reviewedBy", verdict,
  extract(epoch FROM reviewed_at)::bigint AS "reviewedAt"`;
