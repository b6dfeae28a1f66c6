/**
 * The oracle's reading of README.md, How long two persons met: the events of two persons cut to a window,
 * the weighted seconds of the strongest event, and who is a close contact. Must not import the code under
 * test.
 */
import type { RulePack } from '../../shared/domain/rule-pack.ts';
import { type ContactEvent, type Events, intersection } from './oracle-events.ts';
import type { Person } from './oracle-persons.ts';
import type { Window } from './oracle-windows.ts';

/** What q and `person` had together within a window of q. */
export interface Meeting {
  readonly person: Person;
  /** Cut to the window; never an empty interval. */
  readonly events: readonly ContactEvent[];
  /** Provinces of the households that both live in; empty if the window is. */
  readonly householdIn: readonly string[];
  readonly seconds: number;
  /** Earliest start and latest end of the cut events and of the window, if they share a household. */
  readonly first: number;
  readonly last: number;
}

/** The close contacts of `q` in `window`, one meeting a person. */
export type CloseContacts = (q: Person, window: Window) => Meeting[];

/** Close contacts, in any window. */
export function closeContactsOf(
  events: Events,
  personOf: (identifier: string) => Person,
  rules: RulePack,
): CloseContacts {
  const uncut = uncutOf(events, personOf);
  return (q, window) => {
    if (window.length === 0) return []; // no cut events, and no households
    return [...uncut(q)]
      .map(([person, together]) => meetingOf(person, together, window))
      .filter((meeting) => isClose(meeting, rules));
  };
}

/** `seconds ≥ close_contact_seconds`, of something that happened, "or if they share a household". */
function isClose({ events, seconds, householdIn }: Meeting, rules: RulePack): boolean {
  return (events.length > 0 && seconds >= rules.close_contact_seconds) || householdIn.length > 0;
}

interface Together {
  readonly events: ContactEvent[];
  readonly householdIn: Set<string>;
}

/** What every other person has with q: "all contact events between an identifier of q and one of p". */
function uncutOf(events: Events, personOf: (identifier: string) => Person) {
  const known = new Map<Person, Map<Person, Together>>();
  return (q: Person): Map<Person, Together> => {
    const found = known.get(q);
    if (found !== undefined) return found;
    const others = new Map<Person, Together>();
    const withPerson = (p: Person) => {
      const together = others.get(p) ?? { events: [], householdIn: new Set() };
      others.set(p, together);
      return together;
    };
    for (const identifier of q.identifiers) {
      for (const event of events.of(identifier)) withPerson(personOf(event.other)).events.push(event);
      for (const mate of events.housemates(identifier)) {
        withPerson(personOf(mate.other)).householdIn.add(mate.province);
      }
    }
    others.delete(q); // q ≠ p
    known.set(q, others);
    return others;
  };
}

/** In a window that is not empty. */
function meetingOf(person: Person, together: Together, window: Window): Meeting {
  const events = cut(together.events, window);
  const householdIn = [...together.householdIn];
  // "A household lasts as long as W"; start and end "of a union: of its earliest and of its latest interval"
  const household = householdIn.length === 0 ? [] : window;
  return {
    person,
    events,
    householdIn,
    seconds: strongestSeconds(events),
    first: least([...household, ...events].map((interval) => interval.from)),
    last: greatest([...household, ...events].map((interval) => interval.until)),
  };
}

function cut(events: readonly ContactEvent[], window: Window): ContactEvent[] {
  return window.flatMap((part) =>
    events.flatMap((event) => {
      const inside = intersection(event, part);
      return inside === undefined ? [] : [{ ...event, ...inside }];
    }),
  );
}

/** "At each instant the strongest event counts, with its weight": ⌊Σ length · weight / 100⌋. */
export function strongestSeconds(
  events: readonly Pick<ContactEvent, 'from' | 'until' | 'weightPercent'>[],
): number {
  const edges = [...new Set(events.flatMap((event) => [event.from, event.until]))].sort((a, b) => a - b);
  let hundredths = 0;
  for (const [index, from] of edges.entries()) {
    const until = edges[index + 1] ?? from;
    const covering = events.filter((event) => event.from <= from && until <= event.until);
    const strongest = greatest([0, ...covering.map((event) => event.weightPercent)]);
    hundredths += (until - from) * strongest;
  }
  return Math.floor(hundredths / 100);
}

function least(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
}

function greatest(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
}
