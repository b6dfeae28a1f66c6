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
 * UNKNOWN_IN_MANY_TRACES: what CONTACTS_UNKNOWN_ELSEWHERE counts, in fewer a trace, over the traces that a
 * province opened in a day. NAMES_OVER_BUDGET, raised by the hub: a province brought in more names than it
 * may (charges.ts).
 */
export const ALARM_REASONS = [
  'CONTACTS_UNKNOWN_ELSEWHERE',
  'MANY_ASKED_AT_ONCE',
  'UNKNOWN_IN_MANY_TRACES',
  'RESIDENCE_CONFLICT',
  'NAMES_OVER_BUDGET',
] as const;

export type AlarmReason = (typeof ALARM_REASONS)[number];

/**
 * Contacts from which on an alarm is raised: guests of one market day are fewer. `ofADay`: ten traces, each
 * of nearly as many as raise one by itself.
 */
export const ALARMING = { unknown: 100, alone: 500, ofADay: 1_000 } as const;

/** Contacts of a trace, and how many of them alarms are about. */
export interface LookedAt {
  readonly contacts: number;
  readonly alone: number;
  readonly unknown: number;
  readonly conflicts: number;
}

/** @param owner the province that opened the trace. */
export function lookAt(view: TraceView, owner: number): LookedAt {
  let [alone, unknown, conflicts] = [0, 0, 0];
  for (const contact of view.contacts) {
    const { residence, isResidentThere, isKnownElsewhere } = knowledgeOf(view, contact, owner);
    if (residence > 1) conflicts++;
    if (isResidentThere || contact.seenIn.some(({ province }) => province !== owner)) continue;
    alone++;
    if (!isKnownElsewhere) unknown++;
  }
  return { contacts: view.contacts.size, alone, unknown, conflicts };
}

/** Contacts that may be guesses: whom nobody else knows, if they are most of the trace. */
export function guessesIn({ unknown, contacts }: LookedAt): number {
  return unknown * 2 > contacts ? unknown : 0;
}

/**
 * How many contacts each alarm is about; without those that are not to be raised.
 * @param before guesses in the other traces that the province opened in a day.
 */
export function alarmsOf(found: LookedAt, before: number): ReadonlyMap<AlarmReason, number> {
  const { alone, conflicts } = found;
  const guesses = guessesIn(found);
  const alarms = new Map<AlarmReason, number>();
  if (guesses >= ALARMING.unknown) alarms.set('CONTACTS_UNKNOWN_ELSEWHERE', guesses);
  if (guesses > 0 && before + guesses >= ALARMING.ofADay)
    alarms.set('UNKNOWN_IN_MANY_TRACES', before + guesses);
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
