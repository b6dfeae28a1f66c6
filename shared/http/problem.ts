/**
 * The one place that knows HTTP status numbers: every error that leaves a program becomes an RFC 9457 problem
 * here. What is not an AppError leaves as "internal error"; nothing of its text does.
 * Source: RFC 9457 section 3; RFC 9110 section 15.
 */
import { STATUS_CODES } from 'node:http';
import { HTTPException } from 'hono/http-exception';
import type { z } from 'zod';
import {
  AppError,
  type ErrorCode,
  type FieldError,
  invalidField,
  invalidFields,
  toAppError,
} from '../errors.ts';
import { problemText as explain, fieldText } from '../i18n/catalogue.ts';
import type { Language, Params, Text } from '../i18n/text.ts';
import { TITLES } from '../i18n/titles.ts';
import { shapeErrors } from '../shape-errors.ts';

/** The body of every answer of status 400 and above, media type `application/problem+json`. */
export interface Problem {
  /** `urn:truyvet:problem:` and the reason in kebab-case. */
  type: string;
  /** In the language of the answer, like `detail` and the messages of the fields. */
  title: string;
  status: number;
  detail: string;
  /** Stable UPPER_SNAKE word that clients may match. */
  reason: string;
  errors: ShownFieldError[];
  request_id: string;
}

/** A field error with its text in the language of the answer. */
export interface ShownFieldError {
  field: string;
  /** Stable UPPER_SNAKE word that clients may match. */
  reason: string;
  message: string;
  /** What the message names: bounds, kinds. */
  params: Params;
}

const STATUS: Readonly<Record<ErrorCode, number>> = {
  INVALID_ARGUMENT: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  ABORTED: 409,
  FAILED_PRECONDITION: 422,
  RESOURCE_EXHAUSTED: 429,
  CANCELLED: 499,
  INTERNAL: 500,
  UNIMPLEMENTED: 501,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
};

/** Reasons that HTTP has a status of its own for. */
const BY_REASON: Readonly<Record<string, readonly [status: number, title: Text]>> = {
  METHOD_NOT_ALLOWED: [405, TITLES.METHOD_NOT_ALLOWED],
  REQUEST_TOO_SLOW: [408, TITLES.REQUEST_TOO_SLOW],
  HEADERS_TOO_LARGE: [431, TITLES.HEADERS_TOO_LARGE],
  EXPANDS_TOO_MUCH: [413, TITLES.CONTENT_TOO_LARGE],
  BODY_TOO_LARGE: [413, TITLES.CONTENT_TOO_LARGE],
  UNSUPPORTED_MEDIA_TYPE: [415, TITLES.UNSUPPORTED_MEDIA_TYPE],
  WRONG_STATE: [409, TITLES.WRONG_STATE],
  IDEMPOTENCY_KEY_REUSED: [409, TITLES.IDEMPOTENCY_KEY_REUSED],
  VERSION_CHANGED: [412, TITLES.VERSION_CHANGED],
};

export const PROBLEM_TYPE = 'application/problem+json';

/** Whom a problem is told: for which request, in which language. */
export interface ProblemReader {
  readonly requestId: string;
  readonly language: Language;
}

/**
 * `error` as the answer that the caller gets. Carries `WWW-Authenticate` with 401, `Retry-After` with 503 and
 * with any error that knows when.
 */
export function problemResponse(error: unknown, reader: ProblemReader): Response {
  const known = fromFramework(error);
  const problem = problemOf(known, reader);
  const headers = new Headers({
    'content-type': PROBLEM_TYPE,
    'cache-control': 'no-store',
    'content-language': reader.language,
  });
  if (problem.status === 401) headers.set('www-authenticate', challenge(problem.reason));
  const retryAfter = known.retryAfterSeconds ?? (problem.status === 503 ? 1 : undefined);
  if (retryAfter !== undefined) headers.set('retry-after', String(retryAfter));
  return new Response(JSON.stringify(problem), { status: problem.status, headers });
}

/** The same as the whole text of an HTTP/1.1 answer, for connections that end with it. */
export function problemText(error: AppError, reader: ProblemReader): string {
  const problem = problemOf(error, reader);
  const body = JSON.stringify(problem);
  return [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `content-language: ${reader.language}`,
    'cache-control: no-store',
    'connection: close',
    '',
    body,
  ].join('\r\n');
}

/** The status that an error of this code and reason is answered with. */
export function statusOf(code: ErrorCode, reason: string): number {
  return BY_REASON[reason]?.[0] ?? STATUS[code];
}

function problemOf(known: AppError, { requestId, language }: ProblemReader): Problem {
  const [status, title] = BY_REASON[known.reason] ?? [STATUS[known.code], TITLES[known.code]];
  return {
    ...known.extension,
    type: `urn:truyvet:problem:${known.reason.toLowerCase().replaceAll('_', '-')}`,
    title: title[language],
    status,
    // A word of a newer program has no text here: what that program says in English is all there is.
    detail: explain(known, known.details, language) ?? known.message,
    reason: known.reason,
    errors: known.details.map((one) => shownFieldError(one, language)),
    request_id: requestId,
  };
}

/** A field error as an answer shows it. */
export function shownFieldError(error: FieldError, language: Language): ShownFieldError {
  const { field, reason, params = {} } = error;
  return { field, reason, message: fieldText(error, language), params };
}

/** Any thrown value as an AppError, Hono's own exceptions included. */
export function fromFramework(error: unknown): AppError {
  if (!(error instanceof HTTPException)) return toAppError(error);
  if (error.status === 415) return unsupportedMediaType('application/json');
  if (error.status === 400) {
    return new AppError('INVALID_ARGUMENT', 'MALFORMED_JSON', 'the body is not valid JSON', {
      details: [{ field: 'body', reason: 'NOT_JSON' }],
    });
  }
  return toAppError(error.cause ?? error);
}

/** 415; `accepted` names what would be taken in `header`. */
export function unsupportedMediaType(accepted: string, header = 'content-type'): AppError {
  return new AppError('INVALID_ARGUMENT', 'UNSUPPORTED_MEDIA_TYPE', `${header} must be ${accepted}`, {
    details: [{ field: header, reason: 'MEDIA_TYPE_EXPECTED', params: { accepted } }],
  });
}

/** 413; `limitBytes` is the most that would be taken. */
export function bodyTooLarge(limitBytes: number): AppError {
  return invalidField('body', 'TOO_MANY_BYTES', { most: limitBytes }, 'BODY_TOO_LARGE');
}

/** What zod found wrong with `target` (body, query) as INVALID_FIELD; fields are named like `cases[0]`. */
export function invalidInput(error: z.ZodError, target: string): AppError {
  return invalidFields(shapeErrors(error, target));
}

function challenge(reason: string): string {
  return reason === 'TOKEN_MISSING'
    ? 'Bearer realm="truyvet"'
    : 'Bearer realm="truyvet", error="invalid_token"';
}
