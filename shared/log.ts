/**
 * Structured logs (JSON lines on stderr). Log ids, codes and counts, never persons: errors are reduced to
 * their class, code and reason, because driver errors carry parameters. Every line has keys out of LOG_KEYS
 * alone, so that whoever searches logs learns one set of words.
 */
import { type DestinationStream, pino } from 'pino';
import { AppError } from './errors.ts';

/**
 * The keys of a line, besides `level`, `time`, `pid`, `hostname`, `name` (which program) and `msg` (what
 * happened: one fixed text an event). Anything else does not compile.
 */
export const LOG_KEYS = {
  err: 'an error: code, reason, message of our own; of others class, code and place alone',
  code: 'class of the outcome, or code of the system',
  reason: 'UPPER_SNAKE word that says why',
  request_id: 'of the HTTP request or gRPC call, as its answer names it',
  method: 'HTTP method, or full name of the gRPC method',
  route: 'pattern of the HTTP route',
  status: 'HTTP status',
  subject: 'who called, as the identity provider names staff',
  peer: 'program at the other end: hub, node/24, nobody',
  address: 'network address of who was refused',
  url: 'where the HTTP interface is',
  grpc: 'where gRPC listens',
  trace: 'id of a trace',
  revision: 'of the opening of the trace',
  province: 'two-digit code',
  provinces: 'what each province took: province, ms',
  enrolled: 'number of provinces',
  loop: 'name of the background loop',
  failures: 'in a row',
  waiting: 'what waits',
  channel: 'of what leaves the program',
  action: 'of the audit entry',
  step: 'of a trace at the hub: round, publish',
  ms: 'how long it took',
  cpu_ms: 'processor time of it',
  store_ms: 'of it waited for the database',
  messages: 'number of questions or deliveries',
  messages_in: 'messages received',
  messages_out: 'messages sent',
  bytes_in: 'bytes received',
  bytes_out: 'bytes sent',
  generation: 'of a key',
  generation_before: 'of the key until now',
  generations: 'of keys',
  wrap_sha256: 'of a wrapped federation key',
  identifiers: 'number that got tokens',
  persons: 'number of people that an alarm is about',
  locked: 'number left to the next pass',
  elements: 'number of blinded values',
  table: 'of the database',
  row: 'number of the row, which is no number of a person',
  rows: 'number of rows',
  retired: 'generations without rows',
  remaining: 'rows under earlier generations',
} as const;

export type LogKey = keyof typeof LOG_KEYS;

/** What a line says besides its text. */
export type LogFields = { readonly [K in LogKey]?: unknown };

type Write = (fields: LogFields, message: string) => void;

/** How much it matters: `fatal` ends the program, `error` needs somebody, `debug` is for the curious. */
export type Logger = Readonly<Record<'debug' | 'info' | 'warn' | 'error' | 'fatal', Write>>;

/** Where lines go that do not go to stderr: of a program that shares its process with others. */
export type LogTarget = DestinationStream;

/** A logger for one program; `name` is `node-24`, `hub` … */
export function createLogger(name: string, level = 'info', to: LogTarget = pino.destination(2)): Logger {
  return pino({ name, level, serializers: { err: describeError } }, to);
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
