/**
 * SQL over identifiers by their values, which are sealed: found by blind index, opened by id. Look-ups and
 * inserts happen under the intake lock; see operations.ts.
 */
import { byteaTexts } from '../../../shared/db/bytea.ts';
import type { Transaction } from '../../../shared/db/database.ts';
import type { IntakeTx, SealedDb } from './queries.ts';

/** Canonical identifiers, each once, with their blind indexes under the sealer's generation. */
export interface IndexedValues {
  readonly values: readonly string[];
  readonly indexes: readonly string[];
}

/**
 * Local ids of those of `values` that are known; asks for the index under every generation that rows may be
 * stored under.
 */
export async function findIdentifiers(
  { sql, sealer }: IntakeTx,
  { values, indexes }: IndexedValues,
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
    WHERE value_index = ANY (${byteaTexts(asked)}::text[]::bytea[])`;
  return new Map(rows.map(({ id, index }) => [textOf.get(index) as string, id]));
}

/** As many unused ids of identifiers. */
export async function drawIdentifierIds(tx: Pick<Transaction, 'sql'>, count: number): Promise<number[]> {
  const rows = await tx.sql<{ id: number }[]>`
    SELECT nextval('identifiers_id_seq')::int AS id FROM generate_series(1, ${count}::int)`;
  return rows.map(({ id }) => id);
}

/** New identifiers under ids that were drawn, each in its household. */
export interface NewIdentifiers extends IndexedValues {
  readonly ids: number[];
  readonly areCccd: boolean[];
  readonly householdIds: (number | null)[];
}

/** Stores identifiers that were not found under the intake lock. */
export async function insertIdentifiers(tx: IntakeTx, fresh: NewIdentifiers): Promise<void> {
  const sealed = tx.sealer.seal('identifiers.value', fresh.ids, fresh.values);
  await tx.sql`
    INSERT INTO identifiers (id, value_sealed, value_index, is_cccd, household_id, key_generation)
    OVERRIDING SYSTEM VALUE
    SELECT id, value_sealed, value_index, is_cccd::bool, household_id, ${tx.sealer.generation}::int
    FROM unnest(${fresh.ids}::int[], ${byteaTexts(sealed)}::text[]::bytea[],
      ${byteaTexts(fresh.indexes)}::text[]::bytea[], ${fresh.areCccd.map(Number)}::int[],
      ${fresh.householdIds as number[]}::int[]) g (id, value_sealed, value_index, is_cccd, household_id)`;
}

/** The canonical identifiers of these ids. */
export async function findIdentifierValues(
  { sql, sealer }: SealedDb,
  ids: readonly number[],
): Promise<Map<number, string>> {
  const rows = await sql<{ id: number; value_sealed: Buffer }[]>`
    SELECT id, value_sealed FROM identifiers WHERE id = ANY (${[...ids]}::int[])`;
  return new Map(
    rows.map(({ id, value_sealed }) => [id, sealer.open('identifiers.value', id, value_sealed)]),
  );
}
