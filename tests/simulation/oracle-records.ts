/**
 * The oracle's reading of CONTRIBUTING.md, Words, record: which records stand after a history of writings,
 * what a standing record says, and what is to be read out of its identifiers. Must not import the code under
 * test.
 */
import type { CaseRow, Dataset, PersonRow, Sex } from './dataset.ts';

/** "It has them only if it has both." */
export interface Birth {
  readonly year: number;
  readonly sex: Sex;
}

/** What a province has written down about one person and has not withdrawn; a case is one, too. */
export interface StandingRecord {
  readonly province: string;
  /** None twice. */
  readonly identifiers: readonly string[];
  readonly birth: Birth | undefined;
  readonly provinceOfResidence: string | null;
  readonly household: string | null;
}

/** The standing records of all provinces: those of `people`, then the cases; in order of first writing. */
export function standing(dataset: Pick<Dataset, 'people' | 'cases'>): StandingRecord[] {
  return [
    ...lastOf(dataset.people, keyOf).map(
      ({ province, identifiers, provinceOfResidence, household, ...row }) => {
        return {
          province,
          identifiers,
          birth: birthOf({ identifiers, ...row }),
          provinceOfResidence,
          household,
        };
      },
    ),
    ...standingCases(dataset).map(({ province, identifiers }) => {
      const birth = birthOf({ identifiers }); // a case states none
      return { province, identifiers, birth, provinceOfResidence: null, household: null };
    }),
  ];
}

/** The cases that stand, each as it was last corrected. */
export function standingCases({ cases }: Pick<Dataset, 'cases'>): CaseRow[] {
  return lastOf(cases, (row) => row.id);
}

/** "`record` if given, else the set of identifiers, and the name too if they are handles alone". */
export function keyOf({ province, record, identifiers, name }: PersonRow): string {
  if (record !== undefined && record !== null) return JSON.stringify([province, 'record', record]);
  const handlesAlone = identifiers.every(isHandle) ? [name] : [];
  return JSON.stringify([province, 'identifiers', [...new Set(identifiers)].sort(), ...handlesAlone]);
}

interface Writing {
  readonly identifiers: readonly string[];
  readonly withdrawn?: boolean;
}

/** What the writings of each key come to. */
function lastOf<Row extends Writing>(rows: readonly Row[], keyOf: (row: Row) => string): Row[] {
  const records = new Map<string, Row>();
  for (const row of rows) {
    const key = keyOf(row);
    if (row.withdrawn === true) {
      records.delete(key);
      continue;
    }
    const written = writtenOver(records.get(key), row);
    if (isRecord(written)) records.set(key, written);
  }
  return [...records.values()];
}

/** "An empty cell never erases, another value replaces": the list of identifiers is one value. */
function writtenOver<Row extends Writing>(before: Row | undefined, row: Row): Row {
  const said = Object.entries(row).filter(([, value]) => value !== null && value !== undefined);
  const identifiers = row.identifiers.length > 0 ? row.identifiers : (before?.identifiers ?? []);
  return { ...row, ...before, ...Object.fromEntries(said), identifiers: [...new Set(identifiers)] };
}

/** "It names one or more identifiers, at most one `cccd`"; another row is refused and changes nothing. */
function isRecord({ identifiers }: Writing): boolean {
  return identifiers.length > 0 && identifiers.filter(isCccd).length <= 1;
}

type Stated = Pick<PersonRow, 'identifiers' | 'bornOn' | 'sex'>;

/** "Those that its `cccd` carries, else those stated; it has them only if it has both." */
function birthOf({ identifiers, bornOn, sex }: Stated): Birth | undefined {
  const carried = identifiers.map(carriedBy).find((birth) => birth !== undefined);
  if (carried !== undefined) return carried;
  return bornOn && sex ? { year: Number(bornOn.slice(0, 4)), sex } : undefined;
}

/** "Digit 4: century and sex, even = male, 1900 + 100 for each two; digits 5 and 6: year." */
function carriedBy(identifier: string): Birth | undefined {
  const digits = /^cccd:\d{3}(\d)(\d\d)\d{6}$/.exec(identifier);
  if (digits === null) return undefined;
  const [fourth, year] = [Number(digits[1]), Number(digits[2])];
  return { year: 1900 + 100 * Math.floor(fourth / 2) + year, sex: fourth % 2 === 0 ? 'male' : 'female' };
}

const KINDS = ['cccd', 'cmnd', 'passport', 'insurance', 'phone', 'app'];

/** "The first of its identifiers by kind, …, of one kind the smallest string." */
export function principalOf(identifiers: readonly string[]): string {
  const rank = (identifier: string) => KINDS.indexOf(kindOf(identifier));
  const [first] = [...identifiers].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  if (first === undefined) throw new Error('a record without identifiers');
  return first;
}

export function kindOf(identifier: string): string {
  return identifier.slice(0, identifier.indexOf(':'));
}

export function isCccd(identifier: string): boolean {
  return kindOf(identifier) === 'cccd';
}

/** "They reach a device that several may share"; every other identifier is a number. */
export function isHandle(identifier: string): boolean {
  return ['phone', 'app'].includes(kindOf(identifier));
}
