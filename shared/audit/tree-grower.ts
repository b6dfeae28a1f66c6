/**
 * Gives recorded entries their position in the tree, in batches and in the background: what records never
 * waits for what places, nor for another that records. A position once given never changes.
 */
import type { Clock } from '../clock.ts';
import { type Database, type Transaction, withTransaction } from '../db/database.ts';
import { findRunning } from '../db/transaction-numbers.ts';
import type { Logger } from '../log.ts';
import { type Loop, type LoopWatch, startLoop } from '../loop.ts';
import { leafHash, subtreesOf, TreeBuilder } from './merkle.ts';
import {
  type AuditRecord,
  findHashes,
  findTreeSize,
  findUnplaced,
  insertNodes,
  listUnplaced,
  lockTree,
  type UnplacedRange,
} from './queries.ts';

export interface TreeGrowerOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly watch?: LoopWatch | undefined;
  /** Between two looks for new entries; 1 s unless told. */
  readonly everyMs?: number;
  /** Entries placed in one transaction. */
  readonly batch?: number;
}

const EVERY_MS = 1_000;
const BATCH = 10_000;

export class TreeGrower implements AsyncDisposable {
  readonly #options: TreeGrowerOptions;
  readonly #loop: Loop;
  /** Transactions before it have been seen, all of them; unknown at first: all records are looked at. */
  #seen: string | undefined;
  #growing: Promise<unknown> = Promise.resolve();

  constructor(options: TreeGrowerOptions) {
    this.#options = options;
    const { clock, logger, watch, everyMs = EVERY_MS } = options;
    const pass = () => this.grow();
    this.#loop = startLoop({ name: 'audit-tree', clock, logger, watch, everyMs, pass });
  }

  /** Places what has been committed until now; passes of one program follow each other. */
  grow(): Promise<void> {
    const grown = this.#growing.then(() => this.#pass());
    this.#growing = grown.catch(() => {
      // Who knows what database comes back, and how far its transactions have counted.
      this.#seen = undefined;
    });
    return grown;
  }

  /**
   * A record that a running transaction will still commit has a transaction number from `running` on: the
   * next pass begins there, and none is missed. (The feed's cursors go by ids, see deploy/decisions.md.)
   */
  async #pass(): Promise<void> {
    const { db, batch = BATCH } = this.#options;
    // Before the look: what is at work only then may commit between the two.
    const running = await findRunning(db);
    // A database that counts anew: it was restored.
    if (BigInt(running) < BigInt(this.#seen ?? 0)) this.#seen = undefined;
    let range: UnplacedRange = { sinceXact: this.#seen, after: undefined };
    if (await findUnplaced(db, range)) {
      for (;;) {
        const last = await withTransaction(db, (tx) => placeBatch(tx, range, batch));
        if (!last) break;
        range = { ...range, after: last };
      }
    }
    this.#seen = running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#loop[Symbol.asyncDispose]();
  }
}

/** Places one batch; the answer is its last record if there may be more. */
async function placeBatch(
  tx: Transaction,
  range: UnplacedRange,
  limit: number,
): Promise<AuditRecord | undefined> {
  await lockTree(tx);
  // A statement of its own: it must see what the one who had the lock before us has placed.
  const records = await listUnplaced(tx, range, limit);
  if (records.length === 0) return undefined;
  const builder = await openTree(tx);
  const rows = records.flatMap(({ id, body }) =>
    builder.append(leafHash(body)).map((node) => ({ ...node, recordId: node.level === 0 ? id : null })),
  );
  await insertNodes(tx, rows);
  return records.length < limit ? undefined : records.at(-1);
}

/** The tree as it stands, ready to grow. */
async function openTree(tx: Transaction): Promise<TreeBuilder> {
  const size = await findTreeSize(tx);
  const edge = subtreesOf({ from: 0, until: size });
  const hashAt = await findHashes(tx, edge);
  return new TreeBuilder(
    size,
    edge.map((node) => ({ ...node, hash: hashAt(node) })),
  );
}
