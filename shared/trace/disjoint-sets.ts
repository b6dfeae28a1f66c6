/**
 * Sets of identifiers that are joined two at a time, in one column: of each its parent, of a representative
 * itself. The representative of a set is its smallest number.
 */

/** `count` sets of one each. */
export function disjointSets(count: number): Int32Array {
  const parent = new Int32Array(count);
  for (let n = 0; n < count; n++) parent[n] = n;
  return parent;
}

/** The representative of the set of `of`. */
export function rootOf(parent: Int32Array, of: number): number {
  let n = of;
  while (parent[n] !== n) {
    parent[n] = parent[parent[n] as number] as number;
    n = parent[n] as number;
  }
  return n;
}

export function join(parent: Int32Array, one: number, other: number): void {
  const a = rootOf(parent, one);
  const b = rootOf(parent, other);
  if (a < b) parent[b] = a;
  else parent[a] = b;
}
