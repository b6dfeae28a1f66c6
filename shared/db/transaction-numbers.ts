/**
 * How far the transactions of a server have come: what readers of rows that others still write go by.
 */
import type { Queryable } from './database.ts';

type Sql = Pick<Queryable, 'sql'>;

/** Oldest number of a transaction at work: whatever has a smaller one is visible, or never will be. */
export async function findRunning({ sql }: Sql): Promise<string> {
  const [row] = await sql<{ running: string }[]>`
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS running`;
  return row?.running as string;
}

/** A transaction number above all that have been given; that of the transaction, if `db` is one. */
export async function drawNumber({ sql }: Sql): Promise<string> {
  const [row] = await sql<{ number: string }[]>`SELECT pg_current_xact_id()::text AS number`;
  return row?.number as string;
}
