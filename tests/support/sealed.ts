/**
 * Data keys for tests, and a node's tables as they would be unsealed: for tests that look into the database
 * by name or identifier.
 */
import { storeNextTokens } from '../../node/records/people/generations-queries.ts';
import { openTokens } from '../../node/records/people/operations.ts';
import { storeTokens } from '../../node/records/people/tokens-queries.ts';
import { DataKeys, type SealerSource } from '../../node/sealing/data-keys.ts';
import type { KeyRing } from '../../node/sealing/key-ring.ts';
import { SEALED_TABLES } from '../../node/sealing/queries.ts';
import type { SealedColumn } from '../../node/sealing/sealer.ts';
import { type Database, withTransaction } from '../../shared/db/database.ts';

/** A ring with generations 1 to `current`, the same in every run. */
export function testKeyRing(current = 1): KeyRing {
  const generations = Array.from({ length: current }, (_, i) => i + 1);
  return {
    current,
    keys: new Map(generations.map((n) => [n, Uint8Array.from({ length: 32 }, (_, i) => n + i)])),
  };
}

/** Keys of `testKeyRing`; rows may be sealed under all of its generations. */
export function testDataKeys(current = 1): DataKeys {
  const ring = testKeyRing(current);
  return new DataKeys(ring, [...ring.keys.keys()]);
}

/** A token that says whose it is: the id of its identifier in 16 bytes. */
export function tokenOfId(id: number): Buffer {
  return Buffer.from(id.toString(16).padStart(32, '0'), 'hex');
}

/** Gives each identifier without a token that of `tokenOfId`, of generation 1. */
export async function giveTokens(db: Database, dataKeys: SealerSource): Promise<void> {
  const rows = await db.sql<{ id: number }[]>`SELECT id FROM identifiers WHERE token IS NULL`;
  const ids = rows.map(({ id }) => id);
  await sealTokens({ db, dataKeys }, { ids, tokens: Buffer.concat(ids.map(tokenOfId)), generation: 1 });
}

/** Gives each that has a token the same as its next one, of this generation. */
export async function giveNextTokens(
  db: Database,
  dataKeys: SealerSource,
  generation: number,
): Promise<void> {
  const rows = await db.sql<{ id: number }[]>`SELECT id FROM identifiers WHERE token IS NOT NULL`;
  const ids = rows.map(({ id }) => id);
  const generations = ids.map(() => generation);
  const sealed = (await openTokens({ db, dataKeys })).seal(
    { ids, generations },
    Buffer.concat(ids.map(tokenOfId)),
  );
  await storeNextTokens(db, { ids, sealed, generation });
}

/** Stores tokens, packed, as the tokenizer does. */
export async function sealTokens(
  ctx: { readonly db: Database; readonly dataKeys: SealerSource },
  { ids, tokens, generation }: { ids: readonly number[]; tokens: Uint8Array; generation: number },
): Promise<void> {
  const rows = { ids, generations: ids.map(() => generation) };
  const sealed = (await openTokens(ctx)).seal(rows, tokens);
  await storeTokens(ctx.db, { ids, sealed, generation });
}

/** A sealed text without what a bound one has in front of it. */
export const sayingOf = (text: string | null) => text?.split('\u001f').at(-1) ?? null;

/**
 * Rows of `statement`, for which the sealed tables have their columns in plain (`identifiers.value`,
 * `places.name` …, and tokens), and `records` has what is sealed of a person in columns of their own.
 */
export async function askPlain<Row extends object>(
  db: Database,
  dataKeys: DataKeys,
  statement: string,
): Promise<Row[]> {
  const undone = new Error('undone');
  let answer: Row[] = [];
  const tokens = await openTokens({ db, dataKeys });
  await withTransaction(db, async ({ sql }) => {
    await sql`CREATE SCHEMA plain`;
    for (const { table, sealed } of SEALED_TABLES) {
      const rows = await sql.unsafe(`SELECT * FROM public.${table}`);
      const columns = sealed.map((name) => `${name} text`).join(', ');
      await sql.unsafe(`CREATE TABLE plain.${table} AS TABLE public.${table}`);
      await sql.unsafe(`ALTER TABLE plain.${table} ADD ${columns.replaceAll(', ', ', ADD ')}`);
      for (const name of sealed) {
        const column = `${table}.${name}` as SealedColumn;
        const texts = rows.map((row) =>
          sayingOf(dataKeys.sealer.openOptional(column, row.id, row[`${name}_sealed`])),
        );
        await sql`
          UPDATE ${sql(`plain.${table}`)} t SET ${sql(name)} = g.text
          FROM unnest(${rows.map((row) => row.id)}::bigint[], ${texts as string[]}::text[]) g (id, text)
          WHERE t.id = g.id`;
      }
    }
    await sql`
      ALTER TABLE plain.records ADD name text, ADD born_on text, ADD stated_sex text, ADD address text,
        ADD record text`;
    await sql`
      UPDATE plain.records SET name = person::jsonb ->> 'name', born_on = person::jsonb ->> 'born_on',
        stated_sex = person::jsonb ->> 'sex', address = person::jsonb ->> 'address',
        record = person::jsonb ->> 'record'`;
    for (const { id, token, token_generation: generation } of await sql`
      SELECT id, token, token_generation FROM plain.identifiers WHERE length(token) = 24`) {
      const opened = tokens.open({ ids: [id], generations: [generation] }, token);
      await sql`UPDATE plain.identifiers SET token = ${opened} WHERE id = ${id}`;
    }
    await sql`SET LOCAL search_path = plain, public`;
    answer = [...(await sql.unsafe<Row[]>(statement))];
    throw undone;
  }).catch((error) => {
    if (error !== undone) throw error;
  });
  return answer;
}
