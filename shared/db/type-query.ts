/**
 * When the driver has connected it asks the server for its array types, and leaves the failure of that
 * question to nobody: a connection that ends in that moment would end the process. Here the question is
 * answered with nothing then; the connection is made anew, and what waits for it is asked again.
 */
import type postgres from 'postgres';

/** Of the driver's queries, what is needed to recognize that one. */
interface DriverQuery {
  readonly strings: readonly string[];
  resolve(rows: readonly never[]): void;
}

const patched = new WeakSet<object>();

/** Makes the driver's own question about types harmless, for all clients of this process. */
export function settleTypeQueries(client: postgres.Sql): void {
  // Not sent: a query begins when somebody waits for it.
  const prototype = Object.getPrototypeOf(client`SELECT`) as object;
  if (patched.has(prototype)) return;
  patched.add(prototype);
  Object.defineProperty(prototype, 'reject', {
    configurable: true,
    /** Called by the constructor of each query. */
    set(this: DriverQuery, reject: (error: unknown) => void) {
      const value = isTypeQuery(this.strings) ? () => this.resolve([]) : reject;
      Object.defineProperty(this, 'reject', { value, writable: true, configurable: true, enumerable: true });
    },
  });
}

function isTypeQuery([text = '']: readonly string[]): boolean {
  return /^\s*select b\.oid, b\.typarray\s+from pg_catalog\.pg_type a\s/.test(text);
}
