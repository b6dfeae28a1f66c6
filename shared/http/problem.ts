/**
 * The one place that knows HTTP status numbers: every error that leaves a program becomes an RFC 9457 problem
 * here. What is not an AppError leaves as "internal error"; nothing of its text does.
 * Source: RFC 9457 section 3; RFC 9110 section 15.
 */
import { STATUS_CODES } from 'node:http';
import { HTTPException } from 'hono/http-exception';
import type { z } from 'zod';
import { AppError, type ErrorCode, type FieldError, toAppError } from '../errors.ts';

/** The body of every answer of status 400 and above, media type `application/problem+json`. */
export interface Problem {
  /** `urn:truyvet:problem:` and the reason in kebab-case. */
  type: string;
  /** Vietnamese, then English. */
  title: string;
  status: number;
  detail: string;
  /** Stable UPPER_SNAKE word that clients may match. */
  reason: string;
  errors: FieldError[];
  request_id: string;
}

const BY_CODE: Readonly<Record<ErrorCode, readonly [status: number, title: string]>> = {
  INVALID_ARGUMENT: [400, 'Dữ liệu không hợp lệ · Invalid input'],
  UNAUTHENTICATED: [401, 'Chưa đăng nhập · Not signed in'],
  PERMISSION_DENIED: [403, 'Không có quyền · Not allowed'],
  NOT_FOUND: [404, 'Không tìm thấy · Not found'],
  ALREADY_EXISTS: [409, 'Đã tồn tại · Already exists'],
  ABORTED: [409, 'Xung đột · Conflict'],
  FAILED_PRECONDITION: [422, 'Chưa thể thực hiện · Not possible in this state'],
  RESOURCE_EXHAUSTED: [429, 'Quá nhiều yêu cầu · Too much asked'],
  CANCELLED: [499, 'Đã hủy · Cancelled'],
  INTERNAL: [500, 'Lỗi hệ thống · Internal error'],
  UNIMPLEMENTED: [501, 'Chưa hỗ trợ · Not implemented'],
  UNAVAILABLE: [503, 'Tạm thời không phục vụ · Temporarily unavailable'],
  DEADLINE_EXCEEDED: [504, 'Quá thời gian chờ · Timed out'],
};

/** Reasons that HTTP has a status of its own for. */
const BY_REASON: Readonly<Record<string, readonly [status: number, title: string]>> = {
  METHOD_NOT_ALLOWED: [405, 'Phương thức không được hỗ trợ · Method not allowed'],
  REQUEST_TOO_SLOW: [408, 'Gửi quá chậm · Sent too slowly'],
  HEADERS_TOO_LARGE: [431, 'Phần đầu quá lớn · Headers too large'],
  EXPANDS_TOO_MUCH: [413, 'Nội dung quá lớn · Content too large'],
  BODY_TOO_LARGE: [413, 'Nội dung quá lớn · Content too large'],
  UNSUPPORTED_MEDIA_TYPE: [415, 'Định dạng không được hỗ trợ · Unsupported media type'],
  WRONG_STATE: [409, 'Không đúng trạng thái · Not in this state'],
};

export const PROBLEM_TYPE = 'application/problem+json';

/**
 * `error` as the answer that the caller gets. Carries `WWW-Authenticate` with 401, `Retry-After` with 503 and
 * with any error that knows when.
 */
export function problemResponse(error: unknown, requestId: string): Response {
  const known = fromFramework(error);
  const problem = problemOf(known, requestId);
  const headers = new Headers({ 'content-type': PROBLEM_TYPE, 'cache-control': 'no-store' });
  if (problem.status === 401) headers.set('www-authenticate', challenge(problem.reason));
  const retryAfter = known.retryAfterSeconds ?? (problem.status === 503 ? 1 : undefined);
  if (retryAfter !== undefined) headers.set('retry-after', String(retryAfter));
  return new Response(JSON.stringify(problem), { status: problem.status, headers });
}

/** The same as the whole text of an HTTP/1.1 answer, for connections that end with it. */
export function problemText(error: AppError, requestId: string): string {
  const problem = problemOf(error, requestId);
  const body = JSON.stringify(problem);
  return [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'cache-control: no-store',
    'connection: close',
    '',
    body,
  ].join('\r\n');
}

function problemOf(known: AppError, requestId: string): Problem {
  const [status, title] = BY_REASON[known.reason] ?? BY_CODE[known.code];
  return {
    ...known.extension,
    type: `urn:truyvet:problem:${known.reason.toLowerCase().replaceAll('_', '-')}`,
    title,
    status,
    detail: known.message,
    reason: known.reason,
    errors: [...known.details],
    request_id: requestId,
  };
}

/** Any thrown value as an AppError, Hono's own exceptions included. */
export function fromFramework(error: unknown): AppError {
  if (!(error instanceof HTTPException)) return toAppError(error);
  if (error.status === 415) return unsupportedMediaType('application/json');
  if (error.status === 400) {
    return new AppError('INVALID_ARGUMENT', 'MALFORMED_JSON', 'the body is not valid JSON', {
      details: [{ field: 'body', reason: 'not valid JSON' }],
    });
  }
  return toAppError(error.cause ?? error);
}

/** 415; `accepted` names what would be taken. */
export function unsupportedMediaType(accepted: string): AppError {
  const reason = `must be ${accepted}`;
  return new AppError('INVALID_ARGUMENT', 'UNSUPPORTED_MEDIA_TYPE', `content-type ${reason}`, {
    details: [{ field: 'content-type', reason }],
  });
}

/** 413; `limitBytes` is the most that would be taken. */
export function bodyTooLarge(limitBytes: number): AppError {
  const reason = `more than ${limitBytes} bytes`;
  return new AppError('INVALID_ARGUMENT', 'BODY_TOO_LARGE', `body: ${reason}`, {
    details: [{ field: 'body', reason }],
  });
}

/** A small body must not become a large answer. */
const MOST_DETAILS = 100;

/** What zod found wrong with `target` (body, query) as INVALID_FIELD; fields are named like `cases[0]`. */
export function invalidInput(error: z.ZodError, target: string): AppError {
  const details = error.issues.flatMap((issue) => fieldErrors(issue, target)).slice(0, MOST_DETAILS);
  const text = details.map(({ field, reason }) => `${field}: ${reason}`).join('; ');
  return new AppError('INVALID_ARGUMENT', 'INVALID_FIELD', text, { details });
}

function fieldErrors(issue: z.core.$ZodIssue, target: string): FieldError[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      // Named only if it looks like a name: an object keyed by people holds their data in its keys.
      field: fieldName(/^[A-Za-z][A-Za-z_-]{0,39}$/.test(key) ? [...issue.path, key] : issue.path, target),
      reason: 'unknown field',
    }));
  }
  const missing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  return [{ field: fieldName(issue.path, target), reason: missing ? 'required' : issue.message }];
}

function fieldName(path: readonly PropertyKey[], target: string): string {
  const name = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return name === '' ? target : name.replace(/^\./, '');
}

function challenge(reason: string): string {
  return reason === 'TOKEN_MISSING'
    ? 'Bearer realm="truyvet"'
    : 'Bearer realm="truyvet", error="invalid_token"';
}
