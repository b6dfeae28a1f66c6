/**
 * Statements of the tokenizer: identifiers without a token, and storing tokens.
 */
import type { Queryable } from '../../../shared/db/database.ts';
import type { ColumnSealer } from '../../sealing/sealer.ts';

type Db = Pick<Queryable, 'sql'>;

/** An identifier that has no token yet. */
export interface Untokenized {
  readonly id: number;
  readonly value: string;
}

/** At most `limit` identifiers without a token and with id > `after`, by id. Never log the values. */
export async function listUntokenized(
  { sql, sealer }: Db & { readonly sealer: ColumnSealer },
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<Untokenized[]> {
  const rows = await sql<{ id: number; value_sealed: Buffer }[]>`
    SELECT id, value_sealed FROM identifiers WHERE token IS NULL AND id > ${after}
    ORDER BY id LIMIT ${limit}`;
  return rows.map((row) => ({
    id: row.id,
    value: sealer.open('identifiers.value', row.id, row.value_sealed),
  }));
}

/** The least and the greatest id without a token; undefined if all have one. */
export async function findUntokenizedRange(db: Db): Promise<{ first: number; last: number } | undefined> {
  const [row] = await db.sql<{ first: number | null; last: number | null }[]>`
    SELECT min(id) AS first, max(id) AS last FROM identifiers WHERE token IS NULL`;
  return row?.first == null || row.last == null ? undefined : { first: row.first, last: row.last };
}

/**
 * Gives the identifiers `ids` their `tokens` (packed 16 bytes, same order) unless they have one; the ids that
 * need nothing more. Rows that somebody else has locked are left out instead of waited for: imports hold
 * locks on many identifiers (foreign keys count, because token is unique), and waiting for them while holding
 * others can deadlock.
 */
export async function storeTokens(
  db: Db,
  { ids, tokens, generation }: { ids: readonly number[]; tokens: Uint8Array; generation: number },
): Promise<number[]> {
  const packed = Buffer.from(tokens.buffer, tokens.byteOffset, tokens.byteLength);
  const rows = await db.sql<{ id: number }[]>`
    WITH given AS (
      SELECT id, substring(${packed}::bytea FROM (place::int - 1) * 16 + 1 FOR 16) AS token
      FROM unnest(${ids as number[]}::int[]) WITH ORDINALITY AS listed (id, place)
    ), free AS MATERIALIZED (
      SELECT id FROM identifiers
      WHERE id = ANY (${ids as number[]}::int[]) AND token IS NULL ORDER BY id FOR UPDATE SKIP LOCKED
    ), stored AS (
      UPDATE identifiers SET token = given.token, token_generation = ${generation}
      FROM given JOIN free USING (id) WHERE identifiers.id = given.id
      RETURNING identifiers.id
    )
    SELECT id FROM stored
    UNION ALL
    SELECT id FROM identifiers WHERE id = ANY (${ids as number[]}::int[]) AND token IS NOT NULL`;
  return rows.map((row) => row.id);
}

/** Those of `ids` that have a token, ascending. */
export async function listTokenized(db: Db, ids: readonly number[]): Promise<number[]> {
  const rows = await db.sql<{ id: number }[]>`
    SELECT id FROM identifiers WHERE id = ANY (${ids as number[]}::int[]) AND token IS NOT NULL ORDER BY id`;
  return rows.map((row) => row.id);
}
