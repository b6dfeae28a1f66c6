/**
 * What provinces wrote down of it: scans at the door under one identifier or another, some without an out and
 * some twice; Bluetooth encounters, from one phone or both; and who came from elsewhere and declared it.
 */
import type { Dice } from './dice.ts';
import type { Person } from './people.ts';
import type { Place } from './places.ts';
import type { ToldVisit } from './story.ts';

export interface CheckIn {
  readonly identifier: string;
  readonly place: Place;
  /** Epoch seconds. */
  readonly inAt: number;
  readonly outAt: number | undefined;
  /** Of somebody from elsewhere. */
  readonly homeProvince: string | undefined;
}

export interface Encounter {
  /** That has it on record. */
  readonly province: string;
  readonly a: string;
  readonly b: string;
  readonly from: number;
  readonly until: number;
  /** dBm. */
  readonly rssi: number;
}

/** Somebody as a province that is not the own one knows them: under a phone number. */
export interface Declaration {
  readonly province: string;
  readonly person: Person;
}

const SCANNED_PERCENT = 60;
const NO_OUT_PERCENT = 15;
const TWICE_PERCENT = 3;

/** The scans of `visits`, by time. */
export function scan(dice: Dice, visits: readonly ToldVisit[]): CheckIn[] {
  const checkIns: CheckIn[] = [];
  for (const visit of visits) {
    const { person, place, from, until } = visit;
    const told = visit.identifier !== undefined;
    if (!told && !dice.chance(SCANNED_PERCENT)) continue;
    const identifier = visit.identifier ?? shownAt(dice, person, place);
    const homeProvince = person.province === place.province ? undefined : person.province;
    const outAt = told || !dice.chance(NO_OUT_PERCENT) ? until : undefined;
    checkIns.push({ identifier, place, inAt: from, outAt, homeProvince });
    if (told || !dice.chance(TWICE_PERCENT)) continue;
    checkIns.push({ identifier, place, inAt: dice.int(from + 60, until - 60), outAt, homeProvince });
  }
  return checkIns.sort((a, b) => a.inAt - b.inAt);
}

/** At home an id card or a phone, at a clinic the insurance; elsewhere the phone. */
function shownAt(dice: Dice, { province, cccd, phone, insurance }: Person, place: Place): string {
  if (place.kind === 'clinic' && insurance !== undefined && dice.chance(60)) return insurance;
  if (phone === undefined) return cccd;
  return place.province === province && dice.chance(35) ? cccd : phone;
}

const DECLARED_PERCENT = 60;

/** What some of those away from home have declared. */
export function declare(dice: Dice, visits: readonly ToldVisit[]): Declaration[] {
  const guests = new Map<string, Declaration>();
  for (const { person, place } of visits) {
    if (person.province === place.province || person.phone === undefined) continue;
    guests.set(`${place.province} ${person.cccd}`, { province: place.province, person });
  }
  return [...guests.values()].filter(() => dice.chance(DECLARED_PERCENT));
}

const SHORTEST_SECONDS = 180;
const LONGEST_SECONDS = 2_700;
const NEIGHBOURS = 2;
const BOTH_PERCENT = 40;

/** Encounters between phones with the app at one place, each with a few of those around it; by time. */
export function sense(dice: Dice, visits: readonly ToldVisit[]): Encounter[] {
  const encounters: Encounter[] = [];
  for (const group of togetherAt(visits.filter(({ person }) => person.app !== undefined))) {
    for (const visit of group) {
      for (const other of dice.some(NEIGHBOURS, group)) encounters.push(...meeting(dice, visit, other));
    }
  }
  return encounters.sort((a, b) => a.from - b.from);
}

/** Visits of one place on one day. */
function togetherAt(visits: readonly ToldVisit[]): ToldVisit[][] {
  const groups = new Map<string, ToldVisit[]>();
  for (const visit of visits) {
    const key = `${visit.place.id} ${Math.floor(visit.from / 86_400)}`;
    const group = groups.get(key);
    if (group) group.push(visit);
    else groups.set(key, [visit]);
  }
  return [...groups.values()];
}

/**
 * An encounter in the time that both were there, as the home of the first phone has it, or that of the other
 * too.
 */
function meeting(dice: Dice, { person, from, until }: ToldVisit, other: ToldVisit): Encounter[] {
  const start = Math.max(from, other.from);
  const end = Math.min(until, other.until);
  if (person === other.person || end - start < 2 * SHORTEST_SECONDS) return [];
  const seconds = dice.int(SHORTEST_SECONDS, Math.min(LONGEST_SECONDS, end - start));
  const began = dice.int(start, end - seconds);
  const seen = {
    a: person.app as string,
    b: other.person.app as string,
    from: began,
    until: began + seconds,
  };
  const rssi = dice.int(-88, -52);
  const both = other.person.province !== person.province && dice.chance(BOTH_PERCENT);
  const provinces = both ? [person.province, other.person.province] : [person.province];
  return provinces.map((province) => ({ province, ...seen, rssi }));
}
