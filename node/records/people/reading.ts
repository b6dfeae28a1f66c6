/**
 * What is known of people, by the local ids of their identifiers. Reads; decides nothing about who may see
 * it.
 */
import type { Queryable } from '../../../shared/db/database.ts';
import type { SealerSource } from '../../sealing/data-keys.ts';
import * as identifiers from './identifiers.ts';
import type { SealedDb } from './queries.ts';
import {
  findRecord,
  listNaming,
  listSayings,
  listVersions,
  type Saying,
  type StoredRecord,
} from './record-queries.ts';
import { valuesOf } from './records.ts';
import { type Birth, type RecordValue, rankOf, type Source, sourceOf } from './rules.ts';

/** What reading people takes. */
export interface PeopleCtx {
  readonly db: Pick<Queryable, 'sql'>;
  readonly dataKeys: SealerSource;
}

/** The canonical identifiers of local ids. */
export function readIdentifiers(
  { db, dataKeys }: PeopleCtx,
  ids: Iterable<number>,
): Promise<Map<number, string>> {
  return identifiers.valuesOf({ sql: db.sql, sealer: dataKeys.sealer }, ids);
}

/** Order of records by how much they count, the most first. */
export function byWeight(a: Saying, b: Saying): number {
  return rankOf(a.source) - rankOf(b.source) || b.at - a.at || b.recordId - a.recordId;
}

/** What standing records say of who has each identifier, by its local id. */
export async function readHolders(
  { db, dataKeys }: PeopleCtx,
  identifierIds: Iterable<number>,
): Promise<Map<number, readonly Saying[]>> {
  const sayings = await listSayings({ sql: db.sql, sealer: dataKeys.sealer }, [...new Set(identifierIds)]);
  const holders = new Map<number, Saying[]>();
  for (const saying of sayings) {
    const known = holders.get(saying.identifierId);
    if (known === undefined) holders.set(saying.identifierId, [saying]);
    else known.push(saying);
  }
  return holders;
}

/** A record as it is shown: what it says, and what it said before, the newest first. */
export interface ReadRecord extends RecordValue {
  readonly id: number;
  readonly source: Source;
  readonly birth: Birth | undefined;
  readonly version: number;
  readonly at: number;
  readonly retractedAt: number | null;
  readonly history: readonly (RecordValue & { readonly version: number; readonly at: number })[];
}

/**
 * Records that name an identifier, standing or withdrawn, the newest first, of all wards unless told; at most
 * `limit`. None if nobody here has the identifier.
 */
export async function readRecordsOf(
  ctx: PeopleCtx,
  identifier: string,
  page: Parameters<typeof listNaming>[2],
): Promise<ReadRecord[]> {
  const db = { sql: ctx.db.sql, sealer: ctx.dataKeys.sealer };
  const { ids } = await identifiers.lookUp(db, [identifier], 'nothing');
  const id = ids.get(identifier);
  return id === undefined ? [] : withHistory(db, await listNaming(db, id, page));
}

/** The record of an id, standing or withdrawn. */
export async function readRecord(ctx: PeopleCtx, id: number): Promise<ReadRecord | undefined> {
  const db = { sql: ctx.db.sql, sealer: ctx.dataKeys.sealer };
  const found = await findRecord(db, id);
  return (await withHistory(db, found ? [found] : []))[0];
}

async function withHistory(db: SealedDb, records: readonly StoredRecord[]): Promise<ReadRecord[]> {
  const versions = await listVersions(
    db,
    records.map(({ id }) => id),
  );
  const [values, earlier] = await Promise.all([valuesOf(db, records), valuesOf(db, versions)]);
  const history = versions.map(({ recordId, version, at }, i) => ({
    ...{ recordId, version, at },
    value: earlier[i] as RecordValue,
  }));
  return records.map(({ id, source, birth, version, at, retractedAt }, i) => ({
    ...(values[i] as RecordValue),
    ...{ id, source: sourceOf(source), birth, version, at, retractedAt },
    history: history
      .filter(({ recordId }) => recordId === id)
      .map((one) => ({ ...one.value, version: one.version, at: one.at })),
  }));
}

export type { Saying } from './record-queries.ts';
