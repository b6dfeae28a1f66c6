/**
 * Contacts as they are shown: what is stored of them, with what this province knows of the persons. Who has a
 * number is who the record that counts most says; a phone or an app by itself may be anybody's whom a record
 * names with it, so all of them are shown. Decides nothing about who may see them; see operations.ts.
 */
import { HANDLE_KINDS, kindOf } from '../../../shared/domain/identifier.ts';
import {
  byWeight,
  type PeopleCtx,
  readHolders,
  readIdentifiers,
  type Saying,
} from '../../records/people/operations.ts';
import type { ContactRow } from './queries.ts';
import type { Contact } from './rules.ts';

/** The contacts with their persons, in the same order. */
export async function withPersons(ctx: PeopleCtx, found: readonly ContactRow[]): Promise<Contact[]> {
  const ids = found.flatMap(({ identifierIds }) => identifierIds);
  const values = await readIdentifiers(ctx, ids);
  const sayings = await readHolders(ctx, ids);
  return found.map(({ identifierIds, ...contact }) => {
    const named = identifierIds.flatMap((id) => values.get(id) ?? []);
    const saidOf = (isAsked: (identifier: string) => boolean) =>
      identifierIds.flatMap((id) => (isAsked(values.get(id) ?? '') ? (sayings.get(id) ?? []) : []));
    const numbers = saidOf((identifier) => !HANDLE_KINDS.has(kindOf(identifier)));
    const handles = saidOf((identifier) => HANDLE_KINDS.has(kindOf(identifier)));
    const shown = (field: 'name' | 'address') =>
      bestOf(numbers, field) ??
      (sortedOnce(handles.flatMap(({ person }) => person[field] ?? [])).join(' / ') || null);
    return { ...contact, identifiers: sortedOnce(named), name: shown('name'), address: shown('address') };
  });
}

/** What the record that counts most says; null if none says anything. */
function bestOf(sayings: readonly Saying[], field: 'name' | 'address'): string | null {
  return [...sayings].sort(byWeight).find(({ person }) => person[field] !== null)?.person[field] ?? null;
}

function sortedOnce(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
}
