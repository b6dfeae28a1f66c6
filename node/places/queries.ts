/**
 * SQL over places, a set of rows at a time.
 */
import type { Queryable, Transaction } from '../../shared/db/database.ts';
import { PLACE_FACTS, type Place } from './rules.ts';

type Db = Pick<Queryable, 'sql'>;
type Tx = Pick<Transaction, 'sql'>;

/** Local ids of those of these keys that are known. */
export async function findPlaceIds(db: Db, keys: string[]): Promise<Map<string, number>> {
  const rows = await db.sql<{ id: number; place: string }[]>`
    SELECT id, place FROM places WHERE place = ANY (${keys}::text[])`;
  return new Map(rows.map(({ id, place }) => [place, id]));
}

/** Those of these keys that are known. */
export async function findPlaces(db: Db, keys: string[]): Promise<Map<string, Place>> {
  const rows = await db.sql<Place[]>`
    SELECT place, name, kind, ward, capacity, latitude, longitude FROM places
    WHERE place = ANY (${keys}::text[])`;
  return new Map(rows.map((row) => [row.place, row]));
}

/** Stores places that are not known, with a kind. */
export async function insertPlaces(tx: Tx, places: readonly Place[]): Promise<void> {
  await tx.sql`
    INSERT INTO places (place, name, kind, ward, capacity, latitude, longitude)
    SELECT * FROM ${rowset(tx, places)}`;
}

/** Replaces what is stored of known places; ids of those whose kind changed. */
export async function updatePlaces(tx: Tx, places: readonly Place[]): Promise<number[]> {
  const rows = await tx.sql<{ id: number; rekinded: boolean }[]>`
    WITH given AS (SELECT * FROM ${rowset(tx, places)}),
    before AS MATERIALIZED (SELECT p.id, p.kind FROM places p JOIN given USING (place) FOR UPDATE OF p)
    UPDATE places p SET name = g.name, kind = g.kind, ward = g.ward, capacity = g.capacity,
      latitude = g.latitude, longitude = g.longitude
    FROM given g, before WHERE p.place = g.place AND before.id = p.id
    RETURNING p.id, before.kind <> p.kind AS rekinded`;
  return rows.filter(({ rekinded }) => rekinded).map(({ id }) => id);
}

function rowset({ sql }: Tx, places: readonly Place[]) {
  const column = <K extends keyof Place>(name: K) =>
    places.map((place) => place[name]) as NonNullable<Place[K]>[];
  return sql`unnest(${column('place')}::text[], ${column('name')}::text[], ${column('kind')}::smallint[],
    ${column('ward')}::text[], ${column('capacity')}::int[], ${column('latitude')}::float8[],
    ${column('longitude')}::float8[]) g (place, ${sql(PLACE_FACTS as unknown as string[])})`;
}
