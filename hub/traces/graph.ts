/**
 * A trace as a graph of persons and exposures, in pseudonyms: all that the hub can show. Every link, exposure
 * and residence names the provinces that claim it, for one of them may lie.
 */
import type { Exposure } from '../../shared/trace/contacts.ts';
import type { TraceView } from '../../shared/trace/trace-state.ts';
import { provinceCode } from './assignments.ts';

export interface GraphPerson {
  readonly id: string;
  readonly pseudonyms: readonly string[];
  readonly degree: number;
  /** Codes of the provinces that claim it as a resident, ascending: several contradict each other. */
  readonly residence: readonly string[];
  /** It is a handle that several people share: somebody of that phone, who stands by itself. */
  readonly sharedHandle: boolean;
  /** What makes the pseudonyms one person, and who says so. */
  readonly links: readonly {
    readonly a: string;
    readonly b: string;
    readonly claimedBy: readonly string[];
  }[];
}

export interface TraceGraph {
  readonly persons: readonly GraphPerson[];
  readonly exposures: readonly {
    source: string;
    contact: string;
    degree: number;
    firstExposedAt: number;
    lastExposedAt: number;
    seconds: number;
    /** Bits: 1 place, 2 encounter, 4 household. */
    settings: number;
    claimedBy: readonly string[];
  }[];
  /** Ids of the persons whom more than one province claims as a resident. */
  readonly residenceConflicts: readonly string[];
  /** Persons left out because of the limit. */
  readonly omitted: number;
}

/** The nearest `limit` persons (index persons first, then by degree) and the exposures among them. */
export function graphOf(view: TraceView, exposures: readonly Exposure[], limit: number): TraceGraph {
  const degrees = new Map<number, number>();
  for (const person of view.index.keys()) degrees.set(person, 0);
  for (const { person, degree } of view.contacts) degrees.set(person, degree);
  const nearest = [...degrees].sort((a, b) => a[1] - b[1]).slice(0, limit);
  const links = linksByPerson(view, new Set(nearest.map(([person]) => person)));
  const persons = new Map(
    nearest.map(([person, degree]) => [person, describe(view, { person, degree }, links.get(person) ?? [])]),
  );
  const idOf = (person: number) => persons.get(person)?.id as string;
  const shown = [...persons.values()];
  return {
    persons: shown,
    exposures: exposures
      .filter(({ source, contact }) => persons.has(source) && persons.has(contact))
      .map(({ source, contact, provinces, ...exposure }) => ({
        source: idOf(source),
        contact: idOf(contact),
        ...exposure,
        claimedBy: provinces.map(provinceCode),
      })),
    residenceConflicts: shown.filter(({ residence }) => residence.length > 1).map(({ id }) => id),
    omitted: degrees.size - nearest.length,
  };
}

function describe(
  view: TraceView,
  { person, degree }: { person: number; degree: number },
  links: GraphPerson['links'],
): GraphPerson {
  const { persons, evidence } = view;
  const identifiers = persons.identifiers.subarray(persons.start[person], persons.start[person + 1]);
  const pseudonyms = Array.from(identifiers, (n) => pseudonymOf(view, n)).sort();
  const { province, resident, next } = evidence.knowledge.data;
  const residence = new Set<string>();
  for (const n of identifiers) {
    for (let row = evidence.firstKnown[n] as number; row >= 0; row = next[row] as number)
      if (resident[row] === 1) residence.add(provinceCode(province[row] as number));
  }
  const sharedHandle = persons.shared?.[identifiers[0] as number] === 1;
  return {
    id: pseudonyms[0] as string,
    pseudonyms,
    degree,
    residence: [...residence].sort(),
    sharedHandle,
    links,
  };
}

/**
 * Pairs within each of `shown` that a record names; one between two persons joined nobody (README.md, Who is
 * one person).
 */
function linksByPerson(view: TraceView, shown: ReadonlySet<number>): Map<number, GraphPerson['links']> {
  const claims = new Map<string, { person: number; a: number; b: number; provinces: Set<string> }>();
  eachPair(view, shown, (person, [a, b], province) => {
    const claim = claims.get(`${a} ${b}`) ?? { person, a, b, provinces: new Set() };
    claim.provinces.add(province);
    claims.set(`${a} ${b}`, claim);
  });
  const byPerson = new Map<number, GraphPerson['links'][number][]>();
  for (const { person, a, b, provinces } of claims.values()) {
    const own = byPerson.get(person) ?? [];
    own.push({ a: pseudonymOf(view, a), b: pseudonymOf(view, b), claimedBy: [...provinces].sort() });
    byPerson.set(person, own);
  }
  return byPerson;
}

type OnPair = (person: number, pair: readonly [number, number], province: string) => void;

function eachPair({ evidence, persons }: TraceView, shown: ReadonlySet<number>, onPair: OnPair): void {
  const { length, until, identifier } = evidence.recordRows();
  const { province } = evidence.records.data;
  let first = 0;
  for (let r = 0; r < length; r++) {
    const members = [...new Set(identifier.subarray(first, until[r]))].sort((x, y) => x - y);
    first = until[r] as number;
    for (const [i, a] of members.entries()) {
      const person = persons.personOf[a] as number;
      if (!shown.has(person)) continue;
      for (const b of members.slice(i + 1)) {
        if (persons.personOf[b] === person) onPair(person, [a, b], provinceCode(province[r] as number));
      }
    }
  }
}

function pseudonymOf({ evidence }: TraceView, n: number): string {
  return Buffer.from(evidence.keys.keyOf(n)).toString('hex');
}
