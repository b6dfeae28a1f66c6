/**
 * Contacts as they are shown: what is stored of them, with what this province knows of the persons. Decides
 * nothing about who may see them; see operations.ts.
 */
import { type PeopleCtx, readHolders, readIdentifiers } from '../../records/people/operations.ts';
import type { ContactRow } from './queries.ts';
import type { Contact } from './rules.ts';

/** The contacts with their persons, in the same order. */
export async function withPersons(ctx: PeopleCtx, found: readonly ContactRow[]): Promise<Contact[]> {
  const ids = found.flatMap(({ identifierIds }) => identifierIds);
  const values = await readIdentifiers(ctx, ids);
  const holders = await readHolders(ctx, ids);
  const joined = (what: 'names' | 'addresses', of: readonly number[]) =>
    sortedOnce(of.flatMap((id) => holders.get(id)?.[what] ?? [])).join(' / ') || null;
  return found.map(({ identifierIds, ...contact }) => ({
    ...contact,
    identifiers: sortedOnce(identifierIds.flatMap((id) => values.get(id) ?? [])),
    name: joined('names', identifierIds),
    address: joined('addresses', identifierIds),
  }));
}

function sortedOnce(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
}
