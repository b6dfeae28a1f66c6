/**
 * The oracle's reading of README.md, Forward and Backward: labels by a worklist that runs until nothing
 * changes, keeping the undominated. Must not import the code under test.
 */
import type { TraceRequest } from './dataset.ts';
import type { CloseContacts, Meeting } from './oracle-meetings.ts';
import type { Person } from './oracle-persons.ts';
import type { Windows } from './oracle-windows.ts';

/**
 * (p, k, t): p can have been infected at the earliest (backward: have infected at the latest) at t, over k
 * contacts.
 */
export interface Label {
  readonly person: Person;
  readonly degree: number;
  /** Meaningless for index persons, whose windows come from their cases. */
  readonly at: number;
  /** The close contacts of `person` in the window of this label. */
  readonly contacts: readonly Meeting[];
}

/** All undominated labels, those of the index persons (degree 0) included. */
export function labelsOf(request: TraceRequest, windows: Windows, closeContacts: CloseContacts): Label[] {
  const labels = new Set<Label>();
  const work: Label[] = [];
  for (const [person, window] of windows.indexPersons) {
    work.push({ person, degree: 0, at: 0, contacts: closeContacts(person, window) });
  }
  for (const label of work) labels.add(label);

  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    if (!labels.has(next)) continue; // dominated meanwhile
    for (const { person, first, last } of next.contacts) {
      const degree = next.degree + 1;
      const at = request.direction === 'forward' ? first : last;
      if (degree > request.maxDegree) continue; // "labels with k > max degree are dropped"
      if (windows.indexPersons.has(person)) continue; // "index persons never get other labels"
      const own = [...labels].filter((label) => label.person === person);
      if (own.some((label) => atLeastAsGood(label, { degree, at }, request))) continue; // dominated, or known
      for (const label of own) if (atLeastAsGood({ degree, at }, label, request)) labels.delete(label);
      const label = { person, degree, at, contacts: closeContacts(person, windows.ofLabel(at)) };
      labels.add(label);
      work.push(label);
    }
  }
  return [...labels];
}

/** k′ ≤ k and t′ ≤ t (backward: t′ ≥ t): equal, or `one` dominates `other`. */
function atLeastAsGood(
  one: Pick<Label, 'degree' | 'at'>,
  other: Pick<Label, 'degree' | 'at'>,
  { direction }: TraceRequest,
): boolean {
  const inTime = direction === 'forward' ? one.at <= other.at : one.at >= other.at;
  return one.degree <= other.degree && inTime;
}
