/**
 * The door to PostgreSQL: one pool a program, for hand-written SQL (`sql`) and drizzle (`orm`) alike. Every
 * error that leaves is an AppError without values (see errors.ts).
 *
 * Values, in both directions (drizzle alters the client that it shares, so this holds for hand-written SQL):
 * - int8 and int8[] are JS numbers, an error beyond 2^53; numeric (so `sum(bigint)`) is text; bytea is a
 *   Buffer;
 * - arrays of the types of array-types.ts come back as such, those of others as text;
 * - date and timestamptz come back as text in UTC (`2021-12-29 00:00:00+00`): select `extract(epoch from
 *   x)::bigint` where a number is wanted. A Date, or text that PostgreSQL reads, may be sent;
 * - json comes back parsed; send it as `${sql.json(value)}`, or as text with `::jsonb`.
 */
import postgres from 'postgres';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import { emitEvent } from '../feed/emit.ts';
import type { FeedKind } from '../feed/kinds.ts';
import type { NewItem, OutgoingChannel } from '../outgoing/channels.ts';
import { enqueueItems } from '../outgoing/enqueue.ts';
import { useArrayTypes } from './array-types.ts';
import { sqlStateOf } from './errors.ts';
import { guardPool } from './guarded-client.ts';
import { useOrderlySockets } from './orderly-socket.ts';
import { type Orm, ormOf, settleForDrizzle } from './orm.ts';
import { UnderWay } from './under-way.ts';

/** What queries need: satisfied by a Database and by a Transaction. */
export interface Queryable {
  readonly sql: postgres.ISql;
  readonly orm: Orm;
}

/** A pool of connections. Disposing waits up to five seconds for running statements, then cuts them off. */
export interface Database extends Queryable, AsyncDisposable {
  readonly sql: postgres.Sql;
  [Symbol.asyncDispose](): Promise<void>;
}

/** One open transaction; `sql.savepoint` and `orm.transaction` nest in it. */
export interface Transaction extends Queryable {
  readonly sql: postgres.TransactionSql;
  /**
   * Tells the program's feed what this transaction has changed, if it commits: one event a batch, after the
   * change was written. Ids, codes and wards, of what moved also the old place; nothing personal.
   */
  emit<Body>(kind: FeedKind<Body>, body: Body): Promise<void>;
  /**
   * Sends items after the commit, each until it has arrived, in this order about one subject; to be called
   * after the change was written. Ids and codes; nothing personal.
   */
  enqueue<Body>(channel: OutgoingChannel<Body>, items: readonly NewItem<Body>[]): Promise<void>;
}

export interface DatabaseOptions {
  /** Most connections that the pool opens; they are opened when needed. */
  readonly max: number;
  /** Shown as application_name in pg_stat_activity: `node-24`, `hub` … */
  readonly name: string;
  /** Run-time settings of every connection of the pool, such as `enable_seqscan: 'off'`. */
  readonly settings?: Readonly<Record<string, string>>;
}

const END_TIMEOUT_MS = 5_000;
/** For the words of farewell on connections of which nobody waits for anything. */
const FAREWELL_SECONDS = 0.2;

/**
 * A pool on `url` (`postgres://user:password@host:port/database`). Opens no connection yet: the first
 * statement fails with UNAVAILABLE/DATABASE_UNAVAILABLE if there is no server.
 */
export function openDatabase(url: string, options: DatabaseOptions): Database {
  const client = postgres(url, {
    max: options.max,
    types: { int8: INT8 },
    // array-types.ts knows them.
    fetch_types: false,
    connection: { ...options.settings, application_name: options.name, TimeZone: 'UTC' },
    connect_timeout: 10,
    // The driver's default waits up to 20 s after a server has come back.
    backoff: ((attempt: number) => Math.min(0.05 * 2 ** attempt, 1)) as unknown as boolean,
    // Notices quote statements, and the driver prints them.
    onnotice: () => undefined,
  }) as unknown as postgres.Sql;
  useOrderlySockets(client);
  const underWay = new UnderWay();
  const sql = guardPool(client, underWay);
  settleForDrizzle(client);
  useArrayTypes(client);
  const end = async () => {
    await underWay.none(END_TIMEOUT_MS);
    await client.end({ timeout: FAREWELL_SECONDS });
  };
  return { sql, orm: ormOf(sql), [Symbol.asyncDispose]: end };
}

/**
 * Runs `work` in a READ COMMITTED transaction: committed when it resolves, rolled back when it rejects (with
 * the same error). ABORTED/TRANSACTION_CONFLICT means that the whole may be tried again. When the connection
 * is lost it rejects with UNAVAILABLE/DATABASE_UNAVAILABLE at once, and refuses what `work`, if still
 * running, asks of the transaction.
 */
export function withTransaction<T>(db: Database, work: (tx: Transaction) => Promise<T>): Promise<T> {
  return db.sql.begin((sql) => work(transactionOf(sql))) as Promise<T>;
}

/**
 * Runs `work` on one snapshot of the database (REPEATABLE READ READ ONLY): it sees all of a commit or
 * nothing.
 */
export function snapshot<T>(db: Database, work: (tx: Transaction) => Promise<T>): Promise<T> {
  return db.sql.begin('isolation level repeatable read read only', (sql) =>
    work(transactionOf(sql)),
  ) as Promise<T>;
}

/** How often a transaction that lost against others is run in all, unless told. */
const TRIES = 10;

/**
 * Runs `work`, which opens a transaction of its own, again while it fails with TRANSACTION_CONFLICT: whoever
 * it lost against has got on. Rejects with the last conflict after `tries`.
 */
export async function retryConflicts<T>(work: () => Promise<T>, tries = TRIES): Promise<T> {
  for (let left = tries; ; left--) {
    try {
      return await work();
    } catch (error) {
      const conflict = error instanceof AppError && error.reason === 'TRANSACTION_CONFLICT';
      if (!conflict || left <= 1) throw error;
    }
  }
}

export interface RetryOptions {
  readonly clock: Clock;
  /** How long to go on trying; 60 s unless told. */
  readonly patienceMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Runs `work` again, every 0.2 s, while the database cannot be reached, so that a program may be started
 * before it. `work` must be repeatable. Rejects with the last UNAVAILABLE when patience ends or `signal`
 * aborts.
 */
export async function retryWhileStarting<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { clock, patienceMs = 60_000, signal } = options;
  const until = clock.nowMs() + patienceMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const starting = error instanceof AppError && error.reason === 'DATABASE_UNAVAILABLE';
      const closedByUs = sqlStateOf(error) === 'CONNECTION_ENDED';
      if (!starting || closedByUs || signal?.aborted || clock.nowMs() >= until) throw error;
      await clock.sleep(200, signal);
    }
  }
}

function transactionOf(sql: postgres.TransactionSql): Transaction {
  let orm: Orm | undefined;
  return {
    sql,
    // Made where it is asked for: most transactions write by hand.
    get orm() {
      orm ??= ormOf(sql);
      return orm;
    },
    emit: (kind, body) => emitEvent(sql, kind, body),
    enqueue: (channel, items) => enqueueItems(sql, channel, items),
  };
}

const INT8: postgres.PostgresType<number> = {
  to: 20,
  from: [20],
  serialize: (value) => String(value),
  parse: (text: string) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value)) throw new RangeError('int8 beyond 2^53');
    return value;
  },
};
