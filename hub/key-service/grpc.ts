/**
 * The key service on the wire (proto FederationService.Evaluate).
 */
import type { FederationService } from '../../shared/gen/truyvet/v1/federation_pb.ts';
import type { Handlers } from '../../shared/grpc/service.ts';
import { evaluateBlinded, type KeyServiceCtx } from './operations.ts';

/** The handler of FederationService.Evaluate. */
export function keyHandlers(ctx: KeyServiceCtx): Pick<Handlers<typeof FederationService>, 'evaluate'> {
  return {
    // The auth table lets only nodes in.
    evaluate: ({ blinded, forCases, generation }, { peer, signal }) => {
      const province = peer.kind === 'node' ? peer.province : '';
      return evaluateBlinded(ctx, { province, blinded, forCases, generation, signal });
    },
  };
}
