/**
 * The exchange of checkpoints with the hub, on the wire (proto FederationService).
 */
import type { FederationService } from '../../shared/gen/truyvet/v1/federation_pb.ts';
import {
  presentedFromWire,
  presentedToWire,
  reasonFromWire,
  sizeFromWire,
} from '../../shared/grpc/checkpoint-messages.ts';
import type { Client } from '../../shared/grpc/client.ts';
import type { HubCheckpoints } from './exchange.ts';

const DEADLINE_MS = 10_000;

/** The hub's side of the exchange, over the node's one connection to it. */
export function hubCheckpoints(client: Client<typeof FederationService>): HubCheckpoints {
  return async ({ own, heldSize, conflict }, signal) => {
    const answer = await client.exchangeCheckpoints(
      { own: presentedToWire(own), heldSize: BigInt(heldSize), conflict: conflict ?? '' },
      { deadlineMs: DEADLINE_MS, signal },
    );
    return {
      own: presentedFromWire(answer.own),
      heldSize: sizeFromWire(answer.heldSize),
      conflict: reasonFromWire(answer.conflict),
    };
  };
}
