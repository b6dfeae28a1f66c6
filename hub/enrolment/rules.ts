/**
 * How a request to join or to renew stands and what may be done with it; what travels to an offline CA; how
 * often newcomers may knock. Pure.
 */
import type { Machine } from '../../shared/domain/machine.ts';

export type EnrolmentState = 'pending' | 'approved' | 'rejected';
export type EnrolmentCommand = 'request' | 'approve' | 'reject';

/** What is known of a request and of who does something with it. */
export interface EnrolmentFacts {
  /** Whether an open invitation answers for it; renewals of members need none. */
  readonly invited?: boolean;
  /** Of the request, and as the operator gives it. */
  readonly fingerprint?: string;
  readonly given?: string;
  /** Whether the caller is the one who decided. */
  readonly decidedByCaller?: boolean;
  /** Whether the CA's certificate that comes with the command is another than the one that was taken. */
  readonly signedOtherwise?: boolean;
}

export const ENROLMENT: Machine<EnrolmentState, EnrolmentCommand, EnrolmentFacts, never> = {
  states: ['pending', 'approved', 'rejected'],
  commands: {
    request: {
      from: [],
      to: 'pending',
      guards: [
        {
          // The same for a wrong secret, an unknown, ended or used invitation, one for another province.
          ...{ reason: 'INVITATION_INVALID', code: 'PERMISSION_DENIED' },
          message: 'the invitation is not valid',
          refuses: ({ invited }) => invited === false,
        },
      ],
    },
    approve: {
      from: ['pending'],
      to: 'approved',
      act: 'enrolments.approve',
      guards: [
        {
          ...{ reason: 'FINGERPRINT_MISMATCH', code: 'PERMISSION_DENIED' },
          message: 'the fingerprint is another',
          refuses: isAnother,
        },
      ],
      repeats: (facts) =>
        facts.decidedByCaller === true && !isAnother(facts) && facts.signedOtherwise !== true,
    },
    reject: {
      from: ['pending'],
      to: 'rejected',
      act: 'enrolments.reject',
      repeats: ({ decidedByCaller }) => decidedByCaller === true,
    },
  },
};

function isAnother({ fingerprint, given }: EnrolmentFacts): boolean {
  return given !== undefined && given !== fingerprint;
}

/** The request of a row as a file for the CA (hub/authority); `statement` is the province's present one. */
export function fileOf(
  { kind, request }: { readonly kind: 'joining' | 'renewal'; readonly request: string },
  statement: string | undefined,
): { kind: string; request: string } | { kind: string; csr: string; statement: string } {
  return kind === 'joining' ? { kind, request } : { kind, csr: request, statement: statement ?? '' };
}

/** A bucket of calls that fills again: how full it was, and when (epoch milliseconds). */
export interface Bucket {
  readonly calls: number;
  readonly atMs: number;
}

/** Calls that may come at once, and how many more each second. */
export const KNOCKS = { atOnce: 40, perSecond: 20 };

/** The bucket after one more call; undefined if it was empty. */
export function knock(bucket: Bucket, nowMs: number): Bucket | undefined {
  const refilled = bucket.calls + (Math.max(0, nowMs - bucket.atMs) / 1000) * KNOCKS.perSecond;
  const calls = Math.min(KNOCKS.atOnce, refilled) - 1;
  return calls < 0 ? undefined : { calls, atMs: nowMs };
}
