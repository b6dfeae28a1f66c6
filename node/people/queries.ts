/**
 * SQL over identifiers, links, households and people, a set of rows at a time: one statement a chunk of an
 * import, arrays in, changed rows out. Writers take the intake lock first; see operations.ts.
 */
import type { Queryable, Transaction } from '../../shared/db/database.ts';
import type { Attributes, KnownPeople } from './rules.ts';

type Db = Pick<Queryable, 'sql'>;
type Tx = Pick<Transaction, 'sql'>;

/** Key of the advisory lock that makes imports write one chunk at a time. */
const INTAKE_LOCK = 7_300_001;

/**
 * Waits until no other import writes; held to the end of the transaction. Plans are kept, and those made
 * while tables are nearly empty would scan them when they are full: statements after this one use indexes.
 */
export async function lockIntake(tx: Tx): Promise<void> {
  await tx.sql`SELECT pg_advisory_xact_lock(${INTAKE_LOCK}), set_config('enable_seqscan', 'off', true)`;
}

/** Local ids of those of `values` that are known. */
export async function findIdentifiers(db: Db, values: readonly string[]): Promise<Map<string, number>> {
  const rows = await db.sql<{ id: number; value: string }[]>`
    SELECT id, value FROM identifiers WHERE value = ANY (${values as string[]}::text[])`;
  return new Map(rows.map(({ id, value }) => [value, id]));
}

/**
 * Stores identifiers that were not found, each in its household; the ones really new come back. Ordered, so
 * that two writers cannot wait for each other. An id is drawn for each value: leave out what is known, or
 * importing the same over and over would use the integers up.
 */
export async function insertIdentifiers(
  tx: Tx,
  values: string[],
  householdIds: (number | null)[],
): Promise<Map<string, number>> {
  const rows = await tx.sql<{ id: number; value: string }[]>`
    INSERT INTO identifiers (value, household_id)
    SELECT * FROM unnest(${values}::text[], ${householdIds as number[]}::int[]) i (value, household_id)
    ORDER BY value
    ON CONFLICT (value) DO NOTHING RETURNING id, value`;
  return new Map(rows.map(({ id, value }) => [value, id]));
}

/** Sets where the holders live, as check-ins tell it; ids of identifiers whose province changed. */
export async function updateHomeProvinces(tx: Tx, ids: number[], provinces: string[]): Promise<number[]> {
  const rows = await tx.sql<{ id: number }[]>`
    WITH given AS (SELECT * FROM unnest(${ids}::int[], ${provinces}::text[]) g (id, province)),
    locked AS MATERIALIZED (
      SELECT i.id FROM identifiers i JOIN given g ON g.id = i.id
      WHERE i.home_province IS DISTINCT FROM g.province ORDER BY i.id FOR NO KEY UPDATE OF i
    )
    UPDATE identifiers i SET home_province = g.province FROM given g
    WHERE i.id = g.id AND i.id IN (SELECT id FROM locked) RETURNING i.id`;
  return rows.map(({ id }) => id);
}

/** Links the pairs (a[i] < b[i]); both ends of every new link. */
export async function insertLinks(tx: Tx, a: number[], b: number[]): Promise<number[]> {
  const rows = await tx.sql<{ identifier_a: number; identifier_b: number }[]>`
    INSERT INTO links (identifier_a, identifier_b)
    SELECT a, b FROM unnest(${a}::int[], ${b}::int[]) l (a, b) ORDER BY a, b
    ON CONFLICT DO NOTHING RETURNING identifier_a, identifier_b`;
  return rows.flatMap((row) => [row.identifier_a, row.identifier_b]);
}

/** Ids of the households of these names, made if they are new. */
export async function ensureHouseholds(tx: Tx, names: string[]): Promise<Map<string, number>> {
  const rows = await tx.sql<{ id: number; name: string }[]>`
    WITH given AS (SELECT DISTINCT name FROM unnest(${names}::text[]) g (name)),
    made AS (
      INSERT INTO households (name)
      SELECT name FROM given WHERE NOT EXISTS (SELECT FROM households h WHERE h.name = given.name)
      ORDER BY name
      ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id, name
    )
    SELECT id, name FROM made UNION ALL SELECT h.id, h.name FROM households h JOIN given USING (name)`;
  return new Map(rows.map(({ id, name }) => [name, id]));
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

/** Identifiers of all members of these households. */
export async function listMembers(db: Db, householdIds: number[]): Promise<number[]> {
  const rows = await db.sql<{ id: number }[]>`
    SELECT id FROM identifiers WHERE household_id = ANY (${householdIds}::int[])`;
  return rows.map(({ id }) => id);
}

/**
 * The first to have each of the identifiers, and what is known of them. The first is enough for
 * `mergeRecords`: whoever has no cccd shares with nobody, and a hot line that stands under everybody must not
 * load everybody.
 */
export async function findHolders(db: Db, identifierIds: number[]): Promise<KnownPeople> {
  const holdings = await db.sql<{ personId: number; identifierId: number }[]>`
    SELECT h.person_id AS "personId", i.id AS "identifierId" FROM unnest(${identifierIds}::int[]) i (id)
    CROSS JOIN LATERAL (
      SELECT person_id FROM people_identifiers p WHERE p.identifier_id = i.id ORDER BY since LIMIT 1
    ) h`;
  if (holdings.length === 0) return { people: [], holdings: [] };
  const personIds = [...new Set(holdings.map(({ personId }) => personId))];
  const people = await db.sql<({ id: number; hasCccd: boolean } & Attributes)[]>`
    SELECT p.id, p.name, p.born_on::text AS born_on, p.sex, p.province, p.ward, p.address,
      EXISTS (
        SELECT FROM people_identifiers h JOIN identifiers i ON i.id = h.identifier_id
        WHERE h.person_id = p.id AND i.is_cccd
      ) AS "hasCccd"
    FROM people p WHERE p.id = ANY (${personIds}::int[])`;
  return { people: people.map(({ id, hasCccd, ...attributes }) => ({ id, hasCccd, attributes })), holdings };
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
export async function insertPeople(tx: Tx, ids: number[], people: readonly Attributes[]): Promise<void> {
  await tx.sql`
    INSERT INTO people (id, name, born_on, sex, province, ward, address) OVERRIDING SYSTEM VALUE
    SELECT id, name, born_on::date, sex, province, ward, address FROM ${rowset(tx, ids, people)}`;
}

/** Replaces what is stored of these people. */
export async function updatePeople(tx: Tx, ids: number[], people: readonly Attributes[]): Promise<void> {
  await tx.sql`
    UPDATE people p SET name = g.name, born_on = g.born_on::date, sex = g.sex, province = g.province,
      ward = g.ward, address = g.address
    FROM ${rowset(tx, ids, people)} WHERE p.id = g.id`;
}

function rowset({ sql }: Tx, ids: number[], people: readonly Attributes[]) {
  const column = (name: keyof Attributes) => people.map((person) => person[name]) as string[];
  return sql`unnest(${ids}::int[], ${column('name')}::text[], ${column('born_on')}::text[],
    ${column('sex')}::text[], ${column('province')}::text[], ${column('ward')}::text[],
    ${column('address')}::text[]) g (id, name, born_on, sex, province, ward, address)`;
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

/** All identifiers of these people. */
export async function listIdentifiersOf(db: Db, personIds: number[]): Promise<number[]> {
  const rows = await db.sql<{ identifier_id: number }[]>`
    SELECT DISTINCT identifier_id FROM people_identifiers WHERE person_id = ANY (${personIds}::int[])`;
  return rows.map((row) => row.identifier_id);
}
