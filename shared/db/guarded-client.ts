/**
 * A postgres.js client whose every error is translated (see errors.ts) before anyone sees it, in queries,
 * cursors, transactions and savepoints alike, and whose transactions end when their connection does. It must
 * not change what queries do otherwise.
 */
import type postgres from 'postgres';
import { toDatabaseError } from './errors.ts';
import { TransactionScope } from './transaction-scope.ts';
import type { UnderWay } from './under-way.ts';

type Callable = (...args: unknown[]) => unknown;

/**
 * What postgres.js queries carry besides their types: what sends them, and what the connection calls when
 * they fail.
 */
interface DriverQuery {
  handler: (query: DriverQuery) => void;
  /** Cursors replace these. */
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
}

/** Object id of the type jsonb. */
const JSONB = 3802;

/**
 * A pool with translated errors, which says what of it is under way: statements of its own and transactions.
 */
export function guardPool(client: postgres.Sql, underWay: UnderWay): postgres.Sql {
  return guardClient(client, underWay);
}

/** A transaction (`within` a scope) gets `begin` too: a savepoint, which is what drizzle needs. */
function guardClient<T extends postgres.Sql | postgres.TransactionSql>(
  client: T,
  within: UnderWay | TransactionScope,
): T {
  const guarded = guardedProperties(client as unknown as Record<string, Callable>, within);
  return new Proxy(client, {
    apply: (target, _self, args) =>
      guardQuery(Reflect.apply(target as unknown as Callable, undefined, args), within, args[0]),
    get: (target, name) => (name in guarded ? guarded[name as string] : Reflect.get(target, name)),
  });
}

function guardedProperties(client: Record<string, Callable>, within: UnderWay | TransactionScope) {
  const nesting = (open: Callable | undefined) =>
    open && ((...args: unknown[]) => runWithin(open, args, within));
  const guarded: Record<string, unknown> = {
    // Drizzle's json serializer passes text through (see database.ts), so the value must be text already.
    json: (value: unknown) => client.typed?.(JSON.stringify(value), JSONB),
    unsafe: (...args: unknown[]) => guardQuery(client.unsafe?.(...args), within),
    file: (...args: unknown[]) => guardQuery(client.file?.(...args), within),
    begin: nesting(client.begin ?? client.savepoint),
    savepoint: nesting(client.savepoint),
  };
  return guarded;
}

/** Opens a transaction of a pool, or a savepoint in a transaction. */
async function runWithin(
  open: Callable,
  args: readonly unknown[],
  within: UnderWay | TransactionScope,
): Promise<unknown> {
  if (within instanceof TransactionScope) return runScope(open, args, within);
  const ended = within.begin();
  try {
    return await runScope(open, args, undefined);
  } finally {
    ended();
  }
}

/**
 * Opens a transaction, or a savepoint in `outer`, with `[…options, work]`. What `work` throws leaves as it
 * is; see TransactionScope for why the driver is not always told.
 */
function runScope(
  open: Callable,
  args: readonly unknown[],
  outer: TransactionScope | undefined,
): Promise<unknown> {
  const scope = outer ?? new TransactionScope();
  const work = args.at(-1) as Callable;
  const thrown = new Set<unknown>();
  const settled = open(...args.slice(0, -1), (tx: postgres.TransactionSql) =>
    scope
      .untilLost(async () => work(guardClient(tx, scope)))
      .catch((error: unknown) => {
        thrown.add(error);
        throw error;
      }),
  ) as Promise<unknown>;
  const translated = settled.catch((error: unknown) => {
    if (thrown.has(error)) throw error;
    // The driver's own: there was no connection, or it was closed.
    const translation = toDatabaseError(error);
    if (!outer) scope.noteFailure(translation);
    throw translation;
  });
  return Promise.race([translated, scope.whenLost]);
}

/**
 * Queries are promises that the connection settles by calling their `reject`: translation sits right there.
 */
function guardQuery(query: unknown, within: UnderWay | TransactionScope, template?: unknown): unknown {
  if (!(query instanceof Promise)) return query;
  const driverQuery = query as unknown as DriverQuery;
  const scope = within instanceof TransactionScope ? within : undefined;
  const ended = within instanceof TransactionScope ? undefined : count(driverQuery, within);
  const origin = originOf(template);
  let { reject } = driverQuery;
  Object.defineProperty(query, 'reject', {
    get: () => (error: unknown) => {
      const translated = toDatabaseError(error, origin);
      scope?.noteFailure(translated);
      ended?.();
      reject(translated);
    },
    set: (replacement: DriverQuery['reject']) => {
      reject = replacement;
    },
  });
  if (scope) confine(driverQuery, scope);
  return query;
}

/** Counts `query` from when the driver gets it until its result; what says that it has failed instead. */
function count(query: DriverQuery, underWay: UnderWay): () => void {
  const { handler, resolve } = query;
  let ended = () => {};
  query.handler = (self) => {
    ended = underWay.begin();
    handler(self);
  };
  query.resolve = (result) => {
    ended();
    resolve(result);
  };
  return () => ended();
}

/** Lets `query` out only while its transaction has its connection. */
function confine(query: DriverQuery, scope: TransactionScope): void {
  const { handler } = query;
  query.handler = (self) => (scope.lost ? self.reject(scope.lost) : handler(self));
}

/**
 * Where in our code each tagged template stands: looked up once a template, so that failures can be found in
 * logs.
 */
const origins = new WeakMap<object, Error>();

function originOf(template: unknown): Error | undefined {
  if (typeof template !== 'object' || template === null) return undefined;
  const known = origins.get(template);
  if (known) return known;
  const origin = new Error('origin');
  origins.set(template, origin);
  return origin;
}
