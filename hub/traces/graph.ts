/**
 * A trace as a graph of persons and exposures, in pseudonyms: all that the hub can show.
 */
import type { Exposure } from '../../shared/trace/contacts.ts';
import type { TraceView } from '../../shared/trace/trace-state.ts';

export interface TraceGraph {
  readonly persons: readonly { id: string; pseudonyms: readonly string[]; degree: number }[];
  readonly exposures: readonly {
    source: string;
    contact: string;
    degree: number;
    firstExposedAt: number;
    lastExposedAt: number;
    seconds: number;
    /** Bits: 1 place, 2 encounter, 4 household. */
    settings: number;
  }[];
  /** Persons left out because of the limit. */
  readonly omitted: number;
}

/** The nearest `limit` persons (index persons first, then by degree) and the exposures among them. */
export function graphOf(view: TraceView, exposures: readonly Exposure[], limit: number): TraceGraph {
  const degrees = new Map<number, number>();
  for (const person of view.index.keys()) degrees.set(person, 0);
  for (const { person, degree } of view.contacts) degrees.set(person, degree);
  const nearest = [...degrees].sort((a, b) => a[1] - b[1]).slice(0, limit);
  const ids = new Map(nearest.map(([person]) => [person, pseudonymsOf(view, person)]));
  const idOf = (person: number) => ids.get(person)?.[0] as string;
  return {
    persons: nearest.map(([person, degree]) => ({
      id: idOf(person),
      pseudonyms: ids.get(person) ?? [],
      degree,
    })),
    exposures: exposures
      .filter(({ source, contact }) => ids.has(source) && ids.has(contact))
      .map(({ source, contact, ...exposure }) => ({
        source: idOf(source),
        contact: idOf(contact),
        ...exposure,
      })),
    omitted: degrees.size - nearest.length,
  };
}

function pseudonymsOf({ persons, evidence }: TraceView, person: number): string[] {
  const members = persons.members.subarray(persons.start[person], persons.start[person + 1]);
  return Array.from(members, (n) => Buffer.from(evidence.keys.keyOf(n)).toString('hex')).sort();
}
