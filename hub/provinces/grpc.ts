/**
 * What nodes ask about each other (proto FederationService.ListProvinces).
 */
import type { FederationService } from '../../shared/gen/truyvet/v1/federation_pb.ts';
import type { Handlers } from '../../shared/grpc/service.ts';
import type { Roster } from './roster.ts';

/** The handler of FederationService.ListProvinces. */
export function provinceHandlers(
  roster: Pick<Roster, 'members' | 'version'>,
): Pick<Handlers<typeof FederationService>, 'listProvinces'> {
  return {
    listProvinces: async () => ({
      version: BigInt(roster.version),
      provinces: roster.members.map(({ statementJws, revokedAtMs }) => ({
        statement: statementJws,
        revokedAt: revokedAtMs === null ? 0 : Math.floor(revokedAtMs / 1000),
      })),
    }),
  };
}
