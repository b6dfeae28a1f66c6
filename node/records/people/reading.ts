/**
 * What is known of people, by the local ids of their identifiers. Reads; decides nothing about who may see
 * it.
 */
import type { Queryable } from '../../../shared/db/database.ts';
import type { SealerSource } from '../../sealing/data-keys.ts';
import * as identifiers from './identifiers.ts';
import type { SealedDb } from './queries.ts';
import { findRecord, listNaming, listVersions, type StoredRecord } from './record-queries.ts';
import { valuesOf } from './records.ts';
import { type Birth, type RecordValue, rankOf, type Source, sourceOf } from './rules.ts';
import { listSayings, type Saying } from './sayings-queries.ts';
import { listWaiting, type WaitingRecord } from './waiting.ts';

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
  /** Local ids of what it names. */
  readonly identifierIds: readonly number[];
  /** It waits for somebody of another ward. */
  readonly waits: boolean;
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

/** A record that waits, as somebody who may decide is shown it. */
export interface ReadWaiting extends Omit<WaitingRecord, 'source' | 'identifierIds'> {
  readonly source: Source;
  /** Those that other standing records within the reader's wards name. */
  readonly identifiers: readonly string[];
  /** How many further ones it names. */
  readonly furtherIdentifiers: number;
}

/** Records that wait for these wards alone (undefined: for anybody), the newest first; at most `limit`. */
export async function readWaiting(
  ctx: PeopleCtx,
  page: Parameters<typeof listWaiting>[1],
): Promise<ReadWaiting[]> {
  const found = await listWaiting(ctx.db, page);
  const named = found.flatMap(({ identifierIds }) => identifierIds);
  const [values, holders] = await Promise.all([readIdentifiers(ctx, named), readHolders(ctx, named)]);
  const isShown = (id: number) =>
    page.wards === undefined ||
    (holders.get(id) ?? []).some(({ ward }) => ward !== null && page.wards?.includes(ward));
  return found.map(({ source, identifierIds, ...record }) => {
    const shown = identifierIds.filter(isShown);
    return {
      ...{ ...record, source: sourceOf(source), furtherIdentifiers: identifierIds.length - shown.length },
      identifiers: shown.map((id) => values.get(id) as string),
    };
  });
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
  return records.map(({ id, source, birth, version, at, retractedAt, waitsFor, identifierIds }, i) => ({
    ...(values[i] as RecordValue),
    identifierIds,
    ...{ id, source: sourceOf(source), birth, version, at, retractedAt, waits: waitsFor !== null },
    history: history
      .filter(({ recordId }) => recordId === id)
      .map((one) => ({ ...one.value, version: one.version, at: one.at })),
  }));
}

export type { Saying } from './sayings-queries.ts';
