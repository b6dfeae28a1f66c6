/**
 * The one error class that may cross a border. `code` decides the gRPC and HTTP status (mapped in
 * `shared/grpc` and `shared/http`), `reason` is for machines, `message` may be read by another province:
 * never personal data.
 */

export type ErrorCode =
  | 'INVALID_ARGUMENT'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'FAILED_PRECONDITION'
  | 'PERMISSION_DENIED'
  | 'UNAUTHENTICATED'
  | 'RESOURCE_EXHAUSTED'
  | 'ABORTED'
  | 'UNAVAILABLE'
  | 'DEADLINE_EXCEEDED'
  | 'CANCELLED'
  | 'UNIMPLEMENTED'
  | 'INTERNAL';

/** One field of the input and what is wrong with it. */
export interface FieldError {
  field: string;
  reason: string;
}

export type ErrorExtension = Readonly<Record<string, string | readonly string[]>>;

export class AppError extends Error {
  readonly code: ErrorCode;
  /** Stable UPPER_SNAKE word that clients may match. */
  readonly reason: string;
  /** Fields and reasons; travels with the error. */
  readonly details: readonly FieldError[];
  /** After how long trying again may succeed; undefined where nobody knows. */
  readonly retryAfterSeconds: number | undefined;
  /** Further members of the problem (RFC 9457 section 3.2): states and commands, never personal data. */
  readonly extension: ErrorExtension;

  constructor(
    code: ErrorCode,
    reason: string,
    message: string,
    options: {
      cause?: unknown;
      details?: readonly FieldError[];
      retryAfterSeconds?: number;
      extension?: ErrorExtension | undefined;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.reason = reason;
    this.details = options.details ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.extension = options.extension ?? {};
  }
}

/** Bad input in one field: INVALID_ARGUMENT with reason INVALID_FIELD unless told otherwise. */
export function invalidField(field: string, reason: string, code = 'INVALID_FIELD'): AppError {
  return new AppError('INVALID_ARGUMENT', code, `${field}: ${reason}`, { details: [{ field, reason }] });
}

/**
 * Any thrown value as an AppError; what is not one becomes INTERNAL with the original as its (unsent) cause.
 */
export function toAppError(error: unknown): AppError {
  return error instanceof AppError
    ? error
    : new AppError('INTERNAL', 'INTERNAL', 'internal error', { cause: error });
}

/**
 * What a code says of trying again. `refused`: the same request gets the same answer; `not_now`: it was
 * refused too, by a limit, a credential or a version that may change; `failed`: nothing was said about the
 * request.
 */
const SENSE: Readonly<Record<ErrorCode, 'refused' | 'not_now' | 'failed'>> = {
  INVALID_ARGUMENT: 'refused',
  NOT_FOUND: 'refused',
  ALREADY_EXISTS: 'refused',
  FAILED_PRECONDITION: 'refused',
  PERMISSION_DENIED: 'refused',
  UNAUTHENTICATED: 'not_now',
  RESOURCE_EXHAUSTED: 'not_now',
  UNIMPLEMENTED: 'not_now',
  ABORTED: 'failed',
  UNAVAILABLE: 'failed',
  DEADLINE_EXCEEDED: 'failed',
  CANCELLED: 'failed',
  INTERNAL: 'failed',
};

/** Whether somebody was there and said no, as against something that broke. */
export function isRefusal({ code }: Pick<AppError, 'code'>): boolean {
  return SENSE[code] !== 'failed';
}

/** Whether asking again for the same would get the same no. */
export function isFinalRefusal({ code }: Pick<AppError, 'code'>): boolean {
  return SENSE[code] === 'refused';
}
