/**
 * The Merkle tree of an audit log: hashes, what to read for a root or a proof, and how a proof is verified.
 * Pure; whole subtrees are named by level and position, and are the only thing that anyone needs to store.
 * Source: RFC 6962 section 2.1 (the tree and both proofs), RFC 9162 sections 2.1.3.2 and 2.1.4.2
 * (verification).
 */
import { createHash } from 'node:crypto';

/** Leaves [from, until) of the tree, counted from 0. */
export interface LeafRange {
  readonly from: number;
  readonly until: number;
}

/** The subtree of the 2^level leaves from position · 2^level on. */
export interface NodeId {
  readonly level: number;
  readonly position: number;
}

/** Hash of a whole subtree. */
export type HashAt = (node: NodeId) => Uint8Array;

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** SHA-256(0x00 ‖ body). */
export function leafHash(body: string | Uint8Array): Buffer {
  return createHash('sha256').update(LEAF).update(body).digest();
}

/** SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return createHash('sha256').update(NODE).update(left).update(right).digest();
}

/** The whole subtrees that make up a range that the tree itself would cut out, left to right; O(log n). */
export function subtreesOf({ from, until }: LeafRange): NodeId[] {
  const subtrees: NodeId[] = [];
  for (let at = from; at < until; ) {
    const level = Math.floor(Math.log2(until - at));
    subtrees.push({ level, position: at / 2 ** level });
    at += 2 ** level;
  }
  return subtrees;
}

/** Hash of a range that the tree itself would cut out; of an empty one SHA-256 of nothing. */
export function hashOfRange(range: LeafRange, hashAt: HashAt): Uint8Array {
  const hashes = subtreesOf(range).map(hashAt);
  const last = hashes.pop();
  if (!last) return createHash('sha256').digest();
  return hashes.reduceRight((right, left) => nodeHash(left, right), last);
}

/** Ranges whose hashes are the proof that leaf `position` is in the tree of `size` leaves. */
export function inclusionRanges(position: number, size: number): LeafRange[] {
  const ranges: LeafRange[] = [];
  let range: LeafRange = { from: 0, until: size };
  while (range.until - range.from > 1) {
    const middle = middleOf(range);
    const left = { from: range.from, until: middle };
    const right = { from: middle, until: range.until };
    ranges.unshift(position < middle ? right : left);
    range = position < middle ? left : right;
  }
  return ranges;
}

/** Ranges whose hashes are the proof that the tree of `size` leaves begins with that of `oldSize`. */
export function consistencyRanges(oldSize: number, size: number): LeafRange[] {
  if (oldSize === 0) return [];
  const ranges: LeafRange[] = [];
  let range: LeafRange = { from: 0, until: size };
  while (oldSize !== range.until) {
    const middle = middleOf(range);
    const left = { from: range.from, until: middle };
    const right = { from: middle, until: range.until };
    ranges.unshift(oldSize <= middle ? right : left);
    range = oldSize <= middle ? left : right;
  }
  // The old tree itself is known to the verifier, a part of it is not.
  if (range.from > 0) ranges.unshift(range);
  return ranges;
}

/** Where the left subtree of a range ends: the largest power of two that is smaller than its length. */
function middleOf({ from, until }: LeafRange): number {
  return from + 2 ** Math.floor(Math.log2(until - from - 1));
}

export interface InclusionClaim {
  readonly leaf: Uint8Array;
  readonly position: number;
  readonly size: number;
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/** Whether `proof` shows `leaf` at `position` in the tree of `size` leaves with this root. */
export function verifyInclusion({ leaf, position, size, proof, root }: InclusionClaim): boolean {
  if (position < 0 || position >= size) return false;
  let at = position;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (isOdd(at) || at === last) {
      hash = nodeHash(sibling, hash);
      while (!isOdd(at) && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && equal(hash, root);
}

export interface ConsistencyClaim {
  readonly oldSize: number;
  readonly oldRoot: Uint8Array;
  readonly newSize: number;
  readonly newRoot: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** Whether `proof` shows that the tree with the new root begins with the one with the old root. */
export function verifyConsistency({ oldSize, oldRoot, newSize, newRoot, proof }: ConsistencyClaim): boolean {
  if (oldSize > newSize) return false;
  if (oldSize === newSize) return proof.length === 0 && equal(oldRoot, newRoot);
  if (oldSize === 0) return proof.length === 0;
  const [first, ...rest] = Number.isInteger(Math.log2(oldSize)) ? [oldRoot, ...proof] : proof;
  if (!first) return false;
  let [at, last] = [oldSize - 1, newSize - 1];
  while (isOdd(at)) [at, last] = [half(at), half(last)];
  let [old, young] = [first, first];
  for (const sibling of rest) {
    if (last === 0) return false;
    if (isOdd(at) || at === last) {
      [old, young] = [nodeHash(sibling, old), nodeHash(sibling, young)];
      while (!isOdd(at) && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      young = nodeHash(young, sibling);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && equal(old, oldRoot) && equal(young, newRoot);
}

/** A whole subtree with its hash. */
export interface HashedNode extends NodeId {
  readonly hash: Uint8Array;
}

/** Grows a tree leaf by leaf from its right edge, which is all that it remembers: O(log n). */
export class TreeBuilder {
  readonly #edge: HashedNode[];
  #size: number;

  /** The tree of `size` leaves whose `subtreesOf({from: 0, until: size})` have the hashes of `edge`. */
  constructor(size = 0, edge: readonly HashedNode[] = []) {
    this.#size = size;
    this.#edge = [...edge];
  }

  get size(): number {
    return this.#size;
  }

  /** Appends a leaf; returns the whole subtrees that it completes, itself first. */
  append(hash: Uint8Array): HashedNode[] {
    let node: HashedNode = { level: 0, position: this.#size, hash };
    const completed = [node];
    for (let left = this.#edge.at(-1); left?.level === node.level; left = this.#edge.at(-1)) {
      this.#edge.pop();
      const { level, position } = left;
      node = { level: level + 1, position: position / 2, hash: nodeHash(left.hash, node.hash) };
      completed.push(node);
    }
    this.#edge.push(node);
    this.#size++;
    return completed;
  }

  root(): Uint8Array {
    const hashes = new Map(this.#edge.map((node) => [node.level, node.hash]));
    return hashOfRange({ from: 0, until: this.#size }, ({ level }) => hashes.get(level) as Uint8Array);
  }
}

/** Beyond 2^31 the bit operators would not do. */
const half = (n: number) => Math.floor(n / 2);
const isOdd = (n: number) => n % 2 === 1;
const equal = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;
