/**
 * What nodes call about audit logs (proto FederationService): decode, one operation, encode.
 */
import type { FederationService } from '../../shared/gen/truyvet/v1/federation_pb.ts';
import {
  presentedFromWire,
  presentedToWire,
  reasonFromWire,
  sizeFromWire,
} from '../../shared/grpc/checkpoint-messages.ts';
import type { Handlers } from '../../shared/grpc/service.ts';
import { exchangeCheckpoints, type HubAuditCtx } from './operations.ts';

/** The handler of FederationService.ExchangeCheckpoints. */
export function auditHandlers(
  ctx: HubAuditCtx,
): Pick<Handlers<typeof FederationService>, 'exchangeCheckpoints'> {
  return {
    exchangeCheckpoints: async ({ own, heldSize, conflict }, { peer }) => {
      const answer = await exchangeCheckpoints(ctx, {
        // The auth table lets only nodes in.
        province: peer.kind === 'node' ? peer.province : '',
        presented: presentedFromWire(own),
        heldSize: sizeFromWire(heldSize),
        conflict: reasonFromWire(conflict),
      });
      return {
        own: presentedToWire(answer.own),
        heldSize: BigInt(answer.reception.heldSize),
        conflict: answer.reception.conflict ?? '',
      };
    },
  };
}
