/**
 * The words of what came of a call, a task and a day, behind their stored numbers. Pure.
 */

/** What came of talking, or trying to; the order is that of the stored numbers, from 1. It only grows. */
export const CALL_OUTCOMES = [
  'reached',
  'no_answer',
  'busy',
  'wrong_number',
  'switched_off',
  'refused',
  'language',
  'deceased',
  'moved',
  'already_quarantined',
  'positive_elsewhere',
] as const;
export type CallOutcome = (typeof CALL_OUTCOMES)[number];

/** Outcomes after which the same task is tried again. */
export const TRY_AGAIN: ReadonlySet<CallOutcome> = new Set([
  'no_answer',
  'busy',
  'wrong_number',
  'switched_off',
  'language',
]);

/** What a finished task may say; the order is that of the stored numbers, from 21. It only grows. */
export const DONE_OUTCOMES = ['done', 'negative', 'positive', 'indeterminate'] as const;
export type DoneOutcome = (typeof DONE_OUTCOMES)[number];

const FIRST_DONE = 21;

/** The stored number of an outcome, and the word of a stored number. */
export function outcomeNumber(outcome: CallOutcome | DoneOutcome): number {
  const done = DONE_OUTCOMES.indexOf(outcome as DoneOutcome);
  return done >= 0 ? done + FIRST_DONE : CALL_OUTCOMES.indexOf(outcome as CallOutcome) + 1;
}

export function outcomeWord(number: number | null): CallOutcome | DoneOutcome | null {
  if (number === null) return null;
  return (number >= FIRST_DONE ? DONE_OUTCOMES[number - FIRST_DONE] : CALL_OUTCOMES[number - 1]) ?? null;
}

/** Symptoms of the official watch sheet; the order is that of the stored bits. */
export const SYMPTOMS = [
  'fever',
  'cough',
  'sore_throat',
  'runny_nose',
  'aches',
  'breathless',
  'loss_of_smell',
  'other',
] as const;
export type Symptom = (typeof SYMPTOMS)[number];

/** Bits of symptoms, and the symptoms of bits. */
export function symptomBits(symptoms: readonly Symptom[]): number {
  return symptoms.reduce((bits, symptom) => bits | (1 << SYMPTOMS.indexOf(symptom)), 0);
}

export function symptomsOf(bits: number): Symptom[] {
  return SYMPTOMS.filter((_, bit) => (bits >> bit) & 1);
}
