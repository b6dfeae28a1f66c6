/**
 * The table `break_glass`: who may read beyond their area until when, and what the supervisor said of it.
 * Reasons are sealed and opened here. The row's own `id` is what sealing binds them to and stays in here.
 */
import { and, desc, eq, getTableColumns, gt, sql } from 'drizzle-orm';
import type { BreakGlass } from '../../../shared/acts/access.ts';
import type { Queryable } from '../../../shared/db/database.ts';
import { isBehind } from '../../../shared/db/keyset.ts';
import { boundText, openBound } from '../../sealing/bound-text.ts';
import type { ColumnSealer } from '../../sealing/sealer.ts';
import { MAX_OPEN, type Verdict } from './rules.ts';
import { breakGlass } from './tables.ts';

const { id: rowId, publicId: id, keyGeneration: _, bound: _bound, ...OTHERS } = getTableColumns(breakGlass);
const COLUMNS = { ...OTHERS, id, rowId };
type SealedRow = Omit<typeof breakGlass.$inferSelect, 'id' | 'keyGeneration' | 'publicId' | 'bound'> & {
  readonly id: string;
  readonly rowId: number;
};

/** One break-glass as the supervisor sees it; instants in epoch seconds. */
export type BreakGlassRow = Readonly<Omit<SealedRow, 'rowId' | 'reasonSealed'>> & { readonly reason: string };

/** Where reasons are read or written, and what opens or seals them. */
export interface SealedDb extends Pick<Queryable, 'orm'> {
  readonly sealer: ColumnSealer;
}

/** Stores a new one, in a transaction that seals. */
export async function insertBreakGlass(
  { sql: client, orm, sealer }: SealedDb & Pick<Queryable, 'sql'>,
  {
    id: publicId,
    reason,
    ...row
  }: Pick<BreakGlassRow, 'id' | 'subject' | 'area' | 'reason' | 'openedAt' | 'endsAt'>,
): Promise<void> {
  // The reason is sealed to the row's id, so that is drawn before.
  const [drawn] = await client<{ id: number }[]>`SELECT nextval('break_glass_id_seq')::int AS id`;
  const id = drawn?.id as number;
  const text = boundText(sealedFor({ ...row, id: publicId }), reason);
  const [reasonSealed] = sealer.seal('break_glass.reason', [id], [text]);
  await orm
    .insert(breakGlass)
    .overridingSystemValue()
    .values({ ...row, id, publicId, reasonSealed: reasonSealed as Buffer, keyGeneration: sealer.generation });
}

/** What a person has open at `now`, at most MAX_OPEN. */
export function listOpen(
  { orm }: Pick<Queryable, 'orm'>,
  subject: string,
  now: number,
): Promise<BreakGlass[]> {
  const { area, endsAt } = breakGlass;
  return orm
    .select({ id, area, endsAt })
    .from(breakGlass)
    .where(and(eq(breakGlass.subject, subject), gt(endsAt, now)))
    .orderBy(endsAt)
    .limit(MAX_OPEN);
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

/** At most `limit`, newest first. */
export async function listBreakGlass(
  { orm, sealer }: SealedDb,
  { limit, after }: BreakGlassPage,
): Promise<BreakGlassRow[]> {
  const { openedAt } = breakGlass;
  const rows = await orm
    .select(COLUMNS)
    .from(breakGlass)
    .where(after && isBehind([openedAt, id], [after.openedAt, after.id]))
    .orderBy(desc(openedAt), desc(id))
    .limit(limit);
  return rows.map((row) => opened(sealer, row));
}

/** The one of an id, undefined if there is none; `lock`: others wait until this transaction ends. */
export async function findBreakGlass(
  { orm, sealer }: SealedDb,
  wanted: string,
  lock = false,
): Promise<BreakGlassRow | undefined> {
  const query = orm.select(COLUMNS).from(breakGlass).where(eq(id, wanted));
  const [row] = await (lock ? query.for('update') : query);
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
export async function markReviewed({ orm }: Pick<Queryable, 'orm'>, review: Review): Promise<void> {
  const { verdict, reviewer: reviewedBy, now: reviewedAt, endNow } = review;
  const { version, openedAt, endsAt } = breakGlass;
  const now = sql`${sql.param(reviewedAt, endsAt)}::timestamptz`;
  const ended = { endsAt: sql`least(${endsAt}, greatest(${now}, ${openedAt} + interval '1 second'))` };
  await orm
    .update(breakGlass)
    .set({ version: sql`${version} + 1`, verdict, reviewedBy, reviewedAt, ...(endNow && ended) })
    .where(eq(id, review.id));
}

/** Of the row, what its reason means: who reads where, since when. */
export function sealedFor(row: Pick<BreakGlassRow, 'id' | 'subject' | 'area' | 'openedAt'>): string {
  return `${row.id} ${row.area} ${row.openedAt} ${row.subject}`;
}

function opened(sealer: ColumnSealer, { rowId, reasonSealed, ...row }: SealedRow): BreakGlassRow {
  const text = sealer.open('break_glass.reason', rowId, reasonSealed);
  return { ...row, reason: openBound('break_glass.reason', sealedFor(row), text) };
}
