/**
 * Finding identifiers and storing those that are new, in the caller's transaction. Two who store the same one
 * at a time get the same id; who waits for whom stands in operations.ts.
 */
import { drawIds } from '../../../shared/db/draw-ids.ts';
import { kindNumberOf } from '../../../shared/domain/identifier.ts';
import * as queries from './identifiers-queries.ts';
import type { IntakeTx, SealedDb } from './queries.ts';

export interface EnsuredIdentifiers {
  /** Local id of each canonical identifier. */
  readonly ids: ReadonlyMap<string, number>;
  /** Ids of those that were unknown until now. */
  readonly created: readonly number[];
}

/**
 * Local ids of canonical identifiers; unknown ones are stored. Known ones are locked as `lock` says: against
 * `change` by who writes something under them that depends on what is there.
 */
export async function ensureIdentifiers(
  tx: IntakeTx,
  values: Iterable<string>,
  lock: queries.IdentifierLock = 'nothing',
): Promise<EnsuredIdentifiers> {
  const found = await lookUp(tx, values, lock);
  return { ids: found.ids, created: await storeMissing(tx, found, lock) };
}

/** Canonical identifiers, each once, and what is known of them so far. */
export interface LookedUp extends queries.IndexedValues {
  readonly ids: Map<string, number>;
}

/** Looks identifiers up without storing any. */
export async function lookUp(
  tx: SealedDb,
  values: Iterable<string>,
  lock: queries.IdentifierLock,
): Promise<LookedUp> {
  const wanted = [...new Set(values)];
  const asked = { values: wanted, indexes: tx.sealer.index('identifiers.value', wanted) };
  return { ...asked, ids: await queries.findIdentifiers(tx, asked, lock) };
}

/** Stores what was not found and completes `ids`; ids of the new ones. */
export async function storeMissing(
  tx: IntakeTx,
  found: LookedUp,
  lock: queries.IdentifierLock,
): Promise<number[]> {
  const created = await insertMissing(tx, found, lock);
  tx.created?.add(created.length);
  return created;
}

async function insertMissing(
  tx: IntakeTx,
  { values, indexes, ids }: LookedUp,
  lock: queries.IdentifierLock,
): Promise<number[]> {
  const missing = values.flatMap((value, i) => (ids.has(value) ? [] : [i]));
  if (missing.length === 0) return [];
  const fresh = {
    values: missing.map((i) => values[i] as string),
    indexes: missing.map((i) => indexes[i] as string),
  };
  // An id is drawn for each: only for what is new, or importing the same over and over would use them up.
  const drawn = await drawIds(tx, 'identifiers_id_seq', missing.length);
  const stored = await queries.insertIdentifiers(tx, {
    ...{ ...fresh, ids: drawn },
    kinds: fresh.values.map(kindNumberOf),
  });
  if (stored === drawn.length) {
    for (const [i, value] of fresh.values.entries()) ids.set(value, drawn[i] as number);
    return drawn;
  }
  // Somebody else has stored some of them meanwhile.
  for (const [value, id] of await queries.findIdentifiers(tx, fresh, lock)) ids.set(value, id);
  const kept = new Set(ids.values());
  return drawn.filter((id) => kept.has(id));
}

/** The canonical identifiers of local ids. */
export function valuesOf(db: SealedDb, ids: Iterable<number>): Promise<Map<number, string>> {
  return queries.findIdentifierValues(db, [...new Set(ids)]);
}
