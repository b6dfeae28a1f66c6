/**
 * Puts items into a channel, in the transaction that is their reason, and wakes its sender at the commit.
 * Called by `Transaction.enqueue` only.
 */
import type postgres from 'postgres';
import type { NewItem, OutgoingChannel } from './channels.ts';

/** Name of the channel of NOTIFY on which new items are announced. */
export const ANNOUNCED_ON = 'outgoing';

/**
 * To be called after the change was written: whoever writes about the same subject waits for this
 * transaction, so that ids have the order of the commits. Items whose key is known already change nothing.
 */
export async function enqueueItems<Body>(
  sql: postgres.ISql,
  { name }: OutgoingChannel<Body>,
  items: readonly NewItem<Body>[],
): Promise<void> {
  const rows = items.map(({ key, subject, body }) => ({ key, subject, body }));
  // One statement a batch; identities are drawn in the order of the batch.
  await sql`
    INSERT INTO outgoing (channel, key, subject, body)
    SELECT ${name}, item ->> 'key', item ->> 'subject', item -> 'body'
    FROM jsonb_array_elements(${JSON.stringify(rows)}::jsonb) WITH ORDINALITY AS t (item, place)
    ORDER BY place
    ON CONFLICT (channel, key) DO NOTHING
    RETURNING pg_notify(${ANNOUNCED_ON}, channel)`;
}
