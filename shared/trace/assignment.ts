/**
 * Which province is responsible for a contact (design.md 4): exactly one that knows the person. The first
 * assignment stands; what changes later is a change to it, a withdrawal, or a new one.
 */
import type { Contact } from './contact-table.ts';
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
 * What has to be told to the provinces so that they hold the contacts of `view`, given `current` assignments
 * by id in the order in which they were made. Provinces are ordered by number, which must follow their codes.
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
    const stands = contact && !taken.has(person) && isKnownIn(view, person, assignment.province);
    if (stands) taken.set(person, assignment);
    else changes.withdrawn.push(assignment);
  }
  const hex = Buffer.from(keys.allKeys()).toString('hex');
  for (const contact of view.contacts) {
    const standing = taken.get(contact.person);
    const next = describe({ view, hex }, contact, standing);
    if (next && (!standing || !sameContact(standing, next))) changes.assigned.push(next);
  }
  return changes;
}

/** A view, and all its pseudonyms as hex digits, by number. */
interface ReadableView {
  readonly view: TraceView;
  readonly hex: string;
}

function describe(
  { view, hex }: ReadableView,
  contact: Contact,
  standing: AssignedContact | undefined,
): AssignedContact | undefined {
  const { start, members } = view.persons;
  const province = standing?.province ?? responsibleProvince(view, contact);
  if (province === undefined) return undefined;
  const pseudonyms: string[] = [];
  for (let m = start[contact.person] as number; m < (start[contact.person + 1] as number); m++) {
    const at = (members[m] as number) * 32;
    pseudonyms.push(hex.slice(at, at + 32));
  }
  if (pseudonyms.length > 1) pseudonyms.sort();
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
    exposedIn: contact.seenIn.map((seen) => seen.province).sort((a, b) => a - b),
  };
}

/**
 * Where the person is a resident, else where its exposure was longest; ties go to more seconds, then the
 * lower code. Undefined if no province says that it knows the person (it named it, and then forgot it).
 */
function responsibleProvince(view: TraceView, contact: Contact): number | undefined {
  let best: Candidate | undefined;
  eachProvinceThatKnows(view, contact.person, (province, resident) => {
    if (best && best.province === province && best.resident === resident) return;
    const seen = contact.seenIn.find((s) => s.province === province);
    const candidate = { province, resident, length: seen?.length ?? 0, seconds: seen?.seconds ?? 0 };
    if (!best || isBetter(candidate, best)) best = candidate;
  });
  return best?.province;
}

interface Candidate {
  readonly province: number;
  readonly resident: boolean;
  readonly length: number;
  readonly seconds: number;
}

function isBetter(a: Candidate, b: Candidate): boolean {
  if (a.resident !== b.resident) return a.resident;
  if (a.length !== b.length) return a.length > b.length;
  if (a.seconds !== b.seconds) return a.seconds > b.seconds;
  return a.province < b.province;
}

function isKnownIn(view: TraceView, person: number, province: number): boolean {
  let known = false;
  eachProvinceThatKnows(view, person, (code) => {
    known ||= code === province;
  });
  return known;
}

/**
 * Provinces that know one of the person's identifiers, and whether as a resident; one may come more than
 * once.
 */
function eachProvinceThatKnows(
  { evidence, persons }: TraceView,
  person: number,
  visit: (province: number, resident: boolean) => void,
): void {
  const { province, resident, next } = evidence.knowledge.data;
  for (let m = persons.start[person] as number; m < (persons.start[person + 1] as number); m++) {
    const first = evidence.firstKnown[persons.members[m] as number] as number;
    for (let row = first; row >= 0; row = next[row] as number) {
      visit(province[row] as number, resident[row] === 1);
    }
  }
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
