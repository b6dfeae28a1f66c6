/**
 * Statements of a rotation: where it stands (one row), who has no token of the next generation, and putting
 * tokens where they belong.
 */
import type { Queryable } from '../../../shared/db/database.ts';
import type { ColumnSealer } from '../../sealing/sealer.ts';
import type { TokenGenerations } from './generations.ts';
import { openIdentifier, type SealedIdentifier } from './identifiers-queries.ts';
import { givenTokens, type Untokenized } from './tokens-queries.ts';

type Db = Pick<Queryable, 'sql'>;

/** Where the rotation stands. */
export async function findGenerations(db: Db): Promise<TokenGenerations> {
  return only(await db.sql`${selected(db)}`);
}

/** The same, which stays so until the transaction ends. */
export async function shareGenerations(tx: Db): Promise<TokenGenerations> {
  return only(await tx.sql`${selected(tx)} FOR SHARE`);
}

/** The same, once nobody stores tokens, and none do until the transaction ends. */
export async function lockGenerations(tx: Db): Promise<TokenGenerations> {
  return only(await tx.sql`${selected(tx)} FOR UPDATE`);
}

function selected({ sql }: Db) {
  return sql`SELECT current, next, is_complete AS "isComplete", is_moved AS "isMoved" FROM token_generations`;
}

function only(rows: readonly unknown[]): TokenGenerations {
  return rows[0] as TokenGenerations;
}

/** Where it stands from now on. */
export async function replaceGenerations({ sql }: Db, to: TokenGenerations): Promise<void> {
  await sql`UPDATE token_generations SET current = ${to.current}, next = ${to.next},
    is_complete = ${to.isComplete}, is_moved = ${to.isMoved}`;
}

/** At most `limit` identifiers with id > `after` that have a token and none of `generation`, by id. */
export async function listWithout(
  { sql, sealer }: Db & { readonly sealer: ColumnSealer },
  { generation, after, limit }: { generation: number; after: number; limit: number },
): Promise<Untokenized[]> {
  const rows = await sql<SealedIdentifier[]>`
    SELECT id, value_sealed, value_index, key_generation FROM identifiers
    WHERE id > ${after} AND ${without({ sql }, generation)} ORDER BY id LIMIT ${limit}`;
  return rows.map((row) => ({ id: row.id, value: openIdentifier(sealer, row) }));
}

/** Those of `ids`. */
export async function listWithoutOf(
  { sql, sealer }: Db & { readonly sealer: ColumnSealer },
  { generation, ids }: { generation: number; ids: readonly number[] },
): Promise<Untokenized[]> {
  const rows = await sql<SealedIdentifier[]>`
    SELECT id, value_sealed, value_index, key_generation FROM identifiers
    WHERE id = ANY (${[...ids]}::int[]) AND ${without({ sql }, generation)} ORDER BY id`;
  return rows.map((row) => ({ id: row.id, value: openIdentifier(sealer, row) }));
}

/** Tokens of `generation` as they are stored, of those of `ids` that have one. */
export function listTokensOf(
  { sql }: Db,
  { generation, ids }: { generation: number; ids: readonly number[] },
): Promise<{ id: number; token: Buffer }[]> {
  return sql<{ id: number; token: Buffer }[]>`
    SELECT id, CASE WHEN token_generation = ${generation} THEN token ELSE next_token END AS token
    FROM identifiers WHERE id = ANY (${[...ids]}::int[]) AND token IS NOT NULL
      AND (token_generation = ${generation} OR next_generation = ${generation})`;
}

/** Whether anybody has a token and none of `generation`: reads the whole table. */
export async function isAnyWithout(db: Db, generation: number): Promise<boolean> {
  const rows = await db.sql`SELECT FROM identifiers WHERE ${without(db, generation)} LIMIT 1`;
  return rows.length > 0;
}

/** Whether a token of `generation` is in `next_token`: reads the whole table. */
export async function isAnyNext({ sql }: Db, generation: number): Promise<boolean> {
  const rows = await sql`SELECT FROM identifiers WHERE next_generation = ${generation} LIMIT 1`;
  return rows.length > 0;
}

function without({ sql }: Db, generation: number) {
  return sql`token IS NOT NULL AND token_generation IS DISTINCT FROM ${generation}
    AND next_generation IS DISTINCT FROM ${generation}`;
}

/**
 * Gives the identifiers `ids` their next tokens (packed and sealed, same order), those that have a token and
 * none of `generation`. Leaves out what somebody else has locked, as `storeTokens` does; how many are left.
 */
export async function storeNextTokens(
  db: Db,
  { ids, sealed, generation }: { ids: readonly number[]; sealed: Buffer; generation: number },
): Promise<number> {
  await db.sql`
    WITH given AS (${givenTokens(db, { ids, sealed })}), free AS MATERIALIZED (
      SELECT id FROM identifiers
      WHERE id = ANY (${ids as number[]}::int[]) AND ${without(db, generation)}
      ORDER BY id FOR UPDATE SKIP LOCKED
    )
    UPDATE identifiers SET next_token = given.token, next_generation = ${generation}
    FROM given JOIN free USING (id) WHERE identifiers.id = given.id`;
  const [left] = await db.sql<{ count: number }[]>`
    SELECT count(*)::int AS count FROM identifiers
    WHERE id = ANY (${ids as number[]}::int[]) AND ${without(db, generation)}`;
  return left?.count ?? 0;
}

/**
 * Of the next `limit` identifiers with id > `after`, next tokens of `generation` take the place of the
 * others, but in rows that somebody else has locked. The greatest id that was looked at; null at the end.
 */
export async function moveNextTokens(
  { sql }: Db,
  { generation, after, limit }: { generation: number; after: number; limit: number },
): Promise<number | null> {
  const [row] = await sql<{ last: number | null }[]>`
    WITH looked AS MATERIALIZED (
      SELECT id FROM identifiers WHERE id > ${after} ORDER BY id LIMIT ${limit}
    ), free AS MATERIALIZED (
      SELECT id FROM identifiers WHERE id IN (SELECT id FROM looked) AND next_generation = ${generation}
      ORDER BY id FOR UPDATE SKIP LOCKED
    ), moved AS (
      UPDATE identifiers SET token = next_token, token_generation = next_generation,
        next_token = NULL, next_generation = NULL
      FROM free WHERE identifiers.id = free.id
    )
    SELECT max(id) AS last FROM looked`;
  return row?.last ?? null;
}
