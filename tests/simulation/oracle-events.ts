/**
 * The oracle's reading of CONTRIBUTING.md, Words: check-ins become stays; stays, encounters and households
 * become contact events. Everything here is between identifiers; persons come later. Must not import the
 * code under test.
 */
import type { RulePack } from '../../shared/domain/rule-pack.ts';
import type { CheckInRow, Dataset } from './dataset.ts';

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
  const encounters = encountersOf(dataset);
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
    housemates: housematesOf(dataset),
  };
}

/** Check-ins at places that their province knows; the others are rejected (section 7) and count nowhere. */
export function acceptedCheckIns(dataset: Dataset): CheckInRow[] {
  const places = new Set(dataset.places.map((place) => key(place.province, place.place)));
  return dataset.checkIns.filter((checkIn) => places.has(key(checkIn.province, checkIn.place)));
}

/** All stays, without the empty ones. */
export function staysOf(dataset: Dataset, rules: RulePack): Stay[] {
  const kinds = new Map(dataset.places.map((place) => [key(place.province, place.place), place.kind]));
  const scans = groupBy(acceptedCheckIns(dataset), (c) => key(c.province, c.place, c.identifier));
  return [...scans.values()].flatMap((rows) => {
    const [{ province, place, identifier }] = rows as [CheckInRow];
    const placeKey = key(province, place);
    const kind = kinds.get(placeKey) as string;
    return intervalsOf(rows, kind, rules).map((interval) => ({
      ...interval,
      identifier,
      placeKey,
      province,
      kind,
    }));
  });
}

/** The stays of one identifier at one place. */
function intervalsOf(rows: readonly CheckInRow[], kind: string, rules: RulePack): Interval[] {
  // "The same (identifier, place, in) is the same check-in; of two outs the later stands."
  const outByIn = new Map<number, number | null>();
  for (const row of rows) outByIn.set(row.inAt, later(outByIn.get(row.inAt) ?? null, row.outAt));
  const ins = [...outByIn.keys()].sort((a, b) => a - b);
  const assumed = perKind(rules.assumed_stay_seconds, kind);
  return ins.flatMap((from, index) => {
    // Ended early by the next check-in: said of stays "without an out" only; an out that is there is used as
    // it is.
    const nextIn = ins[index + 1] ?? Number.POSITIVE_INFINITY;
    const out = outByIn.get(from) ?? Math.min(from + assumed, nextIn);
    const until = Math.min(out, from + rules.longest_stay_seconds);
    return from < until ? [{ from, until }] : [];
  });
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

/** Encounters of each identifier; an empty interval is no event. */
function encountersOf(dataset: Dataset): Map<string, ContactEvent[]> {
  const sides = dataset.encounters.flatMap(({ identifierA, identifierB, from, until, province }) => {
    const event = { from, until, setting: 'encounter', kind: null, province, weightPercent: 100 } as const;
    if (from >= until || identifierA === identifierB) return [];
    return [
      { self: identifierA, event: { ...event, other: identifierB } },
      { self: identifierB, event: { ...event, other: identifierA } },
    ];
  });
  const bySelf = groupBy(sides, (side) => side.self);
  return new Map([...bySelf].map(([self, own]) => [self, own.map((side) => side.event)]));
}

/**
 * "A record's household is that of its first identifier; belongs to one province": in each province an
 * identifier lives where the latest record that it heads puts it ("an empty cell never erases, another value
 * replaces").
 */
function housematesOf(dataset: Dataset): (identifier: string) => Housemate[] {
  const homeOf = new Map<string, { identifier: string; province: string; home: string }>();
  for (const { province, identifiers, household } of dataset.people) {
    const identifier = identifiers[0];
    if (identifier === undefined || household === null) continue;
    homeOf.set(key(province, identifier), { identifier, province, home: key(province, household) });
  }
  const byHome = groupBy([...homeOf.values()], (entry) => entry.home);
  const byIdentifier = groupBy([...homeOf.values()], (entry) => entry.identifier);
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
