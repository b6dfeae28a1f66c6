/**
 * The table `cursor_keys`: what signs the cursors of a program's lists. Its one row is made by the migration,
 * so that a cursor counts after a restart and at every instance of the program.
 */
import { strict as assert } from 'node:assert/strict';
import type { Queryable } from '../db/database.ts';

/** The key of this database's program, 32 bytes. */
export async function findCursorKey({ sql }: Queryable): Promise<Uint8Array> {
  const [row] = await sql<{ key: Uint8Array }[]>`SELECT key FROM cursor_keys`;
  assert(row, 'the migration makes the row');
  return row.key;
}
