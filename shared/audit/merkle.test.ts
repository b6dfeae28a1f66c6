import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  consistencyRanges,
  hashOfRange,
  inclusionRanges,
  type LeafRange,
  leafHash,
  type NodeId,
  nodeHash,
  subtreesOf,
  TreeBuilder,
  verifyConsistency,
  verifyInclusion,
} from './merkle.ts';

/** Leaves and roots of the reference implementation of Certificate Transparency (its Merkle tree tests). */
const INPUTS = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
/** Leaf (from 0), size, proof. */
const INCLUSIONS: [number, number, string[]][] = [
  [0, 1, []],
  [
    0,
    8,
    [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ],
  ],
  [
    5,
    8,
    [
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  ],
  [2, 3, ['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125']],
  [
    1,
    5,
    [
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ],
  ],
];
/** Old size, new size, proof. */
const CONSISTENCIES: [number, number, string[]][] = [
  [1, 1, []],
  [
    1,
    8,
    [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ],
  ],
  [
    6,
    8,
    [
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  ],
  [
    2,
    5,
    [
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ],
  ],
];

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const bytes = (text: string) => Buffer.from(text, 'hex');
const LEAVES = INPUTS.map((input) => leafHash(bytes(input)));

/** RFC 6962, section 2.1, word for word: from the leaves, every time anew. */
const naive = {
  root(leaves: readonly Uint8Array[]): Uint8Array {
    if (leaves.length === 0) return createHash('sha256').digest();
    if (leaves.length === 1) return leaves[0] as Uint8Array;
    const k = this.split(leaves.length);
    return nodeHash(this.root(leaves.slice(0, k)), this.root(leaves.slice(k)));
  },
  path(m: number, leaves: readonly Uint8Array[]): Uint8Array[] {
    if (leaves.length === 1) return [];
    const k = this.split(leaves.length);
    return m < k
      ? [...this.path(m, leaves.slice(0, k)), this.root(leaves.slice(k))]
      : [...this.path(m - k, leaves.slice(k)), this.root(leaves.slice(0, k))];
  },
  subproof(m: number, leaves: readonly Uint8Array[], whole: boolean): Uint8Array[] {
    if (m === leaves.length) return whole ? [] : [this.root(leaves)];
    const k = this.split(leaves.length);
    return m <= k
      ? [...this.subproof(m, leaves.slice(0, k), whole), this.root(leaves.slice(k))]
      : [...this.subproof(m - k, leaves.slice(k), false), this.root(leaves.slice(0, k))];
  },
  split(n: number): number {
    let k = 1;
    while (k * 2 < n) k *= 2;
    return k;
  },
};

/** A tree as it is stored: whole subtrees only. */
function stored(leaves: readonly Uint8Array[]) {
  const builder = new TreeBuilder();
  const nodes = new Map<string, Uint8Array>();
  for (const leaf of leaves)
    for (const { level, position, hash } of builder.append(leaf)) nodes.set(`${level}/${position}`, hash);
  const hashAt = ({ level, position }: NodeId) => nodes.get(`${level}/${position}`) as Uint8Array;
  const hashes = (ranges: LeafRange[]) => ranges.map((range) => hashOfRange(range, hashAt));
  return { builder, hashAt, hashes, nodes };
}

describe('the published vectors of Certificate Transparency', () => {
  test.each(ROOTS.map((root, size) => [size, root] as const))('the root of %d leaves', (size, root) => {
    const { builder, hashAt } = stored(LEAVES.slice(0, size));
    expect(hex(builder.root())).toBe(root);
    expect(hex(hashOfRange({ from: 0, until: size }, hashAt))).toBe(root);
  });

  test.each(INCLUSIONS)('leaf %d is in the tree of %d', (position, size, proof) => {
    expect(stored(LEAVES).hashes(inclusionRanges(position, size)).map(hex)).toEqual(proof);
    const [leaf, root] = [LEAVES[position] as Buffer, bytes(ROOTS[size] as string)];
    expect(verifyInclusion({ leaf, position, size, proof: proof.map(bytes), root })).toBe(true);
  });

  test.each(CONSISTENCIES)('the tree of %d leaves begins that of %d', (oldSize, newSize, proof) => {
    expect(stored(LEAVES).hashes(consistencyRanges(oldSize, newSize)).map(hex)).toEqual(proof);
    const [oldRoot, newRoot] = [bytes(ROOTS[oldSize] as string), bytes(ROOTS[newSize] as string)];
    expect(verifyConsistency({ oldSize, newSize, oldRoot, newRoot, proof: proof.map(bytes) })).toBe(true);
  });
});

const anyLeaves = fc
  .array(fc.uint8Array({ maxLength: 4 }), { minLength: 1, maxLength: 70 })
  .map((bodies) => bodies.map((body) => leafHash(body)));

describe('for any tree', () => {
  test('roots and proofs are those of the definition, and verify', () => {
    const property = fc.property(anyLeaves, fc.nat(), fc.nat(), (leaves, a, b) => {
      const size = 1 + (a % leaves.length);
      const part = leaves.slice(0, size);
      const { hashes, hashAt, builder } = stored(leaves);
      expect(hex(builder.root())).toBe(hex(naive.root(leaves)));
      const root = hashOfRange({ from: 0, until: size }, hashAt);
      expect(hex(root)).toBe(hex(naive.root(part)));
      const position = b % size;
      const proof = hashes(inclusionRanges(position, size));
      expect(proof.map(hex)).toEqual(naive.path(position, part).map(hex));
      expect(verifyInclusion({ leaf: leaves[position] as Buffer, position, size, proof, root })).toBe(true);
      const oldSize = 1 + (b % size);
      const oldRoot = naive.root(leaves.slice(0, oldSize));
      const consistency = hashes(consistencyRanges(oldSize, size));
      expect(consistency.map(hex)).toEqual(naive.subproof(oldSize, part, true).map(hex));
      const claim = { oldSize, oldRoot, newSize: size, newRoot: root, proof: consistency };
      expect(verifyConsistency(claim)).toBe(true);
    });
    fc.assert(property, { numRuns: 300 });
  });

  test('a proof with anything changed proves nothing', () => {
    const property = fc.property(anyLeaves, fc.nat(), fc.nat(), fc.nat(), (leaves, a, b, c) => {
      const size = 1 + (a % leaves.length);
      const { hashes, hashAt } = stored(leaves);
      const root = hashOfRange({ from: 0, until: size }, hashAt);
      const position = b % size;
      const oldSize = 1 + (b % size);
      const oldRoot = hashOfRange({ from: 0, until: oldSize }, hashAt);
      const leaf = leaves[position] as Buffer;
      const inclusion = { leaf, position, size, root, proof: hashes(inclusionRanges(position, size)) };
      const proof = hashes(consistencyRanges(oldSize, size));
      const consistency = { oldSize, oldRoot, newSize: size, newRoot: root, proof };
      const wrong = leafHash('wrong');
      for (const bad of spoiled(inclusion.proof, c, wrong))
        expect(verifyInclusion({ ...inclusion, proof: bad })).toBe(false);
      for (const change of [{ leaf: wrong }, { root: wrong }, { position: -1 }, { position: size }])
        expect(verifyInclusion({ ...inclusion, ...change })).toBe(false);
      for (const bad of spoiled(proof, c, wrong))
        expect(verifyConsistency({ ...consistency, proof: bad })).toBe(false);
      for (const change of [{ oldRoot: wrong }, { newRoot: wrong }, { oldSize: size + 1 }])
        expect(verifyConsistency({ ...consistency, ...change })).toBe(false);
    });
    fc.assert(property, { numRuns: 300 });
  });

  test('what is read for a root or a proof grows with the logarithm of the size', () => {
    const size = 2 ** 40 + 2 ** 20 + 12_345;
    const read = (ranges: LeafRange[]) => ranges.flatMap(subtreesOf).length;
    expect(read([{ from: 0, until: size }])).toBeLessThan(45);
    expect(read(inclusionRanges(987_654_321, size))).toBeLessThan(90);
    expect(read(consistencyRanges(987_654_321, size))).toBeLessThan(90);
  });
});

/** Proofs with one hash altered, left out, or added. */
function spoiled(proof: readonly Uint8Array[], at: number, wrong: Uint8Array): Uint8Array[][] {
  const i = at % (proof.length + 1);
  const longer = [...proof.slice(0, i), wrong, ...proof.slice(i)];
  if (proof.length === 0) return [longer];
  const j = at % proof.length;
  return [longer, proof.toSpliced(j, 1, wrong), proof.toSpliced(j, 1)];
}
