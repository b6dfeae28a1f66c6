/**
 * SQL over what came from before there were records; see preparing.ts. By hand, as in queries.ts.
 */
import { byteaList } from '../../../shared/db/bytea.ts';
import type { Transaction } from '../../../shared/db/database.ts';
import { AppError } from '../../../shared/errors.ts';
import type { ColumnSealer } from '../../sealing/sealer.ts';
import type { Birth } from './rules.ts';
import { openPerson, type Sealed, type SealedFor, sealedText } from './sealed-person.ts';

export interface SealingTx {
  readonly sql: Transaction['sql'];
  readonly sealer: ColumnSealer;
}

/** At most `limit` identifiers whose kind was not looked at, locked. */
export async function lockOfNoKind({ sql }: SealingTx, limit: number): Promise<number[]> {
  const rows = await sql<{ id: number }[]>`
    SELECT id FROM identifiers WHERE kind = 0 ORDER BY id LIMIT ${limit} FOR NO KEY UPDATE`;
  return rows.map(({ id }) => id);
}

export async function updateKinds({ sql }: SealingTx, ids: number[], kinds: number[]): Promise<void> {
  await sql`
    UPDATE identifiers i SET kind = g.kind FROM unnest(${ids}::int[], ${kinds}::smallint[]) g (id, kind)
    WHERE i.id = g.id`;
}

/** A record that is not complete; `personId` is the row of `people` that it is about, if there is one. */
export interface Incomplete {
  readonly id: number;
  readonly identifierIds: number[];
  readonly ward: string | null;
  readonly personId: number | null;
}

/** At most `limit` records that are not complete, locked. The key of one of a person begins with `p`. */
export function lockIncomplete({ sql }: SealingTx, limit: number): Promise<Incomplete[]> {
  return sql<Incomplete[]>`
    SELECT id, identifier_ids AS "identifierIds", ward,
      CASE WHEN source = 99 AND substring(source_key FOR 1) = 'p' THEN
        ('x' || encode(substring(source_key FROM 2 FOR 4), 'hex'))::bit(32)::int END AS "personId"
    FROM records WHERE key_generation = 0 ORDER BY id LIMIT ${limit} FOR UPDATE`;
}

/** What is known of these people, by their ids. */
export async function findPeople(
  { sql, sealer }: SealingTx,
  ids: readonly number[],
): Promise<Map<number, Sealed>> {
  const rows = await sql<
    ({ id: number; sex: string | null } & Record<
      'name_sealed' | 'born_on_sealed' | 'address_sealed',
      Buffer | null
    >)[]
  >`SELECT id, sex, name_sealed, born_on_sealed, address_sealed FROM people
    WHERE id = ANY (${[...new Set(ids)]}::int[])`;
  return new Map(
    rows.map(({ id, sex, ...sealed }) => [
      id,
      {
        ...{ record: null, sex },
        name: sealer.openOptional('people.name', id, sealed.name_sealed),
        born_on: sealer.openOptional('people.born_on', id, sealed.born_on_sealed),
        address: sealer.openOptional('people.address', id, sealed.address_sealed),
      },
    ]),
  );
}

export interface Completed {
  readonly id: number;
  readonly sealedFor: SealedFor;
  readonly person: Sealed;
  readonly birth: Birth | undefined;
}

/** Completes records that are locked. */
export async function complete({ sql, sealer }: SealingTx, records: readonly Completed[]): Promise<void> {
  const ids = records.map(({ id }) => id);
  const persons = sealer.seal(
    'records.person',
    ids,
    records.map(({ person, sealedFor }) => sealedText(person, sealedFor)),
  );
  await sql`
    UPDATE records r SET person_sealed = g.person_sealed, sex = g.sex, birth_year = g.birth_year,
      key_generation = ${sealer.generation}
    FROM unnest(${ids}::bigint[], ${byteaList(persons)}::bytea[],
      ${records.map(({ birth }) => birth?.sex ?? null) as string[]}::text[],
      ${records.map(({ birth }) => birth?.year ?? null) as number[]}::smallint[])
      g (id, person_sealed, sex, birth_year) WHERE r.id = g.id`;
}

/** Tables whose sealed persons say for which row they are. */
export type BoundTable = 'records' | 'record_versions';

/** Seals persons of before for their rows: at most `limit` of a table; how many rows are bound now. */
export async function bindPersons(tx: SealingTx, table: BoundTable, limit: number): Promise<number> {
  const { sql, sealer } = tx;
  const rows = await sql<(SealedFor & { id: number; sealed: Buffer | null })[]>`
    SELECT id, identifier_ids AS "identifierIds", ward, person_sealed AS sealed FROM ${sql(table)}
    WHERE NOT bound ORDER BY id LIMIT ${limit} FOR UPDATE`;
  const column = `${table}.person` as const;
  const opened = rows.flatMap(({ id, sealed, ...row }) => {
    try {
      return { id, text: sealedText(openPerson(sealer.openOptional(column, id, sealed), row), row) };
    } catch (error) {
      // It was changed: it stays as it is, and whoever reads it is told so.
      if (error instanceof AppError) return [];
      throw error;
    }
  });
  const ids = opened.map(({ id }) => id);
  const texts = opened.map(({ text }) => text);
  await sql`
    UPDATE ${sql(table)} SET bound = true WHERE id = ANY (${rows.map(({ id }) => id)}::bigint[])`;
  await sql`
    UPDATE ${sql(table)} t SET person_sealed = g.person_sealed, key_generation = ${sealer.generation}
    FROM unnest(${ids}::bigint[], ${byteaList(sealer.seal(column, ids, texts))}::bytea[])
      g (id, person_sealed) WHERE t.id = g.id`;
  return rows.length;
}

/** Forgets what all records have taken over. */
export async function deletePeople({ sql }: Pick<Transaction, 'sql'>): Promise<void> {
  await sql`DELETE FROM people`;
}
