/**
 * Contacts as they are shown: what is stored of them, with what this province knows of the persons, as far as
 * the reader's area goes (see rules.ts).
 */
import { isWithin, type Scope } from '../../../shared/acts/access.ts';
import { byWeight, type PeopleCtx, readHolders, readIdentifiers } from '../../records/people/operations.ts';
import { personWithin, type ShownPerson } from './rules.ts';

/** The contacts with their persons for a reader of that scope, in the same order. */
export async function withPersons<T extends { readonly identifierIds: readonly number[] }>(
  ctx: PeopleCtx,
  found: readonly T[],
  scope: Scope,
): Promise<(Omit<T, 'identifierIds'> & ShownPerson)[]> {
  const ids = found.flatMap(({ identifierIds }) => identifierIds);
  const holders = await readHolders(ctx, ids);
  const beside = found.flatMap(({ identifierIds: [first, ...others] }) =>
    first !== undefined && others.length === 0
      ? (holders.get(first) ?? []).flatMap(({ named }) => named)
      : [],
  );
  const values = await readIdentifiers(ctx, [...ids, ...beside]);
  const inOrder = [...holders.values()].flat().sort(byWeight);
  const placeOf = new Map(inOrder.map((saying, place) => [saying, place]));
  const known = new Map(
    [...values].map(([id, identifier]) => {
      const sayings = (holders.get(id) ?? []).map((saying) => ({
        ...{ name: saying.person.name, address: saying.person.address },
        ...{ ward: saying.ward, place: placeOf.get(saying) as number },
        beside: saying.named.flatMap((other) => (other === id ? [] : (values.get(other) ?? []))),
      }));
      return [id, { identifier, sayings }];
    }),
  );
  const covers = scope === 'whole' ? 'everywhere' : (ward: string | null) => isWithin(scope, ward);
  return found.map(({ identifierIds, ...contact }) => {
    const named = identifierIds.flatMap((id) => known.get(id) ?? []);
    return { ...contact, ...personWithin(named, covers) };
  });
}
