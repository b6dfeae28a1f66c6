/**
 * The outbreak as the files that each province imports (README.md, Import files): CSV with a header,
 * instants in Vietnam's time.
 */
import { vietnamInstant } from '../../../shared/domain/instant.ts';
import type { Person } from './people.ts';
import type { Place } from './places.ts';
import type { CheckIn, Declaration, Encounter } from './records.ts';

export type FileKind = 'places' | 'persons' | 'check-ins' | 'encounters';

export interface ImportFile {
  readonly kind: FileKind;
  readonly header: string;
  /** Lines without their ends. */
  readonly rows: readonly string[];
}

export interface ProvinceFiles {
  readonly province: string;
  /** In the order in which they are to be imported. */
  readonly files: readonly ImportFile[];
}

export interface Recorded {
  readonly residents: readonly Person[];
  readonly places: readonly Place[];
  readonly declarations: readonly Declaration[];
  readonly checkIns: readonly CheckIn[];
  readonly encounters: readonly Encounter[];
}

/** What `province` has on record, of all that was recorded anywhere. */
export function filesOf(province: string, recorded: Recorded): ProvinceFiles {
  const own = <T extends { readonly province: string }>(things: readonly T[]) =>
    things.filter((thing) => thing.province === province);
  const guests = own(recorded.declarations).map(({ person }) => person);
  return {
    province,
    files: [
      file('places', PLACES, own(recorded.places).map(placeRow)),
      file('persons', PERSONS, [...own(recorded.residents).map(residentRow), ...guests.map(guestRow)]),
      file(
        'check-ins',
        CHECK_INS,
        recorded.checkIns.filter(({ place }) => place.province === province).map(checkInRow),
      ),
      file('encounters', ENCOUNTERS, own(recorded.encounters).map(encounterRow)),
    ],
  };
}

type Cell = string | number | undefined;

const PLACES = 'place,name,kind,ward,capacity';
const PERSONS = 'identifiers,name,born_on,sex,province,ward,address,household';
const CHECK_INS = 'identifier,place,in_at,out_at,home_province';
const ENCOUNTERS = 'identifier_a,identifier_b,from,until,rssi';

function placeRow({ id, name, kind, ward, capacity }: Place): Cell[] {
  return [id, name, kind, ward.code, capacity];
}

function residentRow(person: Person): Cell[] {
  const { cccd, phone, app, insurance, name, bornOn, sex, province, ward, address, household } = person;
  // The first identifier is the one that the household belongs to.
  const identifiers = [cccd, phone, app, insurance].filter((identifier) => identifier !== undefined);
  return [
    identifiers.join(' '),
    name,
    bornOn,
    sex,
    province,
    ward.code,
    `${address}, ${ward.name}`,
    household,
  ];
}

function guestRow({ phone, name, sex, province }: Person): Cell[] {
  return [phone, name, undefined, sex, province, undefined, undefined, undefined];
}

function checkInRow({ identifier, place, inAt, outAt, homeProvince }: CheckIn): Cell[] {
  return [
    identifier,
    place.id,
    vietnamInstant(inAt),
    outAt === undefined ? undefined : vietnamInstant(outAt),
    homeProvince,
  ];
}

function encounterRow({ a, b, from, until, rssi }: Encounter): Cell[] {
  return [a, b, vietnamInstant(from), vietnamInstant(until), rssi];
}

function file(kind: FileKind, header: string, rows: readonly Cell[][]): ImportFile {
  return { kind, header, rows: rows.map((row) => row.map(quoted).join(',')) };
}

function quoted(cell: Cell): string {
  const text = String(cell ?? '');
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
