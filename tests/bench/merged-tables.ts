/**
 * All provinces' rows in one database, as a central system would hold them: raw check-ins and encounters
 * under identifiers, a maintained table of who is who, covering indexes, vacuumed. Only loads;
 * merged-sql.ts asks.
 *
 * Who is who is the world's: nobody's phone is in another's record and everybody has one cccd, so that no
 * records are opposed, no handle is shared, no class falls apart, and a person is what records connect; a
 * household holds its members' cccds. A central system would have to keep this very table.
 */
import type { Database } from '../../shared/db/database.ts';
import { byArrival, copyInPieces, gather, mapRows } from './rows.ts';
import { identifierValue, type World } from './world.ts';

/** Instants are bigint seconds and raw columns those of the nodes: both sides read rows of the same width. */
const TABLES = `
  CREATE TABLE persons (id integer NOT NULL, province smallint NOT NULL, household integer NOT NULL);
  CREATE TABLE identifiers (id integer NOT NULL, value text NOT NULL, token bytea NOT NULL,
    person_id integer NOT NULL);
  CREATE TABLE places (id integer NOT NULL, kind smallint NOT NULL, province smallint NOT NULL);
  CREATE TABLE stays (identifier_id integer NOT NULL, place_id integer NOT NULL, in_at bigint NOT NULL,
    out_at bigint, next_in_at bigint);
  CREATE TABLE encounters (identifier_a integer NOT NULL, identifier_b integer NOT NULL,
    from_at bigint NOT NULL, until_at bigint NOT NULL, province smallint NOT NULL)`;

/** Every step of the query is answered by an index alone. */
const INDEXES = `
  CREATE UNIQUE INDEX ON persons (id) INCLUDE (province, household);
  CREATE INDEX ON persons (household, id);
  CREATE UNIQUE INDEX ON identifiers (id) INCLUDE (person_id);
  CREATE INDEX ON identifiers (person_id, id);
  CREATE UNIQUE INDEX ON identifiers (token);
  CREATE UNIQUE INDEX ON places (id) INCLUDE (kind, province);
  CREATE UNIQUE INDEX ON stays (identifier_id, in_at, place_id) INCLUDE (out_at, next_in_at);
  CREATE INDEX ON stays (place_id, in_at) INCLUDE (identifier_id, out_at, next_in_at);
  CREATE INDEX ON encounters (identifier_a, from_at) INCLUDE (identifier_b, until_at, province);
  CREATE INDEX ON encounters (identifier_b, from_at) INCLUDE (identifier_a, until_at, province)`;

/**
 * Makes and fills the tables. Numbers of persons, identifiers and places are the world's; provinces are
 * positions.
 */
export async function fillMerged(world: World, tokens: Uint8Array, db: Database): Promise<void> {
  const { people, places } = world;
  await db.sql.unsafe(TABLES);
  await copyInPieces(db, 'persons (id, province, household)', people.count, (from, until) => [
    mapRows(from, until, (row) => row),
    people.home.subarray(from, until),
    people.household.subarray(from, until),
  ]);
  await copyInPieces(db, 'identifiers (id, value, token, person_id)', people.count * 2, (from, until) => [
    mapRows(from, until, (row) => row),
    mapRows(from, until, identifierValue),
    mapRows(from, until, (row) => tokens.subarray(row * 16, row * 16 + 16)),
    mapRows(from, until, (row) => row >> 1),
  ]);
  await copyInPieces(db, 'places (id, kind, province)', places.count, (from, until) => [
    mapRows(from, until, (row) => row),
    places.kind.subarray(from, until),
    places.province.subarray(from, until),
  ]);
  await copyStays(world, db);
  await copyEncounters(world, db);
  for (const statement of INDEXES.split(';')) await db.sql.unsafe(statement);
  await db.sql.unsafe('VACUUM (ANALYZE)');
}

async function copyStays({ stays }: World, db: Database): Promise<void> {
  const { rows } = byArrival(stays, 1, () => 0);
  const target = 'stays (identifier_id, place_id, in_at, out_at, next_in_at)';
  await copyInPieces(db, target, stays.count, (from, until) => [
    gather(stays.identifier, rows, from, until),
    gather(stays.place, rows, from, until),
    gather(stays.inAt, rows, from, until),
    gather(stays.outAt, rows, from, until),
    gather(stays.nextInAt, rows, from, until),
  ]);
}

async function copyEncounters({ encounters }: World, db: Database): Promise<void> {
  const target = 'encounters (identifier_a, identifier_b, from_at, until_at, province)';
  await copyInPieces(db, target, encounters.count, (from, until) => [
    encounters.a.subarray(from, until),
    encounters.b.subarray(from, until),
    encounters.from.subarray(from, until),
    encounters.until.subarray(from, until),
    encounters.province.subarray(from, until),
  ]);
}
