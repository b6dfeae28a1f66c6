/**
 * SQL over households and wards, a set of rows at a time: one statement a chunk of an import, arrays in,
 * changed rows out. Who waits for whom stands in operations.ts. What names somebody is sealed and opened
 * here: above are texts, below are bytes. By hand: a thousand keys cost drizzle 3.6 times
 * as much (tests/bench/RESULTS.md).
 */
import { byteaList } from '../../../shared/db/bytea.ts';
import type { Queryable, Transaction } from '../../../shared/db/database.ts';
import { drawIds } from '../../../shared/db/draw-ids.ts';
import type { ColumnSealer, IndexedRow } from '../../sealing/sealer.ts';
import type { NewIdentifierCount } from './quota.ts';

type Db = Pick<Queryable, 'sql'>;
type Tx = Pick<Transaction, 'sql'>;

/** A transaction that writes people, with what it seals and looks up by. */
export interface IntakeTx {
  readonly sql: Transaction['sql'];
  readonly emit: Transaction['emit'];
  readonly sealer: ColumnSealer;
  /** Told how many identifiers it has stored that were not known. */
  readonly created?: Pick<NewIdentifierCount, 'add'> | undefined;
}

/** Where sealed values are read, and what opens them. */
export interface SealedDb {
  readonly sql: Queryable['sql'];
  readonly sealer: ColumnSealer;
}

/**
 * Plans are kept, and those made while tables are nearly empty would scan them when they are full: statements
 * after this one use indexes.
 */
export async function preferIndexes(tx: Tx): Promise<void> {
  await tx.sql`SET LOCAL enable_seqscan = off`;
}

/** Ids of the households of these names (each once) that are known, under any generation. */
export async function findHouseholds(
  { sql, sealer }: IntakeTx,
  names: readonly string[],
): Promise<Map<string, number>> {
  const nameOf = new Map<string, string>();
  const asked = sealer.live.flatMap((generation) => sealer.index('households.name', names, generation));
  for (const [i, index] of asked.entries()) {
    nameOf.set(index, names[i % names.length] as string);
  }
  const rows = await sql<{ id: number; index: string }[]>`
    SELECT id, encode(name_index, 'hex') AS index FROM households
    WHERE name_index = ANY (${byteaList(asked)}::bytea[])`;
  return new Map(rows.map(({ id, index }) => [nameOf.get(index) as string, id]));
}

/**
 * Stores households that were not found, in the order of their indexes; their ids. Waits for others who store
 * the same: if one of them commits, the answer is undefined.
 */
export async function insertHouseholds(tx: IntakeTx, names: string[]): Promise<number[] | undefined> {
  const ids = await drawIds(tx, 'households_id_seq', names.length);
  const sealed = tx.sealer.seal('households.name', ids, names);
  const indexes = tx.sealer.index('households.name', names);
  const stored = await tx.sql`
    INSERT INTO households (id, name_sealed, name_index, key_generation) OVERRIDING SYSTEM VALUE
    SELECT *, ${tx.sealer.generation}::int
    FROM unnest(${ids}::int[], ${byteaList(sealed)}::bytea[],
      ${byteaList(indexes)}::bytea[]) g (id, name_sealed, name_index)
    ORDER BY name_index ON CONFLICT (name_index) DO NOTHING`;
  return stored.count === ids.length ? ids : undefined;
}

/** Waits until nobody else moves anybody into or out of these households, in the order of their ids. */
export async function lockHouseholds(tx: Tx, ids: readonly number[]): Promise<void> {
  await tx.sql`
    SELECT FROM households WHERE id = ANY (${[...ids]}::int[]) ORDER BY id FOR NO KEY UPDATE`;
}

/** Names of households, by their ids. */
export async function findHouseholdNames(
  { sql, sealer }: SealedDb,
  ids: readonly number[],
): Promise<Map<number, string>> {
  if (ids.length === 0) return new Map();
  const rows = await sql<IndexedRow[]>`
    SELECT id, name_sealed AS sealed, name_index AS index, key_generation AS generation
    FROM households WHERE id = ANY (${[...new Set(ids)]}::int[])`;
  return new Map(rows.map((row) => [row.id, sealer.openIndexed('households.name', row)]));
}

/** Ward of this person by the standing record that counts most; undefined if none is known. */
export async function findWard(db: Db, identifierId: number): Promise<string | undefined> {
  const [row] = await db.sql<{ ward: string }[]>`
    SELECT ward FROM record_identifiers n
      CROSS JOIN LATERAL (SELECT * FROM records WHERE id = n.record_id OFFSET 0) r
    WHERE n.identifier_id = ${identifierId} AND retracted_at IS NULL AND waits_for IS NULL
      AND ward IS NOT NULL
    ORDER BY record_rank(source), at DESC, r.id DESC LIMIT 1`;
  return row?.ward;
}
