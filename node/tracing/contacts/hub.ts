/**
 * The hub's federation service as contacts see it.
 */
import type { FederationService } from '../../../shared/gen/truyvet/v1/federation_pb.ts';
import type { Client } from '../../../shared/grpc/client.ts';
import type { TakeOverWish } from './rules.ts';

/** The hub, as far as it is asked for contacts. Rejects with what the hub or the way to it says. */
export interface HubTakeOvers {
  takeOver(wish: TakeOverWish, signal: AbortSignal): Promise<void>;
}

const DEADLINE_MS = 5_000;

/** The method of the hub by which a contact changes hands. */
export function hubTakeOvers(client: Client<typeof FederationService>): HubTakeOvers {
  return {
    takeOver: async ({ traceId, contactId }, signal) => {
      await client.takeOverContact({ traceId, contactId }, { deadlineMs: DEADLINE_MS, signal });
    },
  };
}
