/**
 * Who is one person (README.md, Who is one person): records link what they name to classes, except through
 * shared handles; a class with several `cccd` falls apart. Works on identifier numbers 0 … count-1; knows
 * nothing of pseudonyms.
 */
import { disjointSets, join, rootOf } from './disjoint-sets.ts';
import { CCCD } from './identifier-flags.ts';
import { findSharedHandles, type RecordRows } from './shared-handles.ts';

export interface Persons {
  /** Person of each identifier: the number of one of its identifiers. */
  readonly personOf: Int32Array;
  /** Identifiers of person p: `identifiers[start[p]] … identifiers[start[p + 1] - 1]`. */
  readonly start: Int32Array;
  readonly identifiers: Int32Array;
  /** Of each identifier 1 if it is a shared handle, which stands by itself; undefined if none is. */
  readonly shared: Uint8Array | undefined;
}

/** Persons of `count` identifiers of `kinds` (see KIND_NUMBER) under `records`. */
export function resolvePersons(count: number, records: RecordRows, kinds: Uint8Array): Persons {
  const shared = findSharedHandles(records, kinds, count);
  const personOf = classes(count, records, shared);
  splitClassesWithSeveralCccd(personOf, records, kinds);
  return { personOf, shared, ...identifiersOf(personOf) };
}

/** Representative of each identifier's class. What a record names beside its shared handles stays linked. */
function classes(count: number, records: RecordRows, shared: Uint8Array | undefined): Int32Array {
  const parent = disjointSets(count);
  const { length, until, identifier } = records;
  let m = 0;
  for (let r = 0; r < length; r++) {
    let before = -1;
    for (; m < (until[r] as number); m++) {
      const n = identifier[m] as number;
      if (shared?.[n]) continue;
      if (before >= 0) join(parent, before, n);
      before = n;
    }
  }
  for (let n = 0; n < count; n++) parent[n] = rootOf(parent, n);
  return parent;
}

const NONE = -1;
const SEVERAL = -2;

/**
 * In classes with two or more cccd, each cccd keeps the identifiers that a record names together with it and
 * none with another; every other identifier stands by itself.
 */
function splitClassesWithSeveralCccd(personOf: Int32Array, records: RecordRows, kinds: Uint8Array): void {
  const count = personOf.length;
  const cccdsOfClass = new Int32Array(count);
  let split = false;
  for (let n = 0; n < count; n++) {
    if (kinds[n] === CCCD && ++cccdsOfClass[personOf[n] as number]! > 1) split = true;
  }
  if (!split) return;
  const keeper = keepersOf(count, records, kinds);
  const classOf = personOf.slice();
  for (let n = 0; n < count; n++) {
    if ((cccdsOfClass[classOf[n] as number] as number) < 2) continue;
    personOf[n] = kinds[n] !== CCCD && (keeper[n] as number) >= 0 ? (keeper[n] as number) : n;
  }
}

/** The only cccd that records name together with each identifier, NONE or SEVERAL. */
function keepersOf(count: number, { length, until, identifier }: RecordRows, kinds: Uint8Array): Int32Array {
  const keeper = new Int32Array(count).fill(NONE);
  let first = 0;
  for (let r = 0; r < length; r++) {
    const end = until[r] as number;
    for (let c = first; c < end; c++) {
      const cccd = identifier[c] as number;
      if (kinds[cccd] !== CCCD) continue;
      for (let m = first; m < end; m++) {
        const n = identifier[m] as number;
        if (keeper[n] !== cccd) keeper[n] = keeper[n] === NONE ? cccd : SEVERAL;
      }
    }
    first = end;
  }
  return keeper;
}

function identifiersOf(personOf: Int32Array): Pick<Persons, 'start' | 'identifiers'> {
  const count = personOf.length;
  const start = new Int32Array(count + 1);
  for (let n = 0; n < count; n++) start[(personOf[n] as number) + 1]!++;
  for (let p = 0; p < count; p++) start[p + 1] = (start[p + 1] as number) + (start[p] as number);
  const identifiers = new Int32Array(count);
  const next = start.slice(0, count);
  for (let n = 0; n < count; n++) identifiers[next[personOf[n] as number]!++] = n;
  return { start, identifiers };
}
