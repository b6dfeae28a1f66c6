/**
 * What is known of people, by the local ids of their identifiers. Reads; decides nothing about who may see
 * it.
 */
import type { Queryable } from '../../../shared/db/database.ts';
import type { SealerSource } from '../../sealing/data-keys.ts';
import * as identifiers from './identifiers.ts';
import { listSayings, type Saying } from './record-queries.ts';
import { rankOf } from './record-rules.ts';

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

export type { Saying } from './record-queries.ts';
