/**
 * Statements of the tokenizer: identifiers without a token, and storing tokens.
 */
import type { Queryable } from '../../../shared/db/database.ts';
import type { ColumnSealer } from '../../sealing/sealer.ts';
import { SEALED_TOKEN_BYTES, type TokenSealer } from '../../sealing/token-sealer.ts';
import { openIdentifier, type SealedIdentifier } from './identifiers-queries.ts';

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
  const rows = await sql<SealedIdentifier[]>`
    SELECT id, value_sealed, value_index, key_generation FROM identifiers
    WHERE token IS NULL AND id > ${after}
    ORDER BY id LIMIT ${limit}`;
  return rows.map((row) => opened(sealer, row));
}

/** Those of `ids` that have no token, by id. Never log the values. */
export async function listUntokenizedOf(
  { sql, sealer }: Db & { readonly sealer: ColumnSealer },
  ids: readonly number[],
): Promise<Untokenized[]> {
  const rows = await sql<SealedIdentifier[]>`
    SELECT id, value_sealed, value_index, key_generation FROM identifiers
    WHERE token IS NULL AND id = ANY (${ids as number[]}::int[])
    ORDER BY id`;
  return rows.map((row) => opened(sealer, row));
}

function opened(sealer: ColumnSealer, row: SealedIdentifier): Untokenized {
  return { id: row.id, value: openIdentifier(sealer, row) };
}

/** An identifier with the token that it has. */
export interface KnownToken {
  readonly value: string;
  readonly token: Uint8Array;
  readonly generation: number;
}

/** The newest identifier that has a token; undefined if none has. Never log the value. */
export async function findKnownToken({
  sql,
  sealer,
  tokens,
}: Db & { readonly sealer: ColumnSealer; readonly tokens: TokenSealer }): Promise<KnownToken | undefined> {
  const [row] = await sql<(SealedIdentifier & { token: Buffer; generation: number })[]>`
    SELECT id, value_sealed, value_index, key_generation, token, token_generation AS generation
    FROM identifiers WHERE token IS NOT NULL ORDER BY id DESC LIMIT 1`;
  if (row === undefined) return undefined;
  const { id, generation } = row;
  const token = tokens.open({ ids: [id], generations: [generation] }, row.token);
  return { value: opened(sealer, row).value, token, generation };
}

/** What has no token. */
export interface UntokenizedRange {
  /** The least and the greatest id without a token; null if all have one. */
  readonly first: number | null;
  readonly last: number | null;
  /** The feed tells of all others through this event. */
  readonly lastEvent: number;
}

/**
 * What has no token. One statement: whatever it sees committed was told before it looked at the feed's
 * counter.
 */
export async function findUntokenizedRange(db: Db): Promise<UntokenizedRange> {
  const [row] = await db.sql<UntokenizedRange[]>`
    SELECT min(id) AS first, max(id) AS last,
      (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM feed_id_seq) AS "lastEvent"
    FROM identifiers WHERE token IS NULL`;
  return row as UntokenizedRange;
}

/** As many are counted: what is shown of more is that it is many. */
const MOST_COUNTED = 100_000;

/** How many identifiers have no token, at most 100,000. */
export async function countUntokenized(db: Db): Promise<number> {
  const [row] = await db.sql<{ count: number }[]>`SELECT count(*)::int AS count
    FROM (SELECT FROM identifiers WHERE token IS NULL LIMIT ${MOST_COUNTED}) counted`;
  return row?.count ?? 0;
}

/** Part of a statement: each id with its sealed token, out of those that are packed in the same order. */
export function givenTokens(
  { sql }: Db,
  { ids, sealed }: { readonly ids: readonly number[]; readonly sealed: Buffer },
) {
  return sql`
    SELECT id, substring(${sealed}::bytea FROM (place::int - 1) * ${SEALED_TOKEN_BYTES}::int + 1
      FOR ${SEALED_TOKEN_BYTES}::int) AS token
    FROM unnest(${ids as number[]}::int[]) WITH ORDINALITY AS listed (id, place)`;
}

/**
 * Gives the identifiers `ids` their `tokens` (packed and sealed, same order) unless they have one; the ids of
 * those that got one, and how many had one. Rows that somebody else has locked are left out instead of waited
 * for: imports hold locks on many identifiers, and waiting for them while holding others can deadlock.
 */
export async function storeTokens(
  db: Db,
  { ids, sealed, generation }: { ids: readonly number[]; sealed: Buffer; generation: number },
): Promise<{ stored: number[]; known: number }> {
  const rows = await db.sql<{ id: number; fresh: boolean }[]>`
    WITH given AS (${givenTokens(db, { ids, sealed })}), free AS MATERIALIZED (
      SELECT id FROM identifiers
      WHERE id = ANY (${ids as number[]}::int[]) AND token IS NULL ORDER BY id FOR UPDATE SKIP LOCKED
    ), stored AS (
      UPDATE identifiers SET token = given.token, token_generation = ${generation}
      FROM given JOIN free USING (id) WHERE identifiers.id = given.id
      RETURNING identifiers.id
    )
    SELECT id, true AS fresh FROM stored
    UNION ALL
    SELECT id, false FROM identifiers WHERE id = ANY (${ids as number[]}::int[]) AND token IS NOT NULL`;
  const stored = rows.flatMap(({ id, fresh }) => (fresh ? [id] : []));
  return { stored, known: rows.length - stored.length };
}

/** Tokens of before that are not sealed yet: at most `limit` rows, by id, locked. */
export async function lockPlainTokens(
  { sql }: Db,
  limit: number,
): Promise<{ id: number; token: Buffer; generation: number | null }[]> {
  return sql<{ id: number; token: Buffer; generation: number | null }[]>`
    SELECT id, token, token_generation AS generation FROM identifiers
    WHERE length(token) = 16 ORDER BY id LIMIT ${limit} FOR UPDATE`;
}

/** Puts sealed tokens (packed) in place of what was stored. */
export async function replaceTokens({ sql }: Db, ids: readonly number[], sealed: Buffer): Promise<void> {
  await sql`
    UPDATE identifiers SET token = given.token
    FROM (${givenTokens({ sql }, { ids, sealed })}) given WHERE identifiers.id = given.id`;
}
