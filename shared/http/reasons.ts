/**
 * The reasons that a route can give, as the document lists them: by the status that each comes with, those of
 * its own and those of the frame around every route. Knows no feature.
 */
import type { ErrorCode, Reason } from '../errors.ts';
import { PROBLEM_TYPE, statusOf } from './problem.ts';

/** Reasons by the code of the error that carries them. */
export type Reasons = Readonly<Partial<Record<ErrorCode, readonly Reason[]>>>;

/** What the door and the program around a route may say to any request. */
export const ALWAYS: Reasons = {
  INVALID_ARGUMENT: ['INVALID_FIELD'],
  UNAUTHENTICATED: [
    'TOKEN_MISSING',
    'TOKEN_INVALID',
    'TOKEN_EXPIRED',
    'KEY_INVALID',
    'SESSION_INVALID',
    'SESSION_CHANGED',
  ],
  PERMISSION_DENIED: ['ROLE_REQUIRED', 'AREA_REQUIRED'],
  RESOURCE_EXHAUSTED: ['RATE_LIMITED', 'TOO_MANY_AT_ONCE'],
  INTERNAL: ['INTERNAL'],
  UNAVAILABLE: ['DATABASE_UNAVAILABLE', 'JWKS_UNAVAILABLE', 'PROVIDER_UNAVAILABLE'],
};

/** With a JSON body. */
export const WITH_JSON: Reasons = {
  INVALID_ARGUMENT: ['MALFORMED_JSON', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'],
};

/** Of what changes something: by a page of another site, or beside another change. */
export const WITH_CHANGE: Reasons = { PERMISSION_DENIED: ['CROSS_SITE'], ABORTED: ['TRANSACTION_CONFLICT'] };

export const WITH_CURSOR: Reasons = { INVALID_ARGUMENT: ['INVALID_CURSOR'] };
export const WITH_IDEMPOTENCY_KEY: Reasons = { FAILED_PRECONDITION: ['IDEMPOTENCY_KEY_REUSED'] };
export const WITH_IF_MATCH: Reasons = { FAILED_PRECONDITION: ['VERSION_CHANGED'] };

/** The answers of a route that are problems, by status, each with its reasons. */
export function problemResponses(given: readonly Reasons[]) {
  const byStatus = new Map<number, Set<string>>();
  for (const reasons of given) {
    for (const [code, words] of Object.entries(reasons) as [ErrorCode, readonly Reason[]][]) {
      for (const word of words) {
        const status = statusOf(code, word);
        byStatus.set(status, (byStatus.get(status) ?? new Set()).add(word));
      }
    }
  }
  const statuses = [...byStatus].sort(([a], [b]) => a - b);
  return Object.fromEntries(statuses.map(([status, words]) => [status, problemResponse([...words].sort())]));
}

function problemResponse(words: string[]) {
  const schema = {
    allOf: [{ $ref: '#/components/schemas/Problem' }],
    type: 'object' as const,
    properties: { reason: { type: 'string' as const, enum: words } },
  };
  return { description: words.join(', '), content: { [PROBLEM_TYPE]: { schema } } };
}
