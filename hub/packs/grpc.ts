/**
 * What nodes call about rules (proto FederationService).
 */
import type { FederationService } from '../../shared/gen/truyvet/v1/federation_pb.ts';
import type { Handlers } from '../../shared/grpc/service.ts';
import type { IssuedRules } from './operations.ts';

/** The handler of FederationService.ListRules. */
export function ruleHandlers(rules: IssuedRules): Pick<Handlers<typeof FederationService>, 'listRules'> {
  return { listRules: async () => ({ packs: [...rules.signed] }) };
}
