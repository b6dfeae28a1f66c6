/**
 * What nodes call about the federation key (proto FederationService): decode, name the caller, one operation,
 * encode.
 */
import type { FederationService } from '../../shared/gen/truyvet/v1/federation_pb.ts';
import type { Handlers, IncomingCall } from '../../shared/grpc/service.ts';
import { type FederationKeysCtx, listWraps, putWraps, reportKeys } from './operations.ts';

type Methods = 'reportFederationKeys' | 'putKeyWraps' | 'listKeyWraps';

/** Handlers of the methods of the federation key. */
export function federationKeyHandlers(
  ctx: FederationKeysCtx,
): Pick<Handlers<typeof FederationService>, Methods> {
  return {
    reportFederationKeys: async ({ held }, call) => {
      const { holdings, ...state } = await reportKeys(ctx, provinceOf(call), held);
      const provinces = [...new Set(holdings.map(({ province }) => province))];
      const heldBy = (code: string) => holdings.filter(({ province }) => province === code).map(checkToWire);
      const holders = provinces.map((province) => ({ province, held: heldBy(province) }));
      return {
        generations: state.generations.map(checkToWire),
        holders,
        approvals: [...state.approvals],
        waiting: [...state.waiting],
      };
    },
    putKeyWraps: async ({ approvals, wraps }, call) => {
      await putWraps(ctx, provinceOf(call), { approvals, wraps });
      return {};
    },
    listKeyWraps: async (_request, call) => ({ wraps: await listWraps(ctx, provinceOf(call)) }),
  };
}

function checkToWire({ generation, check }: { generation: number; check: string }) {
  return { generation, check };
}

/** The auth table lets only nodes in. */
function provinceOf({ peer }: IncomingCall): string {
  return peer.kind === 'node' ? peer.province : '';
}
