/**
 * The hub as the federation key needs it: messages in, domain types out.
 */
import type { FederationService } from '../../../shared/gen/truyvet/v1/federation_pb.ts';
import type { Client } from '../../../shared/grpc/client.ts';
import type { HubKeys } from './key-view.ts';

const DEADLINE_MS = 10_000;

/** The methods of the federation key; calls end when `signal` aborts. */
export function hubKeys(client: Client<typeof FederationService>, signal: AbortSignal): HubKeys {
  const patience = { deadlineMs: DEADLINE_MS, signal };
  return {
    report: async (held) => {
      const answer = await client.reportFederationKeys({ held: [...held] }, patience);
      const { generations, holders, approvals, waiting } = answer;
      const holdings = holders.flatMap(({ province, held: theirs }) =>
        theirs.map(({ generation, check }) => ({ province, generation, check })),
      );
      return { generations, holdings, approvals, waiting };
    },
    put: async ({ approvals, wraps }) => {
      await client.putKeyWraps({ approvals: [...approvals], wraps: [...wraps] }, patience);
    },
    list: async () => (await client.listKeyWraps({}, patience)).wraps,
  };
}
