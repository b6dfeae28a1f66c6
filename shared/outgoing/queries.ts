/**
 * The table `outgoing`, the same in node and hub. All times are those of the database's clock: several
 * programs may send from one table.
 */
import { asc, eq, gt, sql } from 'drizzle-orm';
import { conditionsOf, type FiltersOf } from '../db/conditions.ts';
import type { Queryable, Transaction } from '../db/database.ts';
import type { OutgoingItem } from './channels.ts';
import { ANNOUNCED_ON } from './enqueue.ts';
import type { OutgoingState } from './rules.ts';
import { outgoing } from './tables.ts';

type Sql = Pick<Queryable, 'sql'>;

/**
 * At most `limit` items of a channel whose time has come, the first of each subject, kept from others for
 * `leaseMs`: who takes them must be done with them by then, or they are taken again. By hand: drizzle has no
 * UPDATE of what it selects FOR UPDATE SKIP LOCKED, and it must be one statement, for its locks end with it.
 */
export async function takeItems(
  { sql: query }: Sql,
  channel: string,
  { limit, leaseMs }: { readonly limit: number; readonly leaseMs: number },
): Promise<OutgoingItem<unknown>[]> {
  const rows = await query<OutgoingItem<unknown>[]>`
    WITH next AS MATERIALIZED (
      SELECT id FROM outgoing AS o
      WHERE channel = ${channel} AND state = 'waiting' AND due_at <= now() AND NOT EXISTS (
        SELECT FROM outgoing AS earlier
        WHERE earlier.channel = o.channel AND earlier.subject = o.subject
          AND earlier.state = 'waiting' AND earlier.id < o.id)
      ORDER BY due_at, id LIMIT ${limit} FOR UPDATE SKIP LOCKED)
    UPDATE outgoing AS o SET tries = tries + 1, due_at = now() + ${leaseMs}::int * interval '1 ms'
    FROM next WHERE o.id = next.id
    RETURNING o.id, o.key, o.subject, o.body, o.tries AS attempt`;
  return [...rows].sort((a, b) => a.id - b.id);
}

/** What is noted of an item only if nobody else has taken it meanwhile. */
type Taken = Pick<OutgoingItem<unknown>, 'id' | 'attempt'>;

function isStillOurs({ sql: query }: Sql, { id, attempt }: Taken) {
  return query`id = ${id} AND state = 'waiting' AND tries = ${attempt}`;
}

/** It has been sent. */
export async function markSent(db: Sql, item: Taken): Promise<void> {
  await db.sql`UPDATE outgoing SET state = 'sent', ended_at = now(), failure = NULL
    WHERE ${isStillOurs(db, item)}`;
}

/** It has not, and is tried again. */
export async function postpone(
  db: Sql,
  item: Taken,
  { failure, pauseMs }: { readonly failure: string; readonly pauseMs: number },
): Promise<void> {
  await db.sql`UPDATE outgoing SET due_at = now() + ${pauseMs}::int8 * interval '1 ms', failure = ${failure}
    WHERE ${isStillOurs(db, item)}`;
}

/** It was not tried to the end: it is due at once, as if it had not been tried. */
export async function giveBack(db: Sql, item: Taken): Promise<void> {
  await db.sql`UPDATE outgoing SET due_at = now(), tries = tries - 1 WHERE ${isStillOurs(db, item)}`;
}

/** It is a dead letter. */
export async function markDead(db: Sql, item: Taken, failure: string): Promise<void> {
  await db.sql`UPDATE outgoing SET state = 'dead', ended_at = now(), failure = ${failure}
    WHERE ${isStillOurs(db, item)}`;
}

/** A row as operators see it; the body is the sender's business. */
export type OutgoingRow = Readonly<Omit<typeof outgoing.$inferSelect, 'body'>>;

const COLUMNS = {
  ...{ id: outgoing.id, channel: outgoing.channel, key: outgoing.key, subject: outgoing.subject },
  ...{ state: outgoing.state, tries: outgoing.tries, failure: outgoing.failure },
  ...{ createdAt: outgoing.createdAt, dueAt: outgoing.dueAt, endedAt: outgoing.endedAt },
};

const CONDITIONS = {
  state: (state: OutgoingState) => eq(outgoing.state, state),
  channel: (name: string) => eq(outgoing.channel, name),
  /** Behind the item where the page before ended. */
  after: (id: number) => gt(outgoing.id, id),
};

export interface OutgoingPage extends FiltersOf<typeof CONDITIONS> {
  readonly state: OutgoingState;
  readonly limit: number;
}

/** At most `limit` in a state, oldest first. */
export function listOutgoing({ orm }: Queryable, page: OutgoingPage): Promise<OutgoingRow[]> {
  return orm
    .select(COLUMNS)
    .from(outgoing)
    .where(conditionsOf(CONDITIONS, page))
    .orderBy(asc(outgoing.id))
    .limit(page.limit);
}

/** One; undefined if there is none. `lock`: others wait until this transaction ends. */
export async function findOutgoing(
  { orm }: Queryable,
  id: number,
  lock = false,
): Promise<OutgoingRow | undefined> {
  const query = orm.select(COLUMNS).from(outgoing).where(eq(outgoing.id, id));
  const [row] = await (lock ? query.for('update') : query);
  return row;
}

/** A dead letter is an item that waits, as new. */
export async function revive({ orm, sql: query }: Transaction, id: number): Promise<void> {
  await orm
    .update(outgoing)
    .set({ state: 'waiting', tries: 0, dueAt: sql`now()`, endedAt: null })
    .where(eq(outgoing.id, id));
  await query`SELECT pg_notify(${ANNOUNCED_ON}, '')`;
}

/** A dead letter is given up. */
export async function markDiscarded({ orm }: Transaction, id: number): Promise<void> {
  await orm.update(outgoing).set({ state: 'discarded', endedAt: sql`now()` }).where(eq(outgoing.id, id));
}

/** How many wait or are dead letters in each channel, and since when the oldest is there. */
export interface OutgoingCount {
  readonly channel: string;
  readonly state: 'waiting' | 'dead';
  readonly count: number;
  readonly oldestSeconds: number;
}

/** Of all channels that have any. Not by IN, which would read what was sent: an index knows one state. */
export function countOutgoing({ sql: query }: Sql): Promise<OutgoingCount[]> {
  return query<OutgoingCount[]>`
    SELECT channel, state, count(*) AS count,
      extract(epoch FROM now() - min(created_at))::int8 AS "oldestSeconds"
    FROM outgoing WHERE state = 'waiting' OR state = 'dead' GROUP BY channel, state ORDER BY channel, state`;
}

/** Drops at most `limit` that were sent, given up or dead a month ago; the answer is how many. */
export async function forgetOutgoing({ sql: query }: Sql, limit: number): Promise<number> {
  const gone = await query`DELETE FROM outgoing WHERE id IN (
    SELECT id FROM outgoing WHERE ended_at < now() - interval '30 days' ORDER BY ended_at LIMIT ${limit})`;
  return gone.count;
}
