/**
 * What is known of people, by the local ids of their identifiers. Reads; decides nothing about who may see
 * it.
 */
import type { Queryable } from '../../../shared/db/database.ts';
import type { SealerSource } from '../../sealing/data-keys.ts';
import * as identifierQueries from './identifiers-queries.ts';
import * as queries from './queries.ts';

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
  return identifierQueries.findIdentifierValues({ sql: db.sql, sealer: dataKeys.sealer }, [...new Set(ids)]);
}

/** Names of those who may hold each of the identifiers, by its local id; only where one is known. */
export async function readNames(
  { db, dataKeys }: PeopleCtx,
  identifierIds: Iterable<number>,
): Promise<Map<number, string[]>> {
  const names = new Map<number, string[]>();
  const found = await queries.listNamesOf({ sql: db.sql, sealer: dataKeys.sealer }, [
    ...new Set(identifierIds),
  ]);
  for (const { identifierId, name } of found) {
    names.set(identifierId, [...(names.get(identifierId) ?? []), name]);
  }
  return names;
}

/** Addresses of those who may hold each of the identifiers, like `readNames`. */
export async function readAddresses(
  { db, dataKeys }: PeopleCtx,
  identifierIds: Iterable<number>,
): Promise<Map<number, string[]>> {
  const ids = [...new Set(identifierIds)];
  const found = await queries.listAddressesOf({ sql: db.sql, sealer: dataKeys.sealer }, ids);
  const addresses = new Map<number, string[]>();
  for (const { identifierId, address } of found) {
    addresses.set(identifierId, [...(addresses.get(identifierId) ?? []), address]);
  }
  return addresses;
}
