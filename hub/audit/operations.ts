/**
 * The hub's side of the audit logs of the federation: what each province presents of its log, and what the
 * hub shows of its own.
 */
import { nodeOrigin } from '../../shared/audit/checkpoint.ts';
import type { AuditLog } from '../../shared/audit/log.ts';
import type { PeerLogs, PresentedCheckpoint, Reception } from '../../shared/audit/peer-logs.ts';
import { AppError } from '../../shared/errors.ts';
import type { ProvinceKeys } from '../../shared/signed/opening-keys.ts';

export interface HubAuditCtx {
  readonly log: Pick<AuditLog, 'recentCheckpoint' | 'consistency'>;
  readonly peers: PeerLogs;
  readonly provinceKeys: ProvinceKeys;
}

export interface CheckpointRequest {
  readonly province: string;
  readonly presented: PresentedCheckpoint;
  /** Size of the newest checkpoint of the hub that the node holds. */
  readonly heldSize: number;
  /** Why the node refuses the hub's log. */
  readonly conflict: string | undefined;
}

/**
 * Judges a province's checkpoint and shows the hub's, as it continues the one that the node holds. Throws as
 * `PeerLogs.receive`, and FAILED_PRECONDITION PROVINCE_UNKNOWN for a province without a pinned key.
 */
export async function exchangeCheckpoints(
  ctx: HubAuditCtx,
  { province, presented, heldSize, conflict }: CheckpointRequest,
): Promise<{ reception: Reception; own: PresentedCheckpoint }> {
  const peer = { name: province, origin: nodeOrigin(province), key: keyOf(ctx, province) };
  ctx.peers.noteRefusal(province, conflict);
  const reception = await ctx.peers.receive(peer, presented);
  const { note, size } = await ctx.log.recentCheckpoint();
  const proof = await ctx.log.consistency(heldSize, size);
  return { reception, own: { note, fromSize: heldSize, proof } };
}

function keyOf({ provinceKeys }: HubAuditCtx, province: string) {
  const key = provinceKeys.get(province);
  if (key) return key;
  throw new AppError('FAILED_PRECONDITION', 'PROVINCE_UNKNOWN', `no key of province ${province} is pinned`);
}
