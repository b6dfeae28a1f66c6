/**
 * The oracle's reading of CONTRIBUTING.md, Words: check-ins become stays; stays, encounters and households
 * become contact events. Everything here is between identifiers; persons come later. Must not import the
 * code under test.
 */
import type { RulePack } from '../../shared/domain/rule-pack.ts';
import type { CheckInRow, Dataset, EncounterRow } from './dataset.ts';
import { principalOf, type StandingRecord, standing } from './oracle-records.ts';

/** Half-open `[from, until)`, epoch seconds. */
export interface Interval {
  readonly from: number;
  readonly until: number;
}

export interface Stay extends Interval {
  readonly identifier: string;
  /** Province and place, as one key. */
  readonly placeKey: string;
  readonly province: string;
  readonly kind: string;
}

/** A contact event of an identifier with `other`. */
export interface ContactEvent extends Interval {
  readonly other: string;
  readonly setting: 'place' | 'encounter';
  /** Kind of place; null for encounters. */
  readonly kind: string | null;
  readonly province: string;
  readonly weightPercent: number;
}

export interface Housemate {
  readonly other: string;
  readonly province: string;
}

export interface Events {
  /** Contact events of an identifier with every other identifier, uncut. */
  of(identifier: string): ContactEvent[];
  /** Identifiers that share a household with it. */
  housemates(identifier: string): Housemate[];
}

export function eventsOf(dataset: Dataset, rules: RulePack): Events {
  const stays = staysOf(dataset, rules);
  const staysByIdentifier = groupBy(stays, (stay) => stay.identifier);
  const staysByPlace = groupBy(stays, (stay) => stay.placeKey);
  const encounters = encountersOf(dataset, rules);
  const coPresence = (stay: Stay) =>
    (staysByPlace.get(stay.placeKey) ?? []).flatMap((other) => {
      const both = intersection(stay, other);
      return other.identifier === stay.identifier || both === undefined
        ? []
        : [placeEvent(both, other, rules)];
    });
  return {
    of: (identifier) => [
      ...(staysByIdentifier.get(identifier) ?? []).flatMap(coPresence),
      ...(encounters.get(identifier) ?? []),
    ],
    housemates: housematesOf(standing(dataset)),
  };
}

/**
 * Check-ins at places that their province knows, without those that end before they begin ("rejected"): the
 * others count nowhere.
 */
export function acceptedCheckIns(dataset: Dataset): CheckInRow[] {
  const places = new Set(dataset.places.map((place) => key(place.province, place.place)));
  return dataset.checkIns.filter(
    ({ province, place, inAt, outAt }) =>
      places.has(key(province, place)) && (outAt === null || inAt <= outAt),
  );
}

/** Encounters without those that end before they begin; empty ones are accepted. */
export function acceptedEncounters(dataset: Dataset): EncounterRow[] {
  return dataset.encounters.filter(({ from, until }) => from <= until);
}

/** All stays, without the empty ones. */
export function staysOf(dataset: Dataset, rules: RulePack): Stay[] {
  const kinds = new Map(dataset.places.map((place) => [key(place.province, place.place), place.kind]));
  const scans = groupBy(acceptedCheckIns(dataset), (row) => key(row.province, row.identifier));
  return [...scans.values()].flatMap((rows) => {
    const ins = [...new Set(rows.map((row) => row.inAt))].sort((a, b) => a - b);
    const nextIns = new Map(ins.map((inAt, index) => [inAt, ins[index + 1]]));
    return onceEach(rows).flatMap(({ province, identifier, place, inAt, outAt }) => {
      const placeKey = key(province, place);
      const kind = kinds.get(placeKey) as string;
      // "ended early by the next check-in of that province under that identifier": said of stays without an
      // out only; an out that is there is used as it is
      const assumed = inAt + perKind(rules.assumed_stay_seconds, kind);
      const out = outAt ?? Math.min(assumed, nextIns.get(inAt) ?? Number.POSITIVE_INFINITY);
      const until = Math.min(out, inAt + rules.longest_stay_seconds);
      return inAt < until ? [{ from: inAt, until, identifier, placeKey, province, kind }] : [];
    });
  });
}

/**
 * "The same (identifier, place, in) is the same check-in; of two outs the later stands." `rows` are those of
 * one identifier in one province.
 */
function onceEach(rows: readonly CheckInRow[]): CheckInRow[] {
  const once = new Map<string, CheckInRow>();
  for (const row of rows) {
    const same = key(row.place, String(row.inAt));
    once.set(same, { ...row, outAt: later(once.get(same)?.outAt ?? null, row.outAt) });
  }
  return [...once.values()];
}

function later(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.max(one, other);
}

function placeEvent(both: Interval, other: Stay, rules: RulePack): ContactEvent {
  const weightPercent = perKind(rules.weight_percent, other.kind);
  const { kind, province } = other;
  return { ...both, other: other.identifier, setting: 'place', kind, province, weightPercent };
}

/** Encounters of each identifier, "cut at the rules' longest stay"; an empty interval is no event. */
function encountersOf(dataset: Dataset, rules: RulePack): Map<string, ContactEvent[]> {
  const sides = acceptedEncounters(dataset).flatMap(
    ({ identifierA, identifierB, from, province, ...row }) => {
      const until = Math.min(row.until, from + rules.longest_stay_seconds);
      const event = { from, until, setting: 'encounter', kind: null, province, weightPercent: 100 } as const;
      if (from >= until || identifierA === identifierB) return [];
      return [
        { self: identifierA, event: { ...event, other: identifierB } },
        { self: identifierB, event: { ...event, other: identifierA } },
      ];
    },
  );
  const bySelf = groupBy(sides, (side) => side.self);
  return new Map([...bySelf].map(([self, own]) => [self, own.map((side) => side.event)]));
}

/**
 * "The principal identifiers of the standing records that name it; an identifier is in every household that
 * a standing record gives it; belongs to one province."
 */
function housematesOf(records: readonly StandingRecord[]): (identifier: string) => Housemate[] {
  const members = records.flatMap(({ province, identifiers, household }) =>
    household === null
      ? []
      : [{ identifier: principalOf(identifiers), province, home: key(province, household) }],
  );
  const byHome = groupBy(members, (member) => member.home);
  const byIdentifier = groupBy(members, (member) => member.identifier);
  return (identifier) =>
    (byIdentifier.get(identifier) ?? [])
      .flatMap((own) => byHome.get(own.home) ?? [])
      .filter((mate) => mate.identifier !== identifier)
      .map((mate) => ({ other: mate.identifier, province: mate.province }));
}

/** The instants that both hold; undefined if there are none (intervals that only touch hold none). */
export function intersection(one: Interval, other: Interval): Interval | undefined {
  const from = Math.max(one.from, other.from);
  const until = Math.min(one.until, other.until);
  return from < until ? { from, until } : undefined;
}

export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

function perKind(table: { readonly default: number; readonly [kind: string]: number }, kind: string): number {
  return table[kind] ?? table.default;
}

/** Parts joined by a character that no identifier, place or household contains. */
function key(...parts: string[]): string {
  return parts.join('\u0000');
}
