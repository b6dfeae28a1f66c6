/**
 * Structured logs (JSON lines on stderr). Log ids, codes and counts, never persons: errors are reduced to
 * their class, code and reason, because driver errors carry parameters.
 */
import { type Logger, pino } from 'pino';
import { AppError } from './errors.ts';

export type { Logger } from 'pino';

/** A logger for one program; `name` is `node-24`, `hub` … */
export function createLogger(name: string, level = 'info'): Logger {
  return pino({ name, level, serializers: { err: describeError } }, pino.destination(2));
}

/** What of an error may be logged: no message of foreign origin, no parameters. */
export function describeError(error: unknown): Record<string, unknown> {
  if (error instanceof AppError) {
    const cause = error.cause === undefined ? undefined : describeError(error.cause);
    return { code: error.code, reason: error.reason, message: error.message, cause };
  }
  if (!(error instanceof Error)) return { type: typeof error };
  const { code, constraint_name: constraint, routine } = error as Error & Record<string, unknown>;
  const at = error.stack
    ?.split('\n')
    .filter((line) => line.trim().startsWith('at '))
    .slice(0, 4);
  return { type: error.name, code, constraint, routine, at };
}
