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

/** Names and addresses of those who may hold an identifier. */
export interface Holders {
  readonly names: string[];
  readonly addresses: string[];
}

/** Who may hold each of the identifiers, by its local id; only where something is known of anybody. */
export async function readHolders(
  { db, dataKeys }: PeopleCtx,
  identifierIds: Iterable<number>,
): Promise<Map<number, Holders>> {
  const people = await queries.listHolders({ sql: db.sql, sealer: dataKeys.sealer }, [
    ...new Set(identifierIds),
  ]);
  const holders = new Map<number, Holders>();
  for (const { identifierId, name, address } of people) {
    const known = holders.get(identifierId) ?? { names: [], addresses: [] };
    holders.set(identifierId, known);
    if (name !== undefined) known.names.push(name);
    if (address !== undefined) known.addresses.push(address);
  }
  return holders;
}
