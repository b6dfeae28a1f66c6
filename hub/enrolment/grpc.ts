/**
 * What newcomers call (EnrolmentService, on a listener of its own), and how nodes renew their certificate.
 */
import { AppError } from '../../shared/errors.ts';
import { EnrolmentService, EnrolmentState } from '../../shared/gen/truyvet/v1/enrolment_pb.ts';
import type { FederationService } from '../../shared/gen/truyvet/v1/federation_pb.ts';
import { type Handlers, implement, type ServiceImplementation } from '../../shared/grpc/service.ts';
import { type EnrolmentCtx, requestEnrolment } from './operations.ts';
import { renewCertificate } from './renewal.ts';
import { type Bucket, KNOCKS, knock } from './rules.ts';

/** Longest message of a newcomer, in bytes. */
export const NEWCOMER_MESSAGE_LIMIT = 16 * 1024;

const ASK_AGAIN_MS = 2_000;
const STATES = {
  pending: EnrolmentState.PENDING,
  approved: EnrolmentState.APPROVED,
  rejected: EnrolmentState.REJECTED,
} as const;

/** The service of newcomers. Throws TOO_MANY_CALLS when they all together ask too often. */
export function enrolmentService(ctx: EnrolmentCtx): ServiceImplementation {
  let bucket: Bucket = { calls: KNOCKS.atOnce, atMs: ctx.clock.nowMs() };
  return implement(EnrolmentService, {
    enrol: async ({ invitation, secret, request }) => {
      const left = knock(bucket, ctx.clock.nowMs());
      if (left === undefined) throw new AppError('RESOURCE_EXHAUSTED', 'TOO_MANY_CALLS', 'ask again later');
      bucket = left;
      const found = await requestEnrolment(ctx, { invitation, secret, request });
      const { state, certificate, statement } = found;
      if (state !== 'approved') return { state: STATES[state], askAgainInMs: ctx.askAgainMs ?? ASK_AGAIN_MS };
      return {
        state: STATES[state],
        ...{ certificate: certificate ?? '', statement: statement ?? '' },
        ...{ hubStatement: ctx.hubStatement ?? '', hubAddress: ctx.hubAddress },
        oprfStatements: [...(ctx.oprfStatements ?? [])],
      };
    },
  });
}

/** The handler of FederationService.RenewCertificate. */
export function renewalHandlers(
  ctx: EnrolmentCtx,
): Pick<Handlers<typeof FederationService>, 'renewCertificate'> {
  return {
    // The auth table lets only nodes in.
    renewCertificate: async ({ csr }, { peer }) => ({
      certificate: (await renewCertificate(ctx, peer.kind === 'node' ? peer.province : '', csr)) ?? '',
    }),
  };
}
