/**
 * Translates what postgres.js, drizzle and the network throw. Their errors carry statements, parameters and
 * key values; none of that may leave `shared/db`: only SQLSTATE, constraint, table and the server's routine
 * do.
 */
import { AppError } from '../errors.ts';

/** Cause of a translated error: safe to log, tells no value. */
export class DatabaseError extends Error {
  /** SQLSTATE, or the driver's or the system's word (`CONNECTION_CLOSED`, `ECONNREFUSED`). */
  readonly code: string;
  readonly constraint_name: string | undefined;
  readonly table_name: string | undefined;
  readonly routine: string | undefined;

  constructor(code: string, source: Readonly<Record<string, unknown>>, origin?: Error) {
    super(describeCode(code, text(source.message)));
    this.name = 'DatabaseError';
    this.code = code;
    this.constraint_name = text(source.constraint_name);
    this.table_name = text(source.table_name);
    this.routine = text(source.routine);
    this.stack = [
      `${this.name}: ${this.message}`,
      ...ownFrames(origin?.stack),
      ...ownFrames(source.stack),
    ].join('\n');
  }
}

/** No connection, or one that ended under the statement: whether it took effect is unknown. */
const UNREACHABLE = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_DESTROYED',
  'CONNECTION_ENDED',
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now: starting up or recovering
  '53300', // too_many_connections
]);

/** The transaction was undone and may be tried again as a whole. */
const CONFLICTS = new Set([
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '55P03', // lock_not_available: a lock_timeout of ours is over
]);

/** Somebody sent a NUL; no text in PostgreSQL can hold one, and no caller means one. */
const UNSTORABLE = new Set([
  '22021', // character_not_in_repertoire
  '22P05', // untranslatable_character
]);

/**
 * `error` of a database call as an AppError: UNAVAILABLE/DATABASE_UNAVAILABLE, ABORTED/TRANSACTION_CONFLICT,
 * INVALID_ARGUMENT/INVALID_CHARACTER, or INTERNAL/DATABASE_ERROR, with a `DatabaseError` as cause, whose
 * stack begins with that of `origin`. An AppError stays as it is.
 *
 * Applied by `shared/db` itself, to every error of `Database.sql` and `Database.orm`: nobody else needs to
 * call it.
 */
export function toDatabaseError(error: unknown, origin?: Error): AppError {
  if (error instanceof AppError) return error;
  const source = innermost(error);
  const code = text(source.code) ?? 'UNKNOWN';
  const cause = new DatabaseError(code, source, origin);
  if (UNREACHABLE.has(code) || /^080..$/.test(code)) {
    return new AppError('UNAVAILABLE', 'DATABASE_UNAVAILABLE', 'the database cannot be reached', { cause });
  }
  if (CONFLICTS.has(code)) {
    return new AppError('ABORTED', 'TRANSACTION_CONFLICT', 'lost against another transaction', { cause });
  }
  if (UNSTORABLE.has(code)) {
    const message = 'a text holds a character that cannot be stored';
    return new AppError('INVALID_ARGUMENT', 'INVALID_CHARACTER', message, { cause });
  }
  return new AppError('INTERNAL', 'DATABASE_ERROR', 'internal error', { cause });
}

/** Whether `error` is a translated violation of a unique constraint (of this one, if named). */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  return violates(error, '23505', constraint);
}

/** Whether `error` is a translated violation of a foreign key (of this one, if named). */
export function isForeignKeyViolation(error: unknown, constraint?: string): boolean {
  return violates(error, '23503', constraint);
}

/** SQLSTATE of a translated error, undefined for anything else. */
export function sqlStateOf(error: unknown): string | undefined {
  const cause = error instanceof AppError ? error.cause : error;
  return cause instanceof DatabaseError ? cause.code : undefined;
}

function violates(error: unknown, sqlState: string, constraint: string | undefined): boolean {
  const cause = error instanceof AppError ? error.cause : error;
  if (!(cause instanceof DatabaseError) || cause.code !== sqlState) return false;
  return constraint === undefined || cause.constraint_name === constraint;
}

type SourceError = Error & Readonly<Record<string, unknown>>;

/**
 * Only of class 42, wrong statements, the server's words are repeated: they quote the statement, never a
 * value.
 */
function describeCode(code: string, message: string | undefined): string {
  return /^42...$/.test(code) && message !== undefined ? `${code}: ${message}` : `database error ${code}`;
}

/**
 * Drizzle puts the driver's error under one of its own; several addresses that failed come as an
 * AggregateError.
 */
function innermost(error: unknown): Readonly<Record<string, unknown>> {
  if (!(error instanceof Error)) return {};
  if ('query' in error && error.cause instanceof Error) return innermost(error.cause);
  const [first] = error instanceof AggregateError ? error.errors : [];
  const { code, message, constraint_name, table_name, routine, stack } = (first ?? error) as SourceError;
  return { code: code ?? (error as SourceError).code, message, constraint_name, table_name, routine, stack };
}

/**
 * Frames of our own code: lines of a stack that are not frames quote messages, and the driver's frames say
 * nothing.
 */
function ownFrames(stack: unknown): string[] {
  const lines = text(stack)?.split('\n') ?? [];
  return lines.filter(
    (line) => /^\s+at .*:\d+:\d+\)?$/.test(line) && !/node:|\/node_modules\/|\/guarded-client\./.test(line),
  );
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
