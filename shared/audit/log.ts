/**
 * A program's own audit log as others see it: its size, its root, its signed checkpoints and its proofs. It
 * only reads what the grower has written.
 */
import type { KeyObject } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { type Database, type Queryable, snapshot } from '../db/database.ts';
import { type Checkpoint, type LogOrigin, signCheckpoint } from './checkpoint.ts';
import { insertCheckpoint } from './checkpoints-queries.ts';
import { consistencyRanges, hashOfRange, inclusionRanges, type LeafRange, subtreesOf } from './merkle.ts';
import { findHashes, findTreeSize } from './queries.ts';
import type { TreeGrower } from './tree-grower.ts';

export interface AuditLogOptions {
  readonly db: Database;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly grower: Pick<TreeGrower, 'grow'>;
  readonly origin: LogOrigin;
  /** Private Ed25519. */
  readonly key: KeyObject;
  /** How old a recent checkpoint may be; ten seconds unless told. */
  readonly recentMs?: number;
}

/** A checkpoint and the signed note that states it. */
export interface SignedCheckpoint extends Checkpoint {
  readonly note: string;
}

const RECENT_MS = 10_000;

export class AuditLog {
  readonly #options: AuditLogOptions;
  #recent: { readonly atMs: number; readonly checkpoint: Promise<SignedCheckpoint> } | undefined;

  constructor(options: AuditLogOptions) {
    this.#options = options;
  }

  /**
   * A signed checkpoint, at most `recentMs` old: 63 provinces ask at the same time, and each one that is
   * signed is kept.
   */
  async recentCheckpoint(): Promise<SignedCheckpoint> {
    const { clock, recentMs = RECENT_MS } = this.#options;
    const nowMs = clock.nowMs();
    if (!this.#recent || nowMs - this.#recent.atMs > recentMs) {
      this.#recent = { atMs: nowMs, checkpoint: this.checkpoint() };
      this.#recent.checkpoint.catch(() => {
        this.#recent = undefined;
      });
    }
    return this.#recent.checkpoint;
  }

  /** Signs and keeps a checkpoint of all that has been committed until now. */
  async checkpoint(): Promise<SignedCheckpoint> {
    const { db, grower, origin, key } = this.#options;
    await grower.grow();
    const checkpoint = await currentCheckpoint(db);
    const signed = { ...checkpoint, note: signCheckpoint(checkpoint, origin, key) };
    await insertCheckpoint(db, signed);
    return signed;
  }

  /**
   * Proof that the log of `size` entries begins with that of `oldSize`; empty where nothing can be proven,
   * because the log is shorter. Source: RFC 6962 section 2.1.2.
   */
  async consistency(oldSize: number, size: number): Promise<Uint8Array[]> {
    if (oldSize > size) return [];
    return hashesOf(this.#options.db, consistencyRanges(oldSize, size));
  }

  /** Proof that the entry at `position` is in the log of `size` entries. Source: RFC 6962 section 2.1.1. */
  async inclusion(position: number, size: number): Promise<Uint8Array[]> {
    return hashesOf(this.#options.db, inclusionRanges(position, size));
  }
}

/** Size and root of the log in `db`, as far as it is in the tree; O(log n) reads. */
export function currentCheckpoint(db: Database): Promise<Checkpoint> {
  return snapshot(db, async (tx) => {
    const size = await findTreeSize(tx);
    const [root] = await hashesOf(tx, [{ from: 0, until: size }]);
    return { size, root: root as Uint8Array };
  });
}

/** Hashes of ranges that the tree itself would cut out. */
async function hashesOf(db: Pick<Queryable, 'sql'>, ranges: readonly LeafRange[]): Promise<Uint8Array[]> {
  const hashAt = await findHashes(db, ranges.flatMap(subtreesOf));
  return ranges.map((range) => hashOfRange(range, hashAt));
}
