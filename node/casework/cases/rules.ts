/**
 * What a case may say. Pure: the time comes from the caller.
 */
import { readIdentifier } from '../../../shared/domain/identifier.ts';
import { vietnamDate } from '../../../shared/domain/instant.ts';
import { faultIn } from '../../../shared/domain/reading.ts';
import { type FieldError, invalidFields } from '../../../shared/errors.ts';
import { namesSeveralCccd } from '../../records/people/rules.ts';

/** What a case says; instants in epoch seconds, `onsetOn` as YYYY-MM-DD. */
export interface CaseFacts {
  /** Canonical, without repeats; the first one names the index person. */
  readonly identifiers: readonly string[];
  readonly onsetOn: string | null;
  readonly sampledAt: number | null;
  readonly isolatedAt: number | null;
  /** Code of the ward where the case is handled; null = only the province. */
  readonly ward: string | null;
}

/** Windows reach back from it by up to 400 days, and the wire knows no instant before 1970. */
const FIRST_ONSET = '1972-01-01';
/** A sample may be this much ahead of this node's clock. */
const CLOCK_SKEW_SECONDS = 300;

/**
 * What is wrong with the dates of a case at `now` (epoch seconds): INVALID_FIELD naming every field; else
 * nothing.
 */
export function checkDates(facts: Omit<CaseFacts, 'identifiers' | 'ward'>, now: number): void {
  const errors: FieldError[] = [];
  if (facts.onsetOn === null && facts.sampledAt === null) {
    errors.push({ field: 'onset_on', reason: 'ONE_OF_REQUIRED', params: { fields: 'onset_on, sampled_at' } });
  }
  if (facts.onsetOn !== null && facts.onsetOn > vietnamDate(now)) {
    errors.push({ field: 'onset_on', reason: 'IN_FUTURE' });
  }
  if (facts.onsetOn !== null && facts.onsetOn < FIRST_ONSET) {
    errors.push({ field: 'onset_on', reason: 'TOO_EARLY', params: { earliest: FIRST_ONSET } });
  }
  if (facts.sampledAt !== null && facts.sampledAt > now + CLOCK_SKEW_SECONDS) {
    errors.push({ field: 'sampled_at', reason: 'IN_FUTURE' });
  }
  throwFieldErrors(errors);
}

/**
 * Canonical identifiers without repeats, in order. Throws INVALID_FIELD naming each `identifiers[i]` that is
 * none, and `identifiers` if they are of several people.
 */
export function canonicalIdentifiers(texts: readonly string[]): string[] {
  const errors: FieldError[] = [];
  const canonical = texts.map((text, index) => {
    const found = readIdentifier(text);
    if (found.reason === undefined) return found.value as string;
    errors.push(faultIn(`identifiers[${index}]`, found));
    return '';
  });
  const distinct = [...new Set(canonical)];
  // A case is a record of one person.
  if (namesSeveralCccd(distinct)) errors.push({ field: 'identifiers', reason: 'SEVERAL_CCCD' });
  throwFieldErrors(errors);
  return distinct;
}

function throwFieldErrors(errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidFields(errors);
}
