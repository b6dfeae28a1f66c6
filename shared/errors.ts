/**
 * The one error class that may cross a border. `code` decides the gRPC and HTTP status (mapped in
 * `shared/grpc` and `shared/http`), `reason` is for machines and has its texts in `shared/i18n`, `message` is
 * for logs and other programs, in English: never personal data.
 */
import {
  type Fault,
  type FieldParam,
  type FieldReason,
  fieldText,
  type Reason,
  type ReasonParam,
} from './i18n/catalogue.ts';
import type { Param, Params } from './i18n/text.ts';

export type { Fault, FieldReason, Reason } from './i18n/catalogue.ts';

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
export type FieldError = Fault & { readonly field: string };

/** Further fields of the problem (RFC 9457 section 3.2): states and commands, never personal data. */
export type ErrorExtension = Readonly<Record<string, string | number | readonly (string | object)[]>>;

interface ErrorOptions {
  readonly cause?: unknown;
  readonly details?: readonly FieldError[] | undefined;
  /** After how long trying again may succeed. */
  readonly retryAfterSeconds?: number | undefined;
  readonly extension?: ErrorExtension | undefined;
}

/** Options of an error with that reason: its text's parameters are asked for. */
type OptionsOf<R extends Reason> = [ReasonParam<R>] extends [never]
  ? [options?: ErrorOptions & { readonly params?: undefined }]
  : [options: ErrorOptions & { readonly params: Readonly<Record<ReasonParam<R>, Param>> }];

/** What is known of an error: its reason may be the word of a newer program. */
class KnownError extends Error {
  readonly code: ErrorCode;
  /** Stable UPPER_SNAKE word that clients may match. */
  readonly reason: string;
  /** What the text of the reason names. */
  readonly params: Params;
  /** Fields and reasons; travels with the error. */
  readonly details: readonly FieldError[];
  /** After how long trying again may succeed; undefined where nobody knows. */
  readonly retryAfterSeconds: number | undefined;
  /** Further fields of the problem (RFC 9457 section 3.2): states and commands, never personal data. */
  readonly extension: ErrorExtension;

  constructor(
    code: ErrorCode,
    reason: string,
    message: string,
    options: ErrorOptions & { readonly params?: Params | undefined } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.reason = reason;
    this.params = options.params ?? {};
    this.details = options.details ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.extension = options.extension ?? {};
  }
}

export type AppError = KnownError;

/** The class with a constructor that demands, by type, a reason of the catalogue and what its text needs. */
export const AppError: {
  new <R extends Reason>(code: ErrorCode, reason: R, message: string, ...options: OptionsOf<R>): AppError;
  readonly prototype: AppError;
} = KnownError;

/** An error that another program has sent; a word of its that is not known here is kept. */
export function receivedError(
  code: ErrorCode,
  reason: string,
  message: string,
  options: ErrorOptions & { readonly params?: Params },
): AppError {
  return new KnownError(code, reason, message, options);
}

/** Reasons whose text needs no parameter. */
export type PlainReason = {
  [R in Reason]: [ReasonParam<R>] extends [never] ? R : never;
}[Reason];

/** Behind a field and its reason: what its text needs, and another reason than INVALID_FIELD. */
type FieldRest<R extends FieldReason> = [FieldParam<R>] extends [never]
  ? [params?: undefined, code?: PlainReason]
  : [params: Readonly<Record<FieldParam<R>, Param>>, code?: PlainReason];

/** Bad input in one field: INVALID_ARGUMENT with reason INVALID_FIELD unless told otherwise. */
export function invalidField<R extends FieldReason>(
  field: string,
  reason: R,
  ...[params, code]: FieldRest<R>
): AppError {
  return invalidFields([{ field, reason, params } as FieldError], code);
}

/** The same in some fields, at least one. */
export function invalidFields(details: readonly FieldError[], code: PlainReason = 'INVALID_FIELD'): AppError {
  return new AppError('INVALID_ARGUMENT', code, listed(details), { details });
}

/** Fields and what is wrong with them, for logs and other programs. */
export function listed(details: readonly FieldError[]): string {
  return details.map((one) => `${one.field}: ${fieldText(one, 'en')}`).join('; ');
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
