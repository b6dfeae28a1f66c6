/**
 * The tables of the audit log, the same in node and hub. Rows are only added; hashes are read by their place
 * in the tree, never by a scan. By hand: each act writes an entry, and a statement costs drizzle 1.3 times as
 * much (tests/bench/RESULTS.md); the tree grows by sets of rows.
 */
import { copyIn } from '../db/copy.ts';
import type { Queryable } from '../db/database.ts';
import { AppError } from '../errors.ts';
import type { HashAt, HashedNode, NodeId } from './merkle.ts';

type Sql = Pick<Queryable, 'sql'>;

/** One recorded entry: its number, and the text that is hashed. */
export interface AuditRecord {
  readonly id: number;
  /** Transaction that wrote it. */
  readonly xact: string;
  readonly body: string;
}

/** Which unplaced records are looked for; without `sinceXact` all that there are. */
export interface UnplacedRange {
  /** Transactions before it have been seen, all of them. */
  readonly sinceXact: string | undefined;
  /** Records after this one, in the order of (xact, id). */
  readonly after: Pick<AuditRecord, 'xact' | 'id'> | undefined;
}

/** Whether there is a record without a position in `range`. */
export async function findUnplaced({ sql }: Sql, range: UnplacedRange): Promise<boolean> {
  const [row] = await sql<{ waiting: boolean }[]>`
    SELECT EXISTS (SELECT FROM audit_records r WHERE ${inRange(sql, range)}) AS waiting`;
  return row?.waiting === true;
}

/** Records without a position in `range`, by (xact, id), at most `limit`. */
export async function listUnplaced(
  { sql }: Sql,
  range: UnplacedRange,
  limit: number,
): Promise<AuditRecord[]> {
  return sql<AuditRecord[]>`
    SELECT r.id, r.xact::text AS xact, r.body FROM audit_records r WHERE ${inRange(sql, range)}
    ORDER BY r.xact, r.id LIMIT ${limit}`;
}

/**
 * Records whose transaction this server has not counted up to come from another one, by a restore: only a
 * look at all records finds them, or each pass would look at them again.
 */
function inRange(sql: Sql['sql'], { sinceXact, after }: UnplacedRange) {
  const since =
    sinceXact === undefined
      ? sql``
      : sql`AND r.xact >= ${sinceXact}::xid8 AND r.xact < pg_snapshot_xmax(pg_current_snapshot())`;
  const behind = after ? sql`AND (r.xact, r.id) > (${after.xact}::xid8, ${after.id})` : sql``;
  return sql`NOT EXISTS (SELECT FROM audit_tree t WHERE t.record_id = r.id) ${since} ${behind}`;
}

/** Number of entries that have a position. */
export async function findTreeSize({ sql }: Sql): Promise<number> {
  const [last] = await sql<{ position: number }[]>`
    SELECT position FROM audit_tree WHERE level = 0 ORDER BY position DESC LIMIT 1`;
  return last ? last.position + 1 : 0;
}

/**
 * Hashes of `nodes` in one statement. What it returns throws INTERNAL AUDIT_LOG_DAMAGED for one that is not
 * there.
 */
export async function findHashes(db: Sql, nodes: readonly NodeId[]): Promise<HashAt> {
  const hashAt = await findHashesThere(db, nodes);
  return (node) => hashAt(node) ?? damaged(node);
}

/** Hashes of `nodes` in one statement; what it returns gives undefined for one that is not there. */
export async function findHashesThere(
  { sql }: Sql,
  nodes: readonly NodeId[],
): Promise<(node: NodeId) => Uint8Array | undefined> {
  const levels = nodes.map((node) => node.level);
  const positions = nodes.map((node) => node.position);
  const rows = await sql<HashedNode[]>`
    SELECT level, position, hash FROM audit_tree
    WHERE (level, position) IN (SELECT * FROM unnest(${levels}::smallint[], ${positions}::bigint[]))`;
  const hashes = new Map(rows.map(({ level, position, hash }) => [`${level}/${position}`, hash]));
  return ({ level, position }) => hashes.get(`${level}/${position}`);
}

function damaged({ level, position }: NodeId): never {
  const message = `the audit log lacks the hash at level ${level}, position ${position}`;
  throw new AppError('INTERNAL', 'AUDIT_LOG_DAMAGED', message);
}

/** A node of the tree; level 0 names its record. */
export interface TreeRow extends HashedNode {
  readonly recordId: number | null;
}

/** Adds nodes. Fails on one that is there already. */
export async function insertNodes({ sql }: Sql, rows: readonly TreeRow[]): Promise<void> {
  await copyIn(sql, 'audit_tree (level, position, hash, record_id)', [
    rows.map((row) => row.level),
    rows.map((row) => row.position),
    rows.map((row) => row.hash),
    rows.map((row) => row.recordId),
  ]);
}

/** One at a time gives positions: held until the transaction ends. Any number, the same in all programs. */
export async function lockTree({ sql }: Sql): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(7260125)`;
}

/** Texts of all entries `audit.restore_accepted` that were done, in order: a handful in a lifetime. */
export async function listRestoreEntries({ sql }: Sql): Promise<string[]> {
  const rows = await sql<{ body: string }[]>`
    SELECT body FROM audit_records
    WHERE body LIKE '{"at":"____-__-__T__:__:__Z","action":"audit.restore_accepted",%'
      AND body::jsonb ->> 'outcome' = 'done'
    ORDER BY id`;
  return rows.map(({ body }) => body);
}

/** Lets nobody else judge checkpoints of this peer until the transaction ends. */
export async function lockPeer({ sql }: Sql, peer: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(7260126, hashtext(${peer}))`;
}

/** A position of the tree with the entry that it was given to; `body` null where there is none. */
export interface PlacedLeaf {
  readonly position: number;
  readonly recordId: number;
  readonly hash: Uint8Array;
  readonly body: string | null;
}

/** Positions from `from` on in their order, at most `limit`. */
export async function listLeaves({ sql }: Sql, from: number, limit: number): Promise<PlacedLeaf[]> {
  return sql<PlacedLeaf[]>`
    SELECT t.position, t.record_id AS "recordId", t.hash, r.body
    FROM audit_tree t LEFT JOIN audit_records r ON r.id = t.record_id
    WHERE t.level = 0 AND t.position >= ${from} ORDER BY t.position LIMIT ${limit}`;
}

/** Number of nodes above the leaves. */
export async function countInnerNodes({ sql }: Sql): Promise<number> {
  const [row] = await sql<{ count: number }[]>`SELECT count(*) FROM audit_tree WHERE level > 0`;
  return row?.count ?? 0;
}

/** Number of entries without a position. */
export async function countUnplaced({ sql }: Sql): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    SELECT count(*) FROM audit_records r
    WHERE NOT EXISTS (SELECT FROM audit_tree t WHERE t.record_id = r.id)`;
  return row?.count ?? 0;
}

/** A position of the log as the hub sees it: the text only of a question that was answered. */
export interface ShownLeaf {
  readonly hash: Uint8Array;
  readonly answered: string | null;
}

/** Positions in [from, until), in their order. `auditBody` writes the action right behind the instant. */
export async function listShownLeaves({ sql }: Sql, from: number, until: number): Promise<ShownLeaf[]> {
  return sql<ShownLeaf[]>`
    SELECT t.hash,
      CASE WHEN r.body LIKE '{"at":"____-__-__T__:__:__Z","action":"question.answered",%' THEN r.body END
        AS answered
    FROM audit_tree t LEFT JOIN audit_records r ON r.id = t.record_id
    WHERE t.level = 0 AND t.position >= ${from} AND t.position < ${until} ORDER BY t.position`;
}

/** Texts of entries `questions.asked` with numbers above `after`, in order, at most `limit`. */
export async function listAskedEntries(
  { sql }: Sql,
  after: number,
  limit: number,
): Promise<Pick<AuditRecord, 'id' | 'body'>[]> {
  return sql<Pick<AuditRecord, 'id' | 'body'>[]>`
    SELECT id, body FROM audit_records
    WHERE id > ${after} AND body LIKE '{"at":"____-__-__T__:__:__Z","action":"questions.asked",%'
    ORDER BY id LIMIT ${limit}`;
}

/** Texts of all entries `traces.erased`, in order: one a trace that has ended. */
export async function listErasedEntries({ sql }: Sql): Promise<string[]> {
  const rows = await sql<{ body: string }[]>`
    SELECT body FROM audit_records
    WHERE body LIKE '{"at":"____-__-__T__:__:__Z","action":"traces.erased",%' ORDER BY id`;
  return rows.map(({ body }) => body);
}
