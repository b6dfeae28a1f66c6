/**
 * Writes one event, in the transaction that made the change, and wakes the readers at its commit. Called by
 * `Transaction.emit` only.
 */
import type postgres from 'postgres';
import type { FeedKind } from './kinds.ts';

/** Name of the channel on which the kinds of new events are announced. */
export const CHANNEL = 'feed';

/**
 * One event. To be called after the change was written: whoever writes about the same subject waits for this
 * transaction, so that ids have the order of the commits. The transaction has its number before the event has
 * its id, on which readers rely (see cursor.ts).
 */
export async function emitEvent<Body>(sql: postgres.ISql, kind: FeedKind<Body>, body: Body): Promise<void> {
  await sql`
    WITH writer AS MATERIALIZED (SELECT pg_current_xact_id() IS NOT NULL AS numbered)
    INSERT INTO feed (kind, body)
    SELECT ${kind.name}, ${JSON.stringify(body)}::jsonb FROM writer WHERE numbered
    RETURNING pg_notify(${CHANNEL}, kind)`;
}
