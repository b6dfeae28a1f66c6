/**
 * Which province is responsible for a contact (design.md 4): exactly one that knows the person. The first
 * assignment stands; what changes later is a change to it, a withdrawal, or a new one.
 */
import type { Contact } from './contacts.ts';
import type { TraceView } from './trace-state.ts';

/** A contact as its province hears of it. Pseudonyms as 32 hex digits. */
export interface AssignedContact {
  /** Pseudonym under which the contact was first assigned; stays its id. */
  readonly id: string;
  readonly province: number;
  readonly pseudonyms: readonly string[];
  readonly degree: number;
  readonly firstExposedAt: number;
  readonly lastExposedAt: number;
  readonly seconds: number;
  readonly settings: number;
  readonly placeKinds: number;
  /** Numbers of the provinces of exposure, ascending. */
  readonly exposedIn: readonly number[];
}

export interface AssignmentChanges {
  /** New or changed contacts, whatever province they are at. */
  readonly assigned: AssignedContact[];
  /** Assignments that no longer hold. */
  readonly withdrawn: AssignedContact[];
}

/**
 * What has to be told to the provinces so that they hold the contacts of `view`, given `current` assignments by
 * id in the order in which they were made. Provinces are ordered by number, which must follow their codes.
 */
export function planAssignments(
  view: TraceView,
  current: ReadonlyMap<string, AssignedContact>,
): AssignmentChanges {
  const { keys } = view.evidence;
  const changes: AssignmentChanges = { assigned: [], withdrawn: [] };
  const taken = new Map<number, AssignedContact>();
  for (const assignment of current.values()) {
    const number = keys.lookup(Buffer.from(assignment.id, 'hex'))[0] as number;
    const person = number < 0 ? -1 : (view.persons.personOf[number] as number);
    const contact = view.contacts.get(person);
    const stands = contact && !taken.has(person) && provincesThatKnow(view, person).has(assignment.province);
    if (stands) taken.set(person, assignment);
    else changes.withdrawn.push(assignment);
  }
  for (const contact of view.contacts.values()) {
    const standing = taken.get(contact.person);
    const next = describe(view, contact, standing);
    if (next && (!standing || !sameContact(standing, next))) changes.assigned.push(next);
  }
  return changes;
}

function describe(
  view: TraceView,
  contact: Contact,
  standing: AssignedContact | undefined,
): AssignedContact | undefined {
  const { start, members } = view.persons;
  const province = standing?.province ?? responsibleProvince(view, contact);
  if (province === undefined) return undefined;
  const own = members.subarray(start[contact.person], start[contact.person + 1]);
  const hex = Buffer.from(view.evidence.keys.keysOf(own)).toString('hex');
  const pseudonyms = Array.from(own, (_, i) => hex.slice(i * 32, i * 32 + 32)).sort();
  const { degree, firstExposedAt, lastExposedAt, seconds, settings, placeKinds } = contact;
  return {
    id: standing?.id ?? (pseudonyms[0] as string),
    province,
    pseudonyms,
    degree,
    firstExposedAt,
    lastExposedAt,
    seconds,
    settings,
    placeKinds,
    exposedIn: [...contact.seenIn.keys()].sort((a, b) => a - b),
  };
}

/**
 * Where the person is a resident, else where its exposure was longest; ties go to more seconds, then the lower
 * code. Undefined if no province says that it knows the person (it named it, and then forgot it).
 */
function responsibleProvince(view: TraceView, contact: Contact): number | undefined {
  const knows = provincesThatKnow(view, contact.person);
  const residentIn = [...knows].filter(([, resident]) => resident).map(([province]) => province);
  const candidates = residentIn.length > 0 ? residentIn : [...knows.keys()];
  const seen = (province: number) => contact.seenIn.get(province) ?? { length: 0, seconds: 0 };
  return candidates.sort(
    (a, b) => seen(b).length - seen(a).length || seen(b).seconds - seen(a).seconds || a - b,
  )[0];
}

/** Provinces that know one of the person's identifiers, and whether it is a resident there. */
function provincesThatKnow({ evidence, persons }: TraceView, person: number): Map<number, boolean> {
  const { province, resident, next } = evidence.knowledge.data;
  const knows = new Map<number, boolean>();
  for (let m = persons.start[person] as number; m < (persons.start[person + 1] as number); m++) {
    const first = evidence.firstKnown[persons.members[m] as number] as number;
    for (let row = first; row >= 0; row = next[row] as number) {
      const code = province[row] as number;
      knows.set(code, (knows.get(code) ?? false) || resident[row] === 1);
    }
  }
  return knows;
}

function sameContact(a: AssignedContact, b: AssignedContact): boolean {
  return (
    a.degree === b.degree &&
    a.firstExposedAt === b.firstExposedAt &&
    a.lastExposedAt === b.lastExposedAt &&
    a.seconds === b.seconds &&
    a.settings === b.settings &&
    a.placeKinds === b.placeKinds &&
    a.pseudonyms.length === b.pseudonyms.length &&
    a.pseudonyms.every((p, i) => p === b.pseudonyms[i]) &&
    a.exposedIn.length === b.exposedIn.length &&
    a.exposedIn.every((p, i) => p === b.exposedIn[i])
  );
}
