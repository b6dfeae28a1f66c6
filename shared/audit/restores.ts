/**
 * Logs of others that were restored from a backup, and what of them can no longer be proven. An operator of
 * this side has accepted each, by name and on the record; nothing here accepts anything by itself, and what
 * was held before stays as evidence.
 */
import { z } from 'zod';
import type { Caller } from '../acts/access.ts';
import type { ActCtx } from '../acts/act.ts';
import type { KeptAnswer } from '../acts/terms.ts';
import type { Queryable } from '../db/database.ts';
import { change } from './acts.ts';
import type { Checkpoint } from './checkpoint.ts';
import { listPeerCheckpoints, type PeerCheckpoint } from './checkpoints-queries.ts';
import type { KeptCheckpoint, PeerLogs } from './peer-logs.ts';
import { listRestoreEntries } from './queries.ts';

/** Why a log may begin anew: its database came back from a backup, or is gone. */
export const RESTORE_REASONS = ['restored_from_backup', 'database_lost'] as const;

export type RestoreReason = (typeof RESTORE_REASONS)[number];

export interface RestoreCtx extends ActCtx {
  readonly peers: PeerLogs;
}

export interface RestoreInput {
  /** `hub`, or the province whose log is refused. */
  readonly peer: string;
  readonly reason: RestoreReason;
}

/**
 * Accepts the log of `peer` that is refused at present; a later conflict wants its own acceptance. The answer
 * is what was held, and what the log must continue from now on. Throws as `change` and
 * `PeerLogs.acceptRefused`.
 */
export function acceptRestore(
  ctx: RestoreCtx,
  caller: Caller,
  { peer, reason }: RestoreInput,
): Promise<{ held: Checkpoint; base: Checkpoint }> {
  return change(ctx, caller, 'audit.restore', { detail: { peer, reason } }, async (tx, { note, keep }) => {
    const { held, base } = await ctx.peers.acceptRefused(tx, peer);
    const kept = { ...columns('held', held), ...columns('base', base) };
    note(kept);
    keep(kept);
    return { held, base };
  });
}

/** What `acceptRestore` answered, out of what was kept of it. */
export function acceptedBefore(kept: KeptAnswer): { held: Checkpoint; base: Checkpoint } {
  const { held_size, held_root, base_size, base_root } = keptShape.parse(kept);
  const checkpoint = (size: number, root: string) => ({ size, root: Buffer.from(root, 'hex') });
  return { held: checkpoint(held_size, held_root), base: checkpoint(base_size, base_root) };
}

const keptShape = z.object({
  ...{ held_size: z.int(), held_root: z.string() },
  ...{ base_size: z.int(), base_root: z.string() },
});

function columns(name: string, { id, size, root }: KeptCheckpoint) {
  return { [`${name}_id`]: id, [`${name}_size`]: size, [`${name}_root`]: Buffer.from(root).toString('hex') };
}

/** An acceptance as others are told. */
export const restoreShape = z.object({
  /** ISO 8601. */
  at: z.string(),
  /** Subject of the operator. */
  by: z.string(),
  reason: z.string(),
  /** Number of entries of the old log, as far as it was held. */
  held_size: z.int(),
});

export type Restore = z.output<typeof restoreShape>;

/** A log as it was until the restore, by the checkpoints of it that we hold, newest first. */
export interface PastLog<C extends Checkpoint = Checkpoint> {
  readonly restore: Restore;
  readonly checkpoints: readonly C[];
}

/** What we hold of a log: of the present one, and of each that it was before a restore, newest first. */
export interface HeldLogs<C extends Checkpoint = Checkpoint> {
  readonly present: readonly C[];
  readonly past: readonly PastLog<C>[];
}

const entryShape = z.object({
  at: z.string(),
  actor: z.object({ id: z.string() }),
  detail: z.object({ peer: z.string(), reason: z.string(), held_size: z.int(), base_id: z.int() }),
});

/** Checkpoints held of each log of `peer`, at most `most.present` and `most.past` of each before it. */
export async function findHeldLogs(
  db: Queryable,
  peer: string,
  most: { readonly present: number; readonly past: number },
): Promise<HeldLogs<PeerCheckpoint>> {
  const entries = (await listRestoreEntries(db)).map((body) => entryShape.parse(JSON.parse(body)));
  const past: PastLog<PeerCheckpoint>[] = [];
  let from = 0;
  for (const { at, actor, detail } of entries.filter((entry) => entry.detail.peer === peer)) {
    const { reason, held_size, base_id: until } = detail;
    const checkpoints = await listPeerCheckpoints(db, peer, { from, until, limit: most.past });
    past.unshift({ restore: { at, by: actor.id, reason, held_size }, checkpoints });
    from = until;
  }
  return { present: await listPeerCheckpoints(db, peer, { from, limit: most.present }), past };
}

/** Entries `first` to `last` of an old log, counted from 1; none are lost where `first` is behind `last`. */
export interface LostStretch<C extends Checkpoint = Checkpoint> {
  readonly first: number;
  readonly last: number;
  readonly restore: Restore;
  /** The last checkpoint of the old log that the present one still bears out. */
  readonly sound: C | undefined;
}

/** What of an old log the present one does not bear out, by the roots that the present one had. */
export function lostStretch<C extends Checkpoint>(
  { restore, checkpoints }: PastLog<C>,
  roots: ReadonlyMap<number, Uint8Array>,
): LostStretch<C> {
  const sound = checkpoints.find(({ size, root }) => {
    const present = roots.get(size);
    return present !== undefined && Buffer.compare(present, root) === 0;
  });
  return { first: (sound?.size ?? 0) + 1, last: restore.held_size, restore, sound };
}

/** The sizes at which `lostStretch` asks for roots. */
export function sizesOf(past: readonly PastLog[]): ReadonlySet<number> {
  return new Set(past.flatMap(({ checkpoints }) => checkpoints.map(({ size }) => size)));
}
