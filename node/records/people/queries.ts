/**
 * SQL over identifiers, links, households and people, a set of rows at a time: one statement a chunk of an
 * import, arrays in, changed rows out. Who waits for whom stands in operations.ts. What names somebody is
 * sealed and opened here: above are texts, below are bytes. By hand: a thousand keys cost drizzle 3.6 times
 * as much (tests/bench/RESULTS.md).
 */
import { byteaTexts } from '../../../shared/db/bytea.ts';
import type { Queryable, Transaction } from '../../../shared/db/database.ts';
import type { ColumnSealer } from '../../sealing/sealer.ts';
import type { Attributes, Holding, KnownPerson } from './rules.ts';

type Db = Pick<Queryable, 'sql'>;
type Tx = Pick<Transaction, 'sql'>;

/** A transaction that writes people, with what it seals and looks up by. */
export interface IntakeTx {
  readonly sql: Transaction['sql'];
  readonly emit: Transaction['emit'];
  readonly sealer: ColumnSealer;
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

/** Who has an identifier. */
export interface Holder {
  readonly identifierId: number;
  readonly name: string | undefined;
  readonly address: string | undefined;
}

/** The people who have these identifiers, where a name or an address is known. */
export async function listHolders(
  { sql, sealer }: SealedDb,
  identifierIds: readonly number[],
): Promise<Holder[]> {
  const rows = await sql<
    { identifier_id: number; id: number; name_sealed: Buffer | null; address_sealed: Buffer | null }[]
  >`
    SELECT identifier_id, id, name_sealed, address_sealed
    FROM people_identifiers JOIN people ON people.id = person_id
    WHERE identifier_id = ANY (${[...identifierIds]}::int[])
      AND (name_sealed IS NOT NULL OR address_sealed IS NOT NULL)`;
  return rows.map(({ identifier_id: identifierId, id, name_sealed: name, address_sealed: address }) => ({
    identifierId,
    name: name ? sealer.open('people.name', id, name) : undefined,
    address: address ? sealer.open('people.address', id, address) : undefined,
  }));
}

/** Links the pairs (a[i] < b[i]); both ends of every new link. */
export async function insertLinks(tx: Tx, a: number[], b: number[]): Promise<number[]> {
  const rows = await tx.sql<{ identifier_a: number; identifier_b: number }[]>`
    INSERT INTO links (identifier_a, identifier_b)
    SELECT a, b FROM unnest(${a}::int[], ${b}::int[]) l (a, b) ORDER BY a, b
    ON CONFLICT DO NOTHING RETURNING identifier_a, identifier_b`;
  return rows.flatMap((row) => [row.identifier_a, row.identifier_b]);
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
    WHERE name_index = ANY (${byteaTexts(asked)}::text[]::bytea[])`;
  return new Map(rows.map(({ id, index }) => [nameOf.get(index) as string, id]));
}

/**
 * Stores households that were not found, in the order of their indexes; their ids. Waits for others who store
 * the same: if one of them commits, the answer is undefined.
 */
export async function insertHouseholds(tx: IntakeTx, names: string[]): Promise<number[] | undefined> {
  const drawn = await tx.sql<{ id: number }[]>`
    SELECT nextval('households_id_seq')::int AS id FROM generate_series(1, ${names.length}::int)`;
  const ids = drawn.map(({ id }) => id);
  const sealed = tx.sealer.seal('households.name', ids, names);
  const indexes = tx.sealer.index('households.name', names);
  const stored = await tx.sql`
    INSERT INTO households (id, name_sealed, name_index, key_generation) OVERRIDING SYSTEM VALUE
    SELECT *, ${tx.sealer.generation}::int
    FROM unnest(${ids}::int[], ${byteaTexts(sealed)}::text[]::bytea[],
      ${byteaTexts(indexes)}::text[]::bytea[]) g (id, name_sealed, name_index)
    ORDER BY name_index ON CONFLICT (name_index) DO NOTHING`;
  return stored.count === ids.length ? ids : undefined;
}

/** Waits until nobody else moves anybody into or out of these households, in the order of their ids. */
export async function lockHouseholds(tx: Tx, ids: readonly number[]): Promise<void> {
  await tx.sql`
    SELECT FROM households WHERE id = ANY (${[...ids]}::int[]) ORDER BY id FOR NO KEY UPDATE`;
}

/** Moves identifiers into households; ids of all households that somebody joined or left. */
export async function updateHouseholds(tx: Tx, ids: number[], householdIds: number[]): Promise<number[]> {
  const moved = await tx.sql<{ joined: number; left: number | null }[]>`
    WITH given AS (SELECT * FROM unnest(${ids}::int[], ${householdIds}::int[]) g (id, household_id)),
    locked AS MATERIALIZED (
      SELECT i.id, i.household_id AS "left" FROM identifiers i JOIN given g ON g.id = i.id
      WHERE i.household_id IS DISTINCT FROM g.household_id ORDER BY i.id FOR NO KEY UPDATE OF i
    )
    UPDATE identifiers i SET household_id = g.household_id FROM given g JOIN locked USING (id)
    WHERE i.id = g.id RETURNING g.household_id AS joined, locked."left"`;
  return moved.flatMap(({ joined, left }) => (left === null ? [joined] : [joined, left]));
}

/** Identifiers of all who live in these households. */
export async function listHousemates(db: Db, householdIds: number[]): Promise<number[]> {
  const rows = await db.sql<{ id: number }[]>`
    SELECT id FROM identifiers WHERE household_id = ANY (${householdIds}::int[])`;
  return rows.map(({ id }) => id);
}

/**
 * The first to have each of the identifiers. The first is enough for `mergeRecords`: whoever has no cccd
 * shares with nobody, and a hot line that stands under everybody must not load everybody.
 */
export async function findHoldings(db: Db, identifierIds: readonly number[]): Promise<Holding[]> {
  return db.sql<Holding[]>`
    SELECT h.person_id AS "personId", i.id AS "identifierId"
    FROM unnest(${[...identifierIds]}::int[]) i (id)
    CROSS JOIN LATERAL (
      SELECT person_id FROM people_identifiers p WHERE p.identifier_id = i.id ORDER BY since LIMIT 1
    ) h`;
}

/** Waits until nobody else changes these people, in the order of their ids. */
export async function lockPeople(tx: Tx, ids: readonly number[]): Promise<void> {
  await tx.sql`SELECT FROM people WHERE id = ANY (${[...ids]}::int[]) ORDER BY id FOR UPDATE`;
}

/** What is known of these people; whoever is gone is missing. */
export async function findPeople(db: SealedDb, personIds: number[]): Promise<KnownPerson[]> {
  const rows = await db.sql<PersonRow[]>`
    SELECT p.id, p.name_sealed, p.born_on_sealed, p.sex, p.province, p.ward, p.address_sealed,
      EXISTS (
        SELECT FROM people_identifiers h JOIN identifiers i ON i.id = h.identifier_id
        WHERE h.person_id = p.id AND i.is_cccd
      ) AS "hasCccd"
    FROM people p WHERE p.id = ANY (${personIds}::int[])`;
  return rows.map((row) => ({ id: row.id, hasCccd: row.hasCccd, attributes: opened(db.sealer, row) }));
}

interface PersonRow extends Omit<Attributes, 'name' | 'born_on' | 'address'> {
  readonly id: number;
  readonly hasCccd: boolean;
  readonly name_sealed: Buffer | null;
  readonly born_on_sealed: Buffer | null;
  readonly address_sealed: Buffer | null;
}

function opened(sealer: ColumnSealer, { id, sex, province, ward, ...sealed }: PersonRow): Attributes {
  return {
    name: sealer.openOptional('people.name', id, sealed.name_sealed),
    born_on: sealer.openOptional('people.born_on', id, sealed.born_on_sealed),
    address: sealer.openOptional('people.address', id, sealed.address_sealed),
    ...{ sex, province, ward },
  };
}

/** Ward of the first person to have the identifier; undefined if it is nobody's or none is known. */
export async function findWard(db: Db, identifierId: number): Promise<string | undefined> {
  const [row] = await db.sql<{ ward: string | null }[]>`
    SELECT ward FROM people_identifiers h JOIN people ON people.id = h.person_id
    WHERE h.identifier_id = ${identifierId} ORDER BY since LIMIT 1`;
  return row?.ward ?? undefined;
}

/** As many unused ids of people. */
export async function drawPersonIds(tx: Tx, count: number): Promise<number[]> {
  const rows = await tx.sql<{ id: number }[]>`
    SELECT nextval('people_id_seq')::int AS id FROM generate_series(1, ${count}::int)`;
  return rows.map(({ id }) => id);
}

/** Stores people under ids that were drawn. */
export async function insertPeople(
  tx: IntakeTx,
  ids: number[],
  people: readonly Attributes[],
): Promise<void> {
  await tx.sql`
    INSERT INTO people (id, name_sealed, born_on_sealed, sex, province, ward, address_sealed, key_generation)
    OVERRIDING SYSTEM VALUE
    SELECT *, ${tx.sealer.generation}::int FROM ${rowset(tx, ids, people)}`;
}

/** Replaces what is stored of these people. */
export async function updatePeople(
  tx: IntakeTx,
  ids: number[],
  people: readonly Attributes[],
): Promise<void> {
  await tx.sql`
    UPDATE people p SET name_sealed = g.name_sealed, born_on_sealed = g.born_on_sealed, sex = g.sex,
      province = g.province, ward = g.ward, address_sealed = g.address_sealed,
      key_generation = ${tx.sealer.generation}
    FROM ${rowset(tx, ids, people)} WHERE p.id = g.id`;
}

function rowset({ sql, sealer }: IntakeTx, ids: number[], people: readonly Attributes[]) {
  const column = (name: keyof Attributes) => people.map((person) => person[name]) as string[];
  const sealed = (name: 'name' | 'born_on' | 'address') =>
    byteaTexts(sealer.seal(`people.${name}`, ids, column(name)));
  return sql`unnest(${ids}::int[], ${sealed('name')}::text[]::bytea[], ${sealed('born_on')}::text[]::bytea[],
    ${column('sex')}::text[], ${column('province')}::text[], ${column('ward')}::text[],
    ${sealed('address')}::text[]::bytea[])
    g (id, name_sealed, born_on_sealed, sex, province, ward, address_sealed)`;
}

/** Puts identifiers under people, in this order; the people who did not have theirs yet. */
export async function insertHoldings(
  tx: Tx,
  personIds: number[],
  identifierIds: number[],
): Promise<Set<number>> {
  const rows = await tx.sql<{ person_id: number }[]>`
    INSERT INTO people_identifiers (person_id, identifier_id)
    SELECT p, i FROM unnest(${personIds}::int[], ${identifierIds}::int[]) WITH ORDINALITY h (p, i, position)
    ORDER BY position ON CONFLICT DO NOTHING RETURNING person_id`;
  return new Set(rows.map((row) => row.person_id));
}

/**
 * Gives the identifiers of absorbed[i], which they share with nobody, to the person into[i] and forgets the
 * former.
 */
export async function absorbPeople(tx: Tx, absorbed: number[], into: number[]): Promise<void> {
  await tx.sql`
    UPDATE people_identifiers h SET person_id = g.home
    FROM unnest(${absorbed}::int[], ${into}::int[]) g (id, home) WHERE h.person_id = g.id`;
  await tx.sql`DELETE FROM people WHERE id = ANY (${absorbed}::int[])`;
}

/** All identifiers of these people, each with its person. */
export async function listHoldingsOf(db: Db, personIds: number[]): Promise<Holding[]> {
  return db.sql<Holding[]>`
    SELECT person_id AS "personId", identifier_id AS "identifierId"
    FROM people_identifiers WHERE person_id = ANY (${personIds}::int[])`;
}
