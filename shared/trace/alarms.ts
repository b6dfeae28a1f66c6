/**
 * What in a trace its operators should look at: contacts that rest on one province's word, and people whom
 * several provinces claim. Whoever invents encounters asks by them who lives where, and whoever claims
 * residents takes contacts over. Counts persons; says nothing of them.
 */
import type { Contact } from './contact-table.ts';
import type { TraceView } from './trace-state.ts';

/**
 * CONTACTS_UNKNOWN_ELSEWHERE: most contacts are people whom the opening province alone has seen, who do not
 * live there and whom nobody else knows. MANY_ASKED_AT_ONCE: many are people whom it alone has seen and who
 * do not live there, known elsewhere or not. RESIDENCE_CONFLICT: several provinces claim a contact.
 * NAMES_OVER_BUDGET, raised by the hub: a province brought in more names than it may (charges.ts).
 */
export const ALARM_REASONS = [
  'CONTACTS_UNKNOWN_ELSEWHERE',
  'MANY_ASKED_AT_ONCE',
  'RESIDENCE_CONFLICT',
  'NAMES_OVER_BUDGET',
] as const;

export type AlarmReason = (typeof ALARM_REASONS)[number];

/** Contacts from which on an alarm is raised: guests of one market day are fewer. */
export const ALARMING = { unknown: 100, alone: 500 } as const;

/** How many contacts of `view` each alarm is about; without those that are not to be raised. */
export function alarmsOf(view: TraceView, owner: number): ReadonlyMap<AlarmReason, number> {
  let [alone, unknown, conflicts] = [0, 0, 0];
  for (const contact of view.contacts) {
    const { residence, isResidentThere, isKnownElsewhere } = knowledgeOf(view, contact, owner);
    if (residence > 1) conflicts++;
    if (isResidentThere || contact.seenIn.some(({ province }) => province !== owner)) continue;
    alone++;
    if (!isKnownElsewhere) unknown++;
  }
  const alarms = new Map<AlarmReason, number>();
  if (unknown >= ALARMING.unknown && unknown * 2 > view.contacts.size)
    alarms.set('CONTACTS_UNKNOWN_ELSEWHERE', unknown);
  if (alone >= ALARMING.alone) alarms.set('MANY_ASKED_AT_ONCE', alone);
  if (conflicts > 0) alarms.set('RESIDENCE_CONFLICT', conflicts);
  return alarms;
}

interface Knowledge {
  /** Provinces that claim the person as a resident, as far as it matters whether there are several. */
  readonly residence: number;
  readonly isResidentThere: boolean;
  readonly isKnownElsewhere: boolean;
}

function knowledgeOf({ evidence, persons }: TraceView, { person }: Contact, owner: number): Knowledge {
  const { province, resident, next } = evidence.knowledge.data;
  let [home, residence] = [-1, 0];
  let [isResidentThere, isKnownElsewhere] = [false, false];
  for (let m = persons.start[person] as number; m < (persons.start[person + 1] as number); m++) {
    const first = evidence.firstKnown[persons.identifiers[m] as number] as number;
    for (let row = first; row >= 0; row = next[row] as number) {
      const code = province[row] as number;
      if (code !== owner) isKnownElsewhere = true;
      if (resident[row] !== 1) continue;
      if (code === owner) isResidentThere = true;
      if (code !== home) residence++;
      home = code;
    }
  }
  return { residence, isResidentThere, isKnownElsewhere };
}
