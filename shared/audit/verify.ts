/**
 * Recomputes an audit log from the entries in the database, and says where it is not what was placed and
 * signed. Reads everything once, in one snapshot, in constant memory; changes nothing.
 */
import type { KeyObject } from 'node:crypto';
import { type Database, snapshot, type Transaction } from '../db/database.ts';
import { toAppError } from '../errors.ts';
import { type Checkpoint, type LogOrigin, openCheckpoint, signedBy } from './checkpoint.ts';
import { listCheckpoints, type StoredCheckpoint } from './checkpoints-queries.ts';
import { type HashedNode, leafHash, TreeBuilder } from './merkle.ts';
import { countInnerNodes, countUnplaced, findHashesThere, listLeaves, type PlacedLeaf } from './queries.ts';
import { type HeldLogs, type LostStretch, lostStretch, type Restore, sizesOf } from './restores.ts';

export interface Verification {
  /** Entries that were recomputed. */
  readonly size: number;
  /** Entries that have no position yet: those of the last second, or of a program that has stopped. */
  readonly unplaced: number;
  /** Own checkpoints compared. */
  readonly checkpoints: number;
  /** Of those, signed by another key than the present one: their signatures were not verified. */
  readonly foreign: number;
  /** What of the log before each restore that the other side has accepted is not borne out; newest first. */
  readonly lost: readonly LostStretch[];
  /** The first fault; undefined if there is none. */
  readonly fault: LogFault | undefined;
}

export interface LogFault {
  readonly reason:
    | 'ENTRY_REMOVED'
    | 'ENTRY_CHANGED'
    | 'POSITION_MISSING'
    | 'TREE_CHANGED'
    | 'LOG_TRUNCATED'
    | 'CHECKPOINT_DIFFERS'
    | 'CHECKPOINT_FORGED';
  /** From which position on the log is not what it was, as far as can be told. */
  readonly position: number;
  /** Number of the entry, if it is about one. */
  readonly recordId?: number | undefined;
  /** Size of the checkpoint that does not agree. */
  readonly checkpoint?: number | undefined;
}

export interface VerifyOptions {
  readonly origin: LogOrigin;
  /** Of the log, public or private. */
  readonly key: KeyObject;
  /** Notes of ours that the other side holds; they must be ours. */
  readonly held?: readonly string[] | undefined;
  /** The same of our log as it was before each restore: they need not stand any more. */
  readonly past?: readonly { readonly restore: Restore; readonly notes: readonly string[] }[] | undefined;
  readonly page?: number;
}

const PAGE = 5_000;

/**
 * Verifies the log in `db`: every placed entry against its hash, the tree against the entries, own and held
 * checkpoints against the tree. Throws PERMISSION_DENIED BAD_CHECKPOINT for a held note that the log's key
 * has not signed: it says nothing about this log.
 */
export async function verifyLog(db: Database, options: VerifyOptions): Promise<Verification> {
  const { origin, key, held = [], past = [] } = options;
  const opened = (notes: readonly string[]) => notes.map((note) => openCheckpoint(note, origin, key));
  const expected = opened(held);
  const before = past.map(({ restore, notes }) => ({ restore, checkpoints: opened(notes) }));
  return snapshot(db, async (tx) => {
    const run = new Run(tx, { present: expected, past: before }, options);
    const fault = (await run.entries()) ?? (await run.rest());
    const unplaced = await countUnplaced(tx);
    const { checkpoints, foreign } = run;
    const lost = before.map((log) => lostStretch(log, run.pastRoots));
    return { size: run.size, unplaced, checkpoints, foreign, lost, fault };
  });
}

/** A checkpoint to be compared: ours, or one of ours that the other side holds. */
type Due = Checkpoint | StoredCheckpoint;

class Run {
  readonly #tx: Transaction;
  readonly #options: VerifyOptions;
  readonly #expected: readonly Checkpoint[];
  readonly #pastSizes: ReadonlySet<number>;
  /** Roots of our log at the sizes of checkpoints from before a restore. */
  readonly pastRoots = new Map<number, Uint8Array>();
  readonly #builder = new TreeBuilder();
  /** Size of the last checkpoint that agreed: what is before it stands. */
  #sound = 0;
  #inner = 0;
  checkpoints = 0;
  foreign = 0;

  constructor(tx: Transaction, { present, past }: HeldLogs, options: VerifyOptions) {
    this.#tx = tx;
    this.#options = options;
    this.#expected = present;
    this.#pastSizes = sizesOf(past);
  }

  get size(): number {
    return this.#builder.size;
  }

  /** All entries in their order, with the checkpoints as they are passed. */
  async entries(): Promise<LogFault | undefined> {
    const { page = PAGE } = this.#options;
    for (let from = -1; ; from = this.size) {
      const leaves = await listLeaves(this.#tx, this.size, page);
      const due = await this.#due(from, this.size + leaves.length);
      const fault = await this.#page(leaves, due);
      if (fault || leaves.length === 0) return fault;
    }
  }

  async #page(leaves: readonly PlacedLeaf[], due: readonly Due[]): Promise<LogFault | undefined> {
    const sizes = new Set(due.map(({ size }) => size));
    const roots = new Map<number, Uint8Array>();
    const noteRoot = () => {
      if (sizes.has(this.size)) roots.set(this.size, this.#builder.root());
      if (this.#pastSizes.has(this.size)) this.pastRoots.set(this.size, this.#builder.root());
    };
    const inner: HashedNode[] = [];
    let fault: LogFault | undefined;
    noteRoot();
    for (const leaf of leaves) {
      fault = entryFault(leaf, this.size);
      if (fault) break;
      inner.push(...this.#builder.append(leaf.hash).slice(1));
      noteRoot();
    }
    this.#inner += inner.length;
    const faults = [this.#checkpointFault(due, roots), await this.#treeFault(inner), fault];
    // What was noticed last may lie first.
    return faults.reduce((a, b) => (!a || (b && b.position < a.position) ? b : a));
  }

  async #treeFault(inner: readonly HashedNode[]): Promise<LogFault | undefined> {
    const stored = await findHashesThere(this.#tx, inner);
    const wrong = inner.find((node) => {
      const hash = stored(node);
      return !hash || Buffer.compare(hash, node.hash) !== 0;
    });
    return wrong && { reason: 'TREE_CHANGED', position: wrong.position * 2 ** wrong.level };
  }

  /** Own and held checkpoints of sizes after `from` up to `until`, in their order. */
  async #due(from: number, until: number): Promise<Due[]> {
    const own = await listCheckpoints(this.#tx, { from, until });
    const held = this.#expected.filter(({ size }) => size > from && size <= until);
    return [...own, ...held].sort((a, b) => a.size - b.size);
  }

  /** Those whose roots are unknown lie behind the entry at which the page broke off. */
  #checkpointFault(due: readonly Due[], roots: ReadonlyMap<number, Uint8Array>): LogFault | undefined {
    for (const checkpoint of due) {
      const root = roots.get(checkpoint.size);
      if (!root) return undefined;
      const at = { position: this.#sound, checkpoint: checkpoint.size };
      if (Buffer.compare(checkpoint.root, root) !== 0) return { reason: 'CHECKPOINT_DIFFERS', ...at };
      if ('note' in checkpoint && !this.#signed(checkpoint)) return { reason: 'CHECKPOINT_FORGED', ...at };
      this.#sound = checkpoint.size;
    }
    return undefined;
  }

  #signed({ note, size, root }: StoredCheckpoint): boolean {
    const { origin, key } = this.#options;
    this.checkpoints++;
    if (!signedBy(note, origin, key)) {
      this.foreign++;
      return true;
    }
    try {
      const opened = openCheckpoint(note, origin, key);
      return opened.size === size && Buffer.compare(opened.root, root) === 0;
    } catch (error) {
      if (toAppError(error).reason === 'BAD_CHECKPOINT') return false;
      throw error;
    }
  }

  /** What lies beyond the last entry: checkpoints of a longer log, nodes of a tree that there is not. */
  async rest(): Promise<LogFault | undefined> {
    const { size } = this;
    const own = await listCheckpoints(this.#tx, { from: size, until: Number.MAX_SAFE_INTEGER });
    const longer = [...own, ...this.#expected].find((checkpoint) => checkpoint.size > size);
    if (longer) return { reason: 'LOG_TRUNCATED', position: size, checkpoint: longer.size };
    if ((await countInnerNodes(this.#tx)) !== this.#inner) return { reason: 'TREE_CHANGED', position: size };
    return undefined;
  }
}

function entryFault({ position, recordId, body, hash }: PlacedLeaf, expected: number): LogFault | undefined {
  if (position !== expected) return { reason: 'POSITION_MISSING', position: expected };
  if (body === null) return { reason: 'ENTRY_REMOVED', position, recordId };
  if (Buffer.compare(leafHash(body), hash) !== 0) return { reason: 'ENTRY_CHANGED', position, recordId };
  return undefined;
}
