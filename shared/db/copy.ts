/**
 * COPY, both ways, for what is read or loaded by the hundred thousand rows: an ordinary query makes an object
 * a row and a string a value. Everything else uses queries.
 */
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type postgres from 'postgres';
import {
  BinaryRowReader,
  type CopyColumns,
  type CopySource,
  type CopyType,
  textRows,
} from './copy-format.ts';
import { toDatabaseError } from './errors.ts';

export type { CopyColumn, CopyColumns, CopySource, CopyType, CopyValue } from './copy-format.ts';

/**
 * Rows of `select` (hand-written, in its order) as one typed array a column: int2 and int4 → Int32Array, int8
 * → Float64Array, bool → Uint8Array, bytea16 and bytea24 → so many bytes a row in one Uint8Array. NULL:
 * NULL_INT, NaN, NULL_BOOL (copy-format.ts), zeros. In a transaction it reads that transaction's snapshot. A
 * statement that fails, also after many rows, rejects.
 *
 * COPY takes no parameters: `select` must contain none, and nothing that came from outside but numbers.
 * Columns that have not exactly the given types (cast them) are a programmer's mistake and reject with a
 * plain Error.
 */
export async function copyColumns<const T extends readonly CopyType[]>(
  sql: postgres.ISql,
  select: string,
  types: T,
): Promise<{ rows: number; columns: CopyColumns<T> }> {
  const reader = new BinaryRowReader(types);
  const problems: unknown[] = [];
  await runCopy(sql, `copy (${select}) to stdout (format binary)`, (stream) => {
    // The driver pushes every row into a Readable, which costs more than parsing it: so it is taken where it
    // is pushed.
    stream.push = (chunk: Buffer | null) => {
      try {
        if (chunk !== null && problems.length === 0) reader.push(chunk);
      } catch (error) {
        // Not thrown through the driver: the rest of the answer has to be received anyway.
        problems.push(error);
      }
      return true;
    };
  });
  if (problems.length > 0) throw problems[0];
  return reader.finish();
}

/**
 * Loads columns of equal length into `target`, `table (column, …)` as written in SQL, in their order. NULL is
 * null, undefined, NaN, or NULL_INT in an Int32Array. All rows or none; fails as a statement does. Returns
 * the number of rows.
 */
export async function copyIn(
  sql: postgres.ISql,
  target: string,
  columns: readonly CopySource[],
): Promise<number> {
  const rows = columns[0]?.length ?? 0;
  if (columns.some((column) => column.length !== rows)) throw new RangeError('columns of different lengths');
  await runCopy(sql, `copy ${target} from stdin`, (stream) => {
    // Its failures reach the query as well: a destroyed stream cancels the COPY.
    pipeline(Readable.from(textRows(columns, rows)), stream).catch(() => undefined);
  });
  return rows;
}

/**
 * The driver's end of a query: `resolve` first gets the stream of a COPY, and once more when the server is
 * done.
 */
interface CopyQuery {
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
  execute(): unknown;
}

/**
 * Runs a COPY on a connection that is its own: of a pool whose connections are all at work, one takes others'
 * statements in advance, and the driver refuses them with COPY_IN_PROGRESS. Nobody else has a transaction's.
 */
async function runCopy(
  sql: postgres.ISql,
  statement: string,
  begin: (stream: Readable & Writable) => void,
): Promise<void> {
  if ('savepoint' in sql) return copyWithin(sql, statement, begin);
  await (sql as postgres.Sql).begin((tx) => copyWithin(tx, statement, begin));
}

/**
 * Runs a COPY: `begin` gets its stream before any byte has passed. Settles when the server says so. The
 * driver's own way (`readable()`, `writable()`) hands the stream out too late and then tells of nothing: an
 * error that follows at once is thrown into the void, and a COPY FROM that is refused after its last byte
 * never ends.
 */
function copyWithin(
  sql: postgres.ISql,
  statement: string,
  begin: (stream: Readable & Writable) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const query = sql.unsafe(statement) as unknown as CopyQuery;
    query.reject = (error) => reject(toDatabaseError(error));
    query.resolve = (value) => {
      if (!(value instanceof Readable || value instanceof Writable)) return resolve();
      value.on('error', () => undefined);
      begin(value as Readable & Writable);
    };
    query.execute();
  });
}
