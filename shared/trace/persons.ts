/**
 * Who is one person (README.md, Who is one person): links connect identifiers to classes; a class with
 * several `cccd` falls apart. Works on identifier numbers 0 … count-1; knows nothing of pseudonyms.
 */

export interface Persons {
  /** Person of each identifier: the number of one of its identifiers. */
  readonly personOf: Int32Array;
  /** Identifiers of person p: `identifiers[start[p]] … identifiers[start[p + 1] - 1]`. */
  readonly start: Int32Array;
  readonly identifiers: Int32Array;
}

/**
 * Persons of `count` identifiers under the links `a[i]`-`b[i]` (i < links).
 * `isCccd[n]` is non-zero where identifier n is a cccd.
 */
export function resolvePersons(
  count: number,
  links: { a: Int32Array; b: Int32Array; length: number },
  isCccd: Uint8Array,
): Persons {
  const personOf = classes(count, links);
  splitClassesWithSeveralCccd(personOf, links, isCccd);
  return { personOf, ...identifiersOf(personOf) };
}

/** Representative of each identifier's class of linked identifiers. */
function classes(count: number, links: { a: Int32Array; b: Int32Array; length: number }): Int32Array {
  const parent = new Int32Array(count);
  for (let n = 0; n < count; n++) parent[n] = n;
  for (let i = 0; i < links.length; i++) {
    const a = rootOf(parent, links.a[i] as number);
    const b = rootOf(parent, links.b[i] as number);
    if (a < b) parent[b] = a;
    else parent[a] = b;
  }
  for (let n = 0; n < count; n++) parent[n] = rootOf(parent, n);
  return parent;
}

function rootOf(parent: Int32Array, of: number): number {
  let n = of;
  while (parent[n] !== n) {
    parent[n] = parent[parent[n] as number] as number;
    n = parent[n] as number;
  }
  return n;
}

const NONE = -1;
const SEVERAL = -2;

/**
 * In classes with two or more cccd, each cccd keeps the identifiers that are linked directly to it and to no
 * other cccd; every other identifier stands by itself.
 */
function splitClassesWithSeveralCccd(
  personOf: Int32Array,
  links: { a: Int32Array; b: Int32Array; length: number },
  isCccd: Uint8Array,
): void {
  const count = personOf.length;
  const cccdsOfClass = new Int32Array(count);
  let split = false;
  for (let n = 0; n < count; n++) {
    if (isCccd[n] && ++cccdsOfClass[personOf[n] as number]! > 1) split = true;
  }
  if (!split) return;
  const keeper = new Int32Array(count).fill(NONE);
  const note = (n: number, cccd: number) => {
    if (isCccd[cccd] && !isCccd[n] && keeper[n] !== cccd) keeper[n] = keeper[n] === NONE ? cccd : SEVERAL;
  };
  for (let i = 0; i < links.length; i++) {
    note(links.a[i] as number, links.b[i] as number);
    note(links.b[i] as number, links.a[i] as number);
  }
  const classOf = personOf.slice();
  for (let n = 0; n < count; n++) {
    if ((cccdsOfClass[classOf[n] as number] as number) < 2) continue;
    personOf[n] = !isCccd[n] && (keeper[n] as number) >= 0 ? (keeper[n] as number) : n;
  }
}

function identifiersOf(personOf: Int32Array): { start: Int32Array; identifiers: Int32Array } {
  const count = personOf.length;
  const start = new Int32Array(count + 1);
  for (let n = 0; n < count; n++) start[(personOf[n] as number) + 1]!++;
  for (let p = 0; p < count; p++) start[p + 1] = (start[p + 1] as number) + (start[p] as number);
  const identifiers = new Int32Array(count);
  const next = start.slice(0, count);
  for (let n = 0; n < count; n++) identifiers[next[personOf[n] as number]!++] = n;
  return { start, identifiers };
}
