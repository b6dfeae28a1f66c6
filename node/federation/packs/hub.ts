/**
 * Where this node's rules come from: the hub's federation service.
 */
import type { FederationService } from '../../../shared/gen/truyvet/v1/federation_pb.ts';
import type { Client } from '../../../shared/grpc/client.ts';
import type { RuleSource } from './operations.ts';

/** The signed packs of the hub; calls end when `signal` aborts. */
export function hubRules(client: Client<typeof FederationService>, signal: AbortSignal): RuleSource {
  return async (deadlineMs) => (await client.listRules({}, { deadlineMs, signal })).packs;
}
