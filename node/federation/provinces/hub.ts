/**
 * The hub's list of provinces as this node asks for it (proto FederationService.ListProvinces).
 */
import type { FederationService } from '../../../shared/gen/truyvet/v1/federation_pb.ts';
import type { Client } from '../../../shared/grpc/client.ts';
import type { ProvinceSource } from './operations.ts';

const DEADLINE_MS = 5_000;

/** Where a node learns of other provinces; `signal` ends what is being asked. */
export function hubProvinces(client: Client<typeof FederationService>, signal: AbortSignal): ProvinceSource {
  return async () => {
    const { version, provinces } = await client.listProvinces({}, { deadlineMs: DEADLINE_MS, signal });
    return { version: Number(version), provinces };
  };
}
