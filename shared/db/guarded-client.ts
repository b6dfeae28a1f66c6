/**
 * A postgres.js client whose every error is translated (see errors.ts) before anyone sees it, in queries, cursors,
 * transactions and savepoints alike. It must not change what queries do.
 */
import type postgres from 'postgres';
import { guarded, toDatabaseError } from './errors.ts';

type Callable = (...args: unknown[]) => unknown;

/** What postgres.js queries carry besides their types: the connection calls `reject`, and cursors replace it. */
interface Rejectable {
  reject: (error: unknown) => void;
}

/** Object id of the type jsonb. */
const JSONB = 3802;

/** `client` with translated errors. A transaction gets `begin` too: a savepoint, which is what drizzle needs. */
export function guardClient<T extends postgres.Sql | postgres.TransactionSql>(client: T, root: postgres.Sql): T {
  const members = guardedMembers(client as unknown as Record<string, Callable>, root);
  return new Proxy(client, {
    apply: (target, _self, args) =>
      guardQuery(Reflect.apply(target as unknown as Callable, undefined, args), args[0]),
    get: (target, name) => (name in members ? members[name as string] : Reflect.get(target, name)),
  });
}

function guardedMembers(client: Record<string, Callable>, root: postgres.Sql): Record<string, unknown> {
  const nested = (work: unknown) => (tx: postgres.TransactionSql) => (work as Callable)(guardClient(tx, root));
  const scope =
    (open: Callable) =>
    (...args: unknown[]) =>
      guarded(() => open(...args.slice(0, -1), nested(args.at(-1))));
  return {
    // Drizzle alters the options of the client that it is given: the pool's once, a transaction's in vain.
    options: client.options ?? { parsers: {}, serializers: {} },
    // Drizzle's json serializer passes text through (see database.ts), so the value must be text already.
    json: (value: unknown) => client.typed?.(JSON.stringify(value), JSONB),
    unsafe: (...args: unknown[]) => guardQuery(client.unsafe?.(...args)),
    file: (...args: unknown[]) => guardQuery(client.file?.(...args)),
    listen: (...args: unknown[]) => guarded(() => client.listen?.(...args)),
    begin: scope((client.begin ?? client.savepoint) as Callable),
    savepoint: client.savepoint && scope(client.savepoint),
    reserve: () => guarded(async () => guardClient(await root.reserve(), root)),
  };
}

/** Queries are promises that the connection settles by calling their `reject`: translation sits right there. */
function guardQuery(query: unknown, template?: unknown): unknown {
  if (!(query instanceof Promise)) return query;
  const rejectable = query as unknown as Rejectable;
  const origin = originOf(template);
  let { reject } = rejectable;
  Object.defineProperty(query, 'reject', {
    get: () => (error: unknown) => reject(toDatabaseError(error, origin)),
    set: (replacement: Rejectable['reject']) => {
      reject = replacement;
    },
  });
  return query;
}

/** Where in our code each tagged template stands: looked up once a template, so that failures can be found in logs. */
const origins = new WeakMap<object, Error>();

function originOf(template: unknown): Error | undefined {
  if (typeof template !== 'object' || template === null) return undefined;
  const known = origins.get(template);
  if (known) return known;
  const origin = new Error('origin');
  origins.set(template, origin);
  return origin;
}
