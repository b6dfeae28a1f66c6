/**
 * The tables `feed` and `feed_cursors`, the same in node and hub. By hand: `feed` is partitioned, and what is
 * read of it are numbers of transactions, which drizzle does not know.
 */
import type { Queryable } from '../db/database.ts';
import { drawNumber, findRunning } from '../db/transaction-numbers.ts';
import type { CursorState, FeedCursor, Passage } from './cursor.ts';
import type { FeedEvent } from './kinds.ts';

type Sql = Pick<Queryable, 'sql'>;

/** The last id drawn, also by a transaction that has not committed or was rolled back; 0 = none. */
export async function findLastId({ sql }: Sql): Promise<number> {
  const [row] = await sql<{ last: number }[]>`
    SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS last FROM feed_id_seq`;
  return row?.last ?? 0;
}

/**
 * What `cursor` has not read, by id: its gaps, and at most `limit` behind it; bodies only of `kinds`. Besides
 * the last id drawn (`findLastId`), as readers want both.
 */
export async function listUnread(
  { sql }: Sql,
  cursor: Pick<FeedCursor, 'position' | 'gaps'>,
  { kinds, limit }: { readonly kinds: readonly string[]; readonly limit: number },
): Promise<{ events: FeedEvent[]; last: number }> {
  const columns = sql`id, kind, extract(epoch FROM at)::bigint AS at,
    CASE WHEN kind = ANY (${[...kinds]}::text[]) THEN body END AS body`;
  const { position, gaps } = cursor;
  const late =
    gaps.length === 0 ? sql`` : sql`UNION ALL SELECT ${columns} FROM feed WHERE id = ANY (${gaps}::bigint[])`;
  const rows = await sql<(FeedEvent & { last: number })[]>`
    SELECT unread.*, CASE WHEN is_called THEN last_value ELSE 0 END AS last FROM feed_id_seq LEFT JOIN (
      (SELECT ${columns} FROM feed WHERE id > ${position} ORDER BY id LIMIT ${limit}) ${late}
    ) AS unread ON true ORDER BY id`;
  // One row without an event says that there is none.
  const events = rows.filter(({ id }) => id !== null).map(({ last, ...event }) => event);
  return { events, last: rows[0]?.last ?? 0 };
}

/**
 * A cursor behind all that has been committed until now. Every id that is missing among those kept may belong
 * to a transaction at work, and so may one shortly before the first that is kept.
 */
export async function findNow({ sql }: Sql): Promise<CursorState> {
  const position = await findLastId({ sql });
  const missing = await sql<{ id: number }[]>`
    WITH kept AS (SELECT id FROM feed WHERE id <= ${position}),
      first AS (SELECT coalesce(min(id), ${position}::bigint + 1) AS id FROM kept)
    SELECT generate_series(g.after + 1, g.before - 1) AS id FROM (
      SELECT id AS after, lead(id, 1, ${position}::bigint + 1) OVER (ORDER BY id) AS before FROM kept
      UNION ALL SELECT greatest(id - 100, 1) - 1, id FROM first
    ) AS g WHERE g.before > g.after + 1 ORDER BY 1`;
  const number = await drawNumber({ sql });
  return { position, gaps: missing.map(({ id }) => [id, number]) };
}

/** The highest id that has been dropped; 0 = none has. */
export async function findForgotten({ sql }: Sql): Promise<number> {
  const [row] = await sql<{ position: number }[]>`
    SELECT position FROM feed_cursors WHERE name = 'forgotten'`;
  return row?.position ?? 0;
}

/** The cursor of a reader, kept to itself until the transaction ends; undefined before the first. */
export async function lockCursor({ sql }: Sql, name: string): Promise<CursorState | undefined> {
  const [row] = await sql<CursorState[]>`
    SELECT position, gaps FROM feed_cursors WHERE name = ${name} FOR UPDATE`;
  return row;
}

/** Keeps a reader's cursor. */
export async function storeCursor(
  { sql }: Sql,
  name: string,
  { position, gaps }: CursorState,
): Promise<void> {
  await sql`INSERT INTO feed_cursors (name, position, gaps)
    VALUES (${name}, ${position}, ${JSON.stringify(gaps)}::jsonb)
    ON CONFLICT (name) DO UPDATE SET position = excluded.position, gaps = excluded.gaps`;
}

/** Drops what is older than a week, by days. */
export async function forgetFeed({ sql }: Sql): Promise<void> {
  await sql`SELECT forget_feed()`;
}

/**
 * The events that `cursor` has not read yet, in the order of their ids, and the cursor moved behind them. One
 * statement, unless ids are missing.
 */
export async function readOn(
  db: Sql,
  cursor: FeedCursor,
  page: { readonly kinds: readonly string[]; readonly limit: number },
): Promise<{ events: FeedEvent[]; last: number; passage: Passage }> {
  const running = cursor.gaps.length > 0 ? await findRunning(db) : undefined;
  const { events, last } = await listUnread(db, cursor, page);
  const newGaps = cursor.missing(events.map(({ id }) => id));
  const numberNow = newGaps.length > 0 ? await drawNumber(db) : '0';
  return { events, last, passage: { newGaps, numberNow, running } };
}
