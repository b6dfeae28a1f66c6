/**
 * Which province is responsible for a contact (README.md, One province for a contact): exactly one that
 * knows the person. The first assignment stands, unless a province that claims the person as its resident
 * takes it over; what changes later is a change to it, a withdrawal, or a new one. The other provinces that
 * claim the residence hear of the contact, marked so.
 */
import type { Contact } from './contact-table.ts';
import type { Seen } from './pair-groups.ts';
import type { TraceView } from './trace-state.ts';

/** A contact as its province hears of it; identifiers by their numbers in the evidence. */
export interface AssignedContact {
  /** Identifier under which the contact was first assigned; stays its id. */
  readonly id: number;
  readonly province: number;
  /** The person's identifiers, ascending. */
  readonly identifiers: readonly number[];
  readonly degree: number;
  readonly firstExposedAt: number;
  readonly lastExposedAt: number;
  readonly seconds: number;
  readonly settings: number;
  readonly placeKinds: number;
  /** Numbers of the provinces of exposure, ascending. */
  readonly exposedIn: readonly number[];
  /** Another province is responsible, and this one claims the person as its resident. */
  readonly alsoClaimed: boolean;
}

/** What the provinces hold. */
export interface Held {
  /** By id, in the order in which they were made. */
  readonly owned: ReadonlyMap<number, AssignedContact>;
  /** By `claimKey`. */
  readonly claimed: ReadonlyMap<number, AssignedContact>;
}

/** Provinces that take a contact over, by its id. */
export type TakenOver = ReadonlyMap<number, number>;

/** Province numbers have two digits. */
export function claimKey({ id, province }: Pick<AssignedContact, 'id' | 'province'>): number {
  return id * 100 + province;
}

export interface AssignmentChanges {
  /** New or changed contacts, whatever province they are at. */
  readonly assigned: AssignedContact[];
  /** Assignments that no longer hold. */
  readonly withdrawn: AssignedContact[];
}

export interface Wishes {
  readonly takenOver?: TakenOver;
  /** Whether a province can be told that it also claims a contact; all unless told. */
  hearsClaims?(province: number): boolean;
}

/**
 * What has to be told to the provinces so that they hold the contacts of `view`, given what they hold.
 * Provinces are ordered by number, which must follow their codes.
 */
export function planAssignments(
  view: TraceView,
  held: Held,
  { takenOver, hearsClaims }: Wishes = {},
): AssignmentChanges {
  const changes: AssignmentChanges = { assigned: [], withdrawn: [] };
  const taken = new Map<number, AssignedContact>();
  const claims = new Set<number>();
  for (const assignment of held.owned.values()) {
    const person = view.persons.personOf[assignment.id] as number;
    const contact = view.contacts.get(person);
    const stands = contact && !taken.has(person) && isKnownIn(view, person, assignment.province);
    if (stands) taken.set(person, assignment);
    else changes.withdrawn.push(assignment);
  }
  for (const contact of view.contacts) {
    const standing = taken.get(contact.person);
    const residence = residenceOf(view, contact.person);
    const taker = standing && takenOver?.get(standing.id);
    const isMoved = taker !== undefined && taker !== standing?.province && residence.includes(taker);
    const next = describe(view, contact, isMoved && standing ? { ...standing, province: taker } : standing);
    if (!next) continue;
    if (!standing || isMoved || !sameContact(standing, next)) changes.assigned.push(next);
    const claimants = residence.filter((code) => code !== next.province && (hearsClaims?.(code) ?? true));
    // Where it is also claimed, it is marked instead.
    if (isMoved && standing && !claimants.includes(standing.province)) changes.withdrawn.push(standing);
    for (const province of claimants) {
      const claim = { ...next, province, alsoClaimed: true };
      claims.add(claimKey(claim));
      const known = held.claimed.get(claimKey(claim));
      if (!known || !sameContact(known, claim)) changes.assigned.push(claim);
    }
  }
  const owned = new Set(changes.assigned.map((one) => (one.alsoClaimed ? -1 : claimKey(one))));
  for (const [key, claim] of held.claimed)
    if (!claims.has(key) && !owned.has(key)) changes.withdrawn.push(claim);
  return changes;
}

const NOWHERE: readonly number[] = [];

/** Provinces that claim the person as a resident, ascending. */
function residenceOf(view: TraceView, person: number): readonly number[] {
  let [home, others]: [number, number[] | undefined] = [-1, undefined];
  eachProvinceThatKnows(view, person, (province, resident) => {
    if (!resident || province === home) return;
    if (home < 0) home = province;
    else if (!others?.includes(province)) others = [...(others ?? []), province];
  });
  if (home < 0) return NOWHERE;
  return others ? [home, ...others].sort((a, b) => a - b) : [home];
}

function describe(
  view: TraceView,
  contact: Contact,
  standing: AssignedContact | undefined,
): AssignedContact | undefined {
  const { start, identifiers: all } = view.persons;
  const province = standing?.province ?? responsibleProvince(view, contact);
  if (province === undefined) return undefined;
  const identifiers: number[] = [];
  for (let m = start[contact.person] as number; m < (start[contact.person + 1] as number); m++) {
    identifiers.push(all[m] as number);
  }
  const { degree, firstExposedAt, lastExposedAt, seconds, settings, placeKinds, seenIn } = contact;
  const exposedIn = seenIn.length === 1 ? [seenIn[0]?.province as number] : provincesOf(seenIn);
  return {
    id: standing?.id ?? (identifiers[0] as number),
    province,
    identifiers,
    degree,
    firstExposedAt,
    lastExposedAt,
    seconds,
    settings,
    placeKinds,
    exposedIn,
    alsoClaimed: false,
  };
}

function provincesOf(seenIn: readonly Seen[]): number[] {
  return seenIn.map(({ province }) => province).sort((a, b) => a - b);
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
    const first = evidence.firstKnown[persons.identifiers[m] as number] as number;
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
    a.identifiers.length === b.identifiers.length &&
    a.identifiers.every((n, i) => n === b.identifiers[i]) &&
    a.exposedIn.length === b.exposedIn.length &&
    a.exposedIn.every((p, i) => p === b.exposedIn[i])
  );
}
