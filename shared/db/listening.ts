/**
 * Hears what transactions announce by NOTIFY. What is announced may be lost with a connection: who is to miss
 * nothing looks at the table as well, now and then.
 */
import type { Database } from './database.ts';

/** Listens from the first call of the answer that succeeds; `heard` is given what was announced. */
export function listening(
  { sql }: Pick<Database, 'sql'>,
  channel: string,
  heard: (what: string) => void,
): () => Promise<void> {
  let hears = false;
  return async () => {
    if (hears) return;
    // The driver listens again, by itself, whenever it has a connection.
    await sql.listen(channel, heard);
    hears = true;
  };
}
