/**
 * What is sealed of a record, and the row that it is sealed for: which identifiers it names, and the ward at
 * whose desk it lies, stand in the sealed text too, so that a name does not pass for that of somebody else
 * whose row was written over. Pure.
 */
import { refusedValue } from '../../sealing/sealer.ts';
import type { PersonFields } from './rules.ts';

/** Who it is, and what was stated of birth and sex. */
export type Sealed = Pick<PersonFields, 'name' | 'born_on' | 'sex' | 'address'> & {
  readonly record: string | null;
};

export const NOBODY: Sealed = { record: null, name: null, born_on: null, sex: null, address: null };

/** Of the row, what the person in it means. */
export interface SealedFor {
  readonly identifierIds: readonly number[];
  readonly ward: string | null;
}

/** The text that is sealed: what is not said is left out; null if nothing is. */
export function sealedText(person: Sealed, row: SealedFor): string | null {
  const said = Object.entries(person).filter(([, value]) => value !== null);
  return said.length === 0 ? null : JSON.stringify({ ...Object.fromEntries(said), for: nameOf(row) });
}

/**
 * What `sealedText` has written, also before it named the row. Throws INTERNAL SEALED_VALUE_REFUSED if it was
 * for a row that named others, or lay at another desk.
 */
export function openPerson(text: string | null, row: SealedFor): Sealed {
  if (text === null) return NOBODY;
  const { for: of, ...person } = JSON.parse(text) as Partial<Sealed> & { readonly for?: string };
  if (of !== undefined && of !== nameOf(row)) throw refusedValue('records.person');
  return { ...NOBODY, ...person };
}

function nameOf({ identifierIds, ward }: SealedFor): string {
  return `${identifierIds.join()} ${ward ?? ''}`;
}
