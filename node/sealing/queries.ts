/**
 * The table `data_keys`, and rows by the generation that they are sealed under. Which columns of which tables
 * are sealed stands in SEALED_TABLES, once. Rows of those are read and sealed by hand-written SQL: which
 * columns they have is only known when it runs.
 */
import { and, eq, isNull, sql } from 'drizzle-orm';
import { byteaList } from '../../shared/db/bytea.ts';
import type { Queryable, Transaction } from '../../shared/db/database.ts';
import type { ColumnSealer, IndexedColumn, SealedColumn } from './sealer.ts';
import { dataKeys } from './tables.ts';

type Db = Pick<Queryable, 'sql'>;
type Tx = Pick<Transaction, 'sql'>;
type Orm = Pick<Queryable, 'orm'>;

/** A table with sealed columns; each `<name>_sealed` is the column `<table>.<name>` of sealer.ts. */
export interface SealedTable {
  readonly table: string;
  readonly sealed: readonly string[];
  /** Has a blind index in `<name>_index`. */
  readonly indexed?: string;
}

export const SEALED_TABLES: readonly SealedTable[] = [
  { table: 'identifiers', sealed: ['value'], indexed: 'value' },
  { table: 'people', sealed: ['name', 'born_on', 'address'] },
  { table: 'records', sealed: ['person'] },
  { table: 'record_versions', sealed: ['person'] },
  { table: 'record_secret', sealed: ['value'] },
  { table: 'households', sealed: ['name'], indexed: 'name' },
  { table: 'places', sealed: ['name'] },
  { table: 'break_glass', sealed: ['reason'] },
  { table: 'calls', sealed: ['note'] },
  { table: 'follow_up_log', sealed: ['reason'] },
];

/** A generation as the database knows it; instants in epoch seconds. */
export type StoredKey = Readonly<typeof dataKeys.$inferSelect>;

/** Key of the advisory lock on the generation that rows are sealed under. */
const GENERATION_LOCK = 7_300_001;

/** The generation stays the same until the transaction ends; any number hold it side by side. */
export async function holdGeneration(tx: Tx): Promise<void> {
  await tx.sql`SELECT pg_advisory_xact_lock_shared(${GENERATION_LOCK})`;
}

/**
 * Waits until nobody holds the generation, a second at most: whoever comes meanwhile waits behind this.
 * Throws TRANSACTION_CONFLICT when the second is over.
 */
export async function lockGeneration(tx: Tx): Promise<void> {
  await tx.sql`SET LOCAL lock_timeout = '1s'`;
  await tx.sql`SELECT pg_advisory_xact_lock(${GENERATION_LOCK})`;
}

/** Nobody else changes the table until the transaction ends. */
export async function lockKeys(tx: Tx): Promise<void> {
  await tx.sql`LOCK TABLE data_keys IN EXCLUSIVE MODE`;
}

/** All generations, ascending; at most 65,535. */
export function listKeys({ orm }: Orm): Promise<StoredKey[]> {
  return orm.select().from(dataKeys).orderBy(dataKeys.generation);
}

export async function insertKey({ orm }: Orm, generation: number, checkValue: Uint8Array): Promise<void> {
  await orm.insert(dataKeys).values({ generation, checkValue });
}

/** No row is sealed under the generation any more; false if that was known. */
export async function markRetired({ orm }: Orm, generation: number): Promise<boolean> {
  const rows = await orm
    .update(dataKeys)
    .set({ retiredAt: sql`now()` })
    .where(and(eq(dataKeys.generation, generation), isNull(dataKeys.retiredAt)))
    .returning({ generation: dataKeys.generation });
  return rows.length > 0;
}

/** Whether a row of the table is sealed under the generation. Reads the whole table if none is. */
export async function hasRowsUnder(
  { sql }: Db,
  { table }: SealedTable,
  generation: number,
): Promise<boolean> {
  const [row] = await sql<{ found: boolean }[]>`
    SELECT EXISTS (SELECT FROM ${sql(table)} WHERE key_generation = ${generation}) AS found`;
  return row?.found === true;
}

/** How many rows of the table are sealed under each generation. Reads the whole table. */
export async function countByGeneration({ sql }: Db, { table }: SealedTable): Promise<Map<number, number>> {
  const rows = await sql<{ generation: number; rows: number }[]>`
    SELECT key_generation AS generation, count(*) AS rows FROM ${sql(table)} GROUP BY 1`;
  return new Map(rows.map(({ generation, rows }) => [generation, rows]));
}

/** A row with its sealed columns, in the order of the table's. */
export interface SealedRow {
  readonly id: number;
  readonly sealed: readonly (Buffer | null)[];
}

/**
 * At most `limit` rows with id > `after` that are not sealed under `generation`, by id, locked. Rows that
 * somebody else has locked are left out: who imports other people must not wait through us for whom we wait.
 */
export async function lockRowsOutside(
  { sql }: Tx,
  { table, sealed }: SealedTable,
  { generation, after, limit }: { generation: number; after: number; limit: number },
): Promise<SealedRow[]> {
  const rows = await sql<({ id: number } & Record<string, Buffer | null>)[]>`
    SELECT id, ${sql(sealed.map((name) => `${name}_sealed`))} FROM ${sql(table)}
    WHERE id > ${after} AND key_generation <> ${generation} ORDER BY id LIMIT ${limit}
    FOR UPDATE SKIP LOCKED`;
  return rows.map((row) => ({ id: row.id, sealed: sealed.map((name) => row[`${name}_sealed`] ?? null) }));
}

/** A row's texts, in the order of the table's sealed columns. */
export interface OpenedRow {
  readonly id: number;
  readonly texts: readonly (string | null)[];
}

/** Seals the rows under the sealer's generation, with their blind indexes. */
export async function resealRows(
  { sql, sealer }: Tx & { readonly sealer: ColumnSealer },
  { table, sealed, indexed }: SealedTable,
  rows: readonly OpenedRow[],
): Promise<void> {
  const ids = rows.map(({ id }) => id);
  const texts = (name: string) => rows.map((row) => row.texts[sealed.indexOf(name)] ?? null);
  const columns: { name: string; values: (Buffer | string | null)[] }[] = sealed.map((name) => ({
    name: `${name}_sealed`,
    values: sealer.seal(`${table}.${name}` as SealedColumn, ids, texts(name)),
  }));
  if (indexed !== undefined) {
    const values = sealer.index(`${table}.${indexed}` as IndexedColumn, texts(indexed) as string[]);
    columns.push({ name: `${indexed}_index`, values });
  }
  const names = columns.map(({ name }) => name);
  // Put together from names of our own alone.
  const statement = `
    UPDATE ${table} t SET key_generation = $2, ${names.map((name) => `${name} = g.${name}`).join(', ')}
    FROM unnest($1::bigint[], ${names.map((_, i) => `$${i + 3}::bytea[]`).join(', ')})
      g (id, ${names.join(', ')})
    WHERE t.id = g.id`;
  await sql.unsafe(statement, [ids, sealer.generation, ...columns.map(({ values }) => byteaList(values))]);
}
