/**
 * SQL over places, a set of rows at a time. Names are sealed and opened here. By hand: a thousand keys cost
 * drizzle 3.6 times as much (tests/bench/RESULTS.md).
 */
import type { PendingQuery, Row } from 'postgres';
import { byteaList } from '../../../shared/db/bytea.ts';
import type { Queryable, Transaction } from '../../../shared/db/database.ts';
import { drawIds } from '../../../shared/db/draw-ids.ts';
import { boundText, openBound } from '../../sealing/bound-text.ts';
import type { ColumnSealer } from '../../sealing/sealer.ts';
import { type Place, type PlaceRow, rowOfPlace } from './rules.ts';

type Db = Pick<Queryable, 'sql'>;
type Tx = Pick<Transaction, 'sql'> & { readonly sealer: ColumnSealer };

/** Local ids of those of these keys that are known. */
export async function findPlaceIds(db: Db, keys: string[]): Promise<Map<string, number>> {
  const rows = await db.sql<{ id: number; place: string }[]>`
    SELECT id, place FROM places WHERE place = ANY (${keys}::text[])`;
  return new Map(rows.map(({ id, place }) => [place, id]));
}

/** A place as stored under a local id. */
export interface KnownPlace {
  readonly id: number;
  readonly facts: Place;
}

/** Those of these keys that are known. */
export function findPlaces(tx: Tx, keys: string[]): Promise<KnownPlace[]> {
  return selectPlaces(tx, keys, tx.sql``);
}

/** The same, locked in the order of their ids. */
export function lockPlaces(tx: Tx, keys: string[]): Promise<KnownPlace[]> {
  return selectPlaces(tx, keys, tx.sql`ORDER BY id FOR NO KEY UPDATE`);
}

async function selectPlaces(
  { sql, sealer }: Tx,
  keys: string[],
  locking: PendingQuery<Row[]>,
): Promise<KnownPlace[]> {
  const rows = await sql<({ id: number; name_sealed: Buffer | null } & Omit<Place, 'name'>)[]>`
    SELECT id, place, name_sealed, kind, ward, capacity, latitude, longitude FROM places
    WHERE place = ANY (${keys}::text[]) ${locking}`;
  return rows.map(({ id, name_sealed, ...facts }) => ({
    id,
    facts: { ...facts, name: nameOf(sealer, { id, ...facts }, name_sealed) },
  }));
}

function nameOf(sealer: ColumnSealer, { id, ...row }: PlaceRow & { id: number }, sealed: Buffer | null) {
  const text = sealer.openOptional('places.name', id, sealed);
  return text === null ? null : openBound('places.name', rowOfPlace(row), text);
}

/**
 * Stores places that are not known, with a kind, in the order given, in which whoever stores the same waits.
 * Rejects with a unique violation when one of them is known after all.
 */
export async function insertPlaces(tx: Tx, places: readonly Place[]): Promise<void> {
  const ids = await drawIds(tx, 'places_id_seq', places.length);
  await tx.sql`
    INSERT INTO places (id, place, name_sealed, kind, ward, capacity, latitude, longitude, key_generation)
    OVERRIDING SYSTEM VALUE
    SELECT *, ${tx.sealer.generation}::int FROM ${rowset(tx, ids, places)}`;
}

/** Replaces what is stored of known places, which are locked; ids of those whose kind changed. */
export async function updatePlaces(tx: Tx, places: readonly KnownPlace[]): Promise<number[]> {
  const ids = places.map(({ id }) => id);
  const facts = places.map((place) => place.facts);
  const rows = await tx.sql<{ id: number; rekinded: boolean }[]>`
    WITH given AS (SELECT * FROM ${rowset(tx, ids, facts)}),
    before AS MATERIALIZED (SELECT p.id, p.kind FROM places p JOIN given USING (id))
    UPDATE places p SET name_sealed = g.name_sealed, kind = g.kind, ward = g.ward, capacity = g.capacity,
      latitude = g.latitude, longitude = g.longitude, key_generation = ${tx.sealer.generation}
    FROM given g, before WHERE p.id = g.id AND before.id = p.id
    RETURNING p.id, before.kind <> p.kind AS rekinded`;
  return rows.filter(({ rekinded }) => rekinded).map(({ id }) => id);
}

function rowset({ sql, sealer }: Tx, ids: number[], places: readonly Place[]) {
  const column = <K extends keyof Place>(name: K) =>
    places.map((place) => place[name]) as NonNullable<Place[K]>[];
  const texts = places.map((place) => boundText(rowOfPlace(place), place.name));
  const names = sealer.seal('places.name', ids, texts);
  return sql`unnest(${ids}::int[], ${column('place')}::text[], ${byteaList(names)}::bytea[],
    ${column('kind')}::smallint[], ${column('ward')}::text[], ${column('capacity')}::int[],
    ${column('latitude')}::float8[], ${column('longitude')}::float8[])
    g (id, place, name_sealed, kind, ward, capacity, latitude, longitude)`;
}
