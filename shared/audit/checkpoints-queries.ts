/**
 * Checkpoints of the audit log: our own, and those that other programs have signed.
 */
import { and, desc, eq, gt, gte, isNull, lt, lte } from 'drizzle-orm';
import type { Queryable } from '../db/database.ts';
import { auditCheckpoints, auditPeerCheckpoints } from './tables.ts';

/** A checkpoint as it is kept. */
export type StoredCheckpoint = Readonly<Omit<typeof auditCheckpoints.$inferSelect, 'signedAt'>>;

/** A checkpoint that another program has signed. */
export interface PeerCheckpoint extends StoredCheckpoint {
  readonly id: number;
  readonly receivedAtMs: number;
}

/** Keeps a checkpoint of ours; one of that size is kept already where the log has not grown. */
export async function insertCheckpoint(
  { orm }: Queryable,
  { size, root, note }: StoredCheckpoint,
): Promise<void> {
  await orm.insert(auditCheckpoints).values({ size, root, note }).onConflictDoNothing();
}

/** Own checkpoints of sizes in (from, until], in their order; a page of the log has not many. */
export function listCheckpoints(
  { orm }: Queryable,
  { from, until }: { from: number; until: number },
): Promise<StoredCheckpoint[]> {
  const { size, root, note } = auditCheckpoints;
  return orm
    .select({ size, root, note })
    .from(auditCheckpoints)
    .where(and(gt(size, from), lte(size, until)))
    .orderBy(size);
}

/** The newest accepted checkpoint of a peer. */
export async function findPeerCheckpoint(db: Queryable, peer: string): Promise<PeerCheckpoint | undefined> {
  return (await listPeerCheckpoints(db, peer, { limit: 1 }))[0];
}

/** Accepted checkpoints of a peer with numbers in [from, until), newest first, at most `limit`. */
export function listPeerCheckpoints(
  { orm }: Queryable,
  peer: string,
  { from = 0, until = Number.MAX_SAFE_INTEGER, limit }: { from?: number; until?: number; limit: number },
): Promise<PeerCheckpoint[]> {
  const { id, size, root, note, receivedAt: receivedAtMs, conflict } = auditPeerCheckpoints;
  return orm
    .select({ id, size, root, note, receivedAtMs })
    .from(auditPeerCheckpoints)
    .where(and(eq(auditPeerCheckpoints.peer, peer), isNull(conflict), gte(id, from), lt(id, until)))
    .orderBy(desc(id))
    .limit(limit);
}

/** Keeps a peer's checkpoint; `conflict` is the word for why it was refused. The answer is its number. */
export async function insertPeerCheckpoint(
  { orm }: Queryable,
  { peer, size, root, note, conflict }: StoredCheckpoint & { peer: string; conflict: string | null },
): Promise<number> {
  const [row] = await orm
    .insert(auditPeerCheckpoints)
    .values({ peer, size, root, note, conflict })
    .returning({ id: auditPeerCheckpoints.id });
  return row?.id as number;
}

/** The checkpoint that was refused with this word since the checkpoint `id` was accepted. */
export async function findConflictSince(
  { orm }: Queryable,
  refused: { peer: string; conflict: string; id: number },
): Promise<StoredCheckpoint | undefined> {
  const { id, peer, conflict, size, root, note } = auditPeerCheckpoints;
  const [row] = await orm
    .select({ size, root, note })
    .from(auditPeerCheckpoints)
    .where(and(eq(peer, refused.peer), eq(conflict, refused.conflict), gt(id, refused.id)))
    .orderBy(desc(id))
    .limit(1);
  return row;
}
