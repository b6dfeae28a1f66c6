/**
 * SQL over identifiers by their values, which are sealed: found by blind index, opened by id. Who waits for
 * whom, and in which order, stands in operations.ts. By hand, as in queries.ts.
 */
import { byteaList } from '../../../shared/db/bytea.ts';
import type { ColumnSealer } from '../../sealing/sealer.ts';
import type { IntakeTx, SealedDb } from './queries.ts';

/** Canonical identifiers, each once, with their blind indexes under the sealer's generation. */
export interface IndexedValues {
  readonly values: readonly string[];
  readonly indexes: readonly string[];
}

/**
 * What others must not do meanwhile with identifiers that were found: `change` what is recorded under them
 * (they wait), or `keys`, which whoever refers to them needs. `nothing` locks nothing.
 */
export type IdentifierLock = 'change' | 'keys' | 'nothing';

/**
 * Local ids of those of `values` that are known, locked in the order of their ids; asks for the index under
 * every generation that rows may be stored under.
 */
export async function findIdentifiers(
  { sql, sealer }: SealedDb,
  { values, indexes }: IndexedValues,
  lock: IdentifierLock,
): Promise<Map<string, number>> {
  const older = sealer.live
    .slice(1)
    .map((generation) => sealer.index('identifiers.value', values, generation));
  const textOf = new Map<string, string>();
  for (const list of [indexes, ...older]) {
    for (const [i, index] of list.entries()) textOf.set(index, values[i] as string);
  }
  const asked = [indexes, ...older].flat();
  const rows = await sql<{ id: number; index: string }[]>`
    SELECT id, encode(value_index, 'hex') AS index FROM identifiers
    WHERE value_index = ANY (${byteaList(asked)}::bytea[]) ${locking(sql, lock)}`;
  return new Map(rows.map(({ id, index }) => [textOf.get(index) as string, id]));
}

function locking(sql: SealedDb['sql'], lock: IdentifierLock) {
  if (lock === 'nothing') return sql``;
  return lock === 'change' ? sql`ORDER BY id FOR NO KEY UPDATE` : sql`ORDER BY id FOR KEY SHARE`;
}

/** New identifiers under ids that were drawn, with the numbers of their kinds. */
export interface NewIdentifiers extends IndexedValues {
  readonly ids: number[];
  readonly kinds: number[];
}

/**
 * Stores identifiers that were not found, in the order of their indexes; how many are stored. Waits for
 * others who store the same: what one of them commits is left out.
 */
export async function insertIdentifiers(tx: IntakeTx, fresh: NewIdentifiers): Promise<number> {
  const sealed = tx.sealer.seal('identifiers.value', fresh.ids, fresh.values);
  const stored = await tx.sql`
    INSERT INTO identifiers (id, value_sealed, value_index, kind, key_generation) OVERRIDING SYSTEM VALUE
    SELECT id, value_sealed, value_index, kind, ${tx.sealer.generation}::int
    FROM unnest(${fresh.ids}::int[], ${byteaList(sealed)}::bytea[],
      ${byteaList(fresh.indexes)}::bytea[], ${fresh.kinds}::smallint[])
      g (id, value_sealed, value_index, kind)
    ORDER BY value_index ON CONFLICT (value_index) DO NOTHING`;
  return stored.count;
}

/** The canonical identifiers of these ids. */
export async function findIdentifierValues(
  { sql, sealer }: SealedDb,
  ids: readonly number[],
): Promise<Map<number, string>> {
  const rows = await sql<SealedIdentifier[]>`
    SELECT id, value_sealed, value_index, key_generation FROM identifiers
    WHERE id = ANY (${[...ids]}::int[])`;
  return new Map(rows.map((row) => [row.id, openIdentifier(sealer, row)]));
}

/** An identifier as it is stored. */
export interface SealedIdentifier {
  readonly id: number;
  readonly value_sealed: Buffer;
  readonly value_index: Buffer;
  readonly key_generation: number;
}

/** The canonical identifier of a row. Throws as `openIndexed`. */
export function openIdentifier(
  sealer: ColumnSealer,
  { id, value_sealed: sealed, value_index: index, key_generation: generation }: SealedIdentifier,
): string {
  return sealer.openIndexed('identifiers.value', { id, sealed, index, generation });
}
