/**
 * AppError ↔ gRPC status. The only place that knows status numbers. What of an error crosses the wire:
 * code, reason, message, fields, request id; never the cause.
 */
import { Metadata, type ServiceError, type StatusObject, status } from '@grpc/grpc-js';
import { AppError, type ErrorCode, type FieldError, receivedError, toAppError } from '../errors.ts';
import type { Param, Params } from '../i18n/text.ts';

const NUMBERS: Readonly<Record<ErrorCode, number>> = {
  CANCELLED: status.CANCELLED,
  INVALID_ARGUMENT: status.INVALID_ARGUMENT,
  DEADLINE_EXCEEDED: status.DEADLINE_EXCEEDED,
  NOT_FOUND: status.NOT_FOUND,
  ALREADY_EXISTS: status.ALREADY_EXISTS,
  PERMISSION_DENIED: status.PERMISSION_DENIED,
  RESOURCE_EXHAUSTED: status.RESOURCE_EXHAUSTED,
  FAILED_PRECONDITION: status.FAILED_PRECONDITION,
  ABORTED: status.ABORTED,
  UNIMPLEMENTED: status.UNIMPLEMENTED,
  INTERNAL: status.INTERNAL,
  UNAVAILABLE: status.UNAVAILABLE,
  UNAUTHENTICATED: status.UNAUTHENTICATED,
};
const CODES = new Map(Object.entries(NUMBERS).map(([code, number]) => [number, code as ErrorCode]));

/** Trailing metadata (JSON, `WireError`) beside the status. */
const ERROR_KEY = 'truyvet-error-bin';
// Trailers travel in one header block, which peers may limit to 8-16 KiB in all.
const DETAILS_LIMIT = 50;
const TEXT_LIMIT = 500;

interface WireError {
  reason: string;
  request_id: string;
  /** What the texts of the reasons name; absent where they name nothing. */
  params?: Params;
  details: { field: string; reason: string; params?: Params }[];
}

/** The status that tells a caller about `error`; anything but an AppError is INTERNAL "internal error". */
export function toStatus(error: unknown, requestId: string): StatusObject {
  const { code, reason, message, params, details } = toAppError(error);
  const wire: WireError = {
    reason,
    request_id: requestId,
    ...sentParams(params),
    details: details.slice(0, DETAILS_LIMIT).map((one) => ({
      field: one.field.slice(0, 80),
      reason: one.reason.slice(0, 80),
      ...sentParams(one.params),
    })),
  };
  const metadata = new Metadata();
  metadata.set(ERROR_KEY, Buffer.from(JSON.stringify(wire)));
  const text =
    code === 'INTERNAL' && reason === 'INTERNAL' ? `internal error (request ${requestId})` : message;
  return { code: NUMBERS[code], details: wellFormed(text.slice(0, TEXT_LIMIT)), metadata };
}

function sentParams(params: Params | undefined): { params?: Params } {
  const sent = readParams(params);
  return Object.keys(sent).length === 0 ? {} : { params: sent };
}

// grpc-js percent-encodes the text with encodeURI, which throws on half a surrogate pair.
function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}

/**
 * What a failed call means to the caller, as AppError: with the peer's own reason and fields where it sent
 * them, else (the peer was not reached, did not answer in time …) with a reason named after the code.
 * `peer` is named in the message. Statuses outside the closed list become INTERNAL; a stream that broke
 * without one is UNAVAILABLE.
 */
export function fromStatus(error: unknown, peer: string): AppError {
  if (!isServiceError(error)) {
    return new AppError('UNAVAILABLE', 'PEER_UNREACHABLE', `${peer}: the stream broke`, { cause: error });
  }
  const code = CODES.get(error.code) ?? 'INTERNAL';
  const wire = readWireError(error.metadata);
  const text = error.details.slice(0, TEXT_LIMIT);
  if (wire !== undefined) return receivedError(code, wire.reason, text, { ...wire, cause: error });
  return receivedError(code, localReason(code, text), `${peer}: ${text}`, { cause: error });
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'details' in error && typeof error.details === 'string';
}

/** Reasons of what grpc-js itself reports, at this end or the other. */
function localReason(code: ErrorCode, text: string): string {
  if (code === 'UNAVAILABLE') return 'PEER_UNREACHABLE';
  if (code === 'RESOURCE_EXHAUSTED' && text.includes('larger than')) return 'MESSAGE_TOO_LARGE';
  return code;
}

const REASON = /^[A-Z][A-Z0-9_]{0,63}$/;

function readWireError(
  metadata: Metadata | undefined,
): { reason: string; params: Params; details: FieldError[] } | undefined {
  const bytes = metadata?.get(ERROR_KEY)[0];
  if (!(bytes instanceof Buffer)) return undefined;
  try {
    const { reason, params, details } = JSON.parse(bytes.toString('utf8')) as Partial<
      Record<keyof WireError, unknown>
    >;
    if (typeof reason !== 'string' || !REASON.test(reason)) return undefined;
    return {
      reason,
      params: readParams(params),
      details: Array.isArray(details)
        ? details.filter(isFieldError).slice(0, DETAILS_LIMIT).map(received)
        : [],
    };
  } catch {
    return undefined;
  }
}

function isFieldError(value: unknown): value is FieldError {
  const { field, reason } = (value ?? {}) as Partial<Record<keyof FieldError, unknown>>;
  return typeof field === 'string' && typeof reason === 'string';
}

/** As the peer sent it: its word may be one that only a newer program knows. */
function received({ field, reason, params }: FieldError): FieldError {
  return { field, reason, params: readParams(params) } as FieldError;
}

const PARAMS_LIMIT = 10;

/** Short texts and numbers under names of ours: what a text shows, no more than fits into a trailer. */
function readParams(value: unknown): Params {
  if (typeof value !== 'object' || value === null) return {};
  const known = Object.entries(value).flatMap(([name, param]): [string, Param][] => {
    if (!/^[a-z_]{1,30}$/.test(name)) return [];
    if (typeof param === 'number') return [[name, param]];
    return typeof param === 'string' ? [[name, param.slice(0, 200)]] : [];
  });
  return Object.fromEntries(known.slice(0, PARAMS_LIMIT));
}
