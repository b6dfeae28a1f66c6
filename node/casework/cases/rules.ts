/**
 * What a case may say. Pure: the time comes from the caller.
 */
import { readIdentifier } from '../../../shared/domain/identifier.ts';
import { vietnamDate, vietnamMidnight } from '../../../shared/domain/instant.ts';
import { faultIn } from '../../../shared/domain/reading.ts';
import { daysToSeconds } from '../../../shared/domain/rule-pack.ts';
import { type FieldError, invalidFields } from '../../../shared/errors.ts';
import { namesSeveralCccd } from '../../records/people/rules.ts';
import { indexWindows, type TraceTerms } from '../../tracing/openings/rules.ts';

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

type CaseDates = Omit<CaseFacts, 'identifiers' | 'ward'>;

/** An illness is sampled and isolated within: more is another illness, or a slip in a year. */
const MOST_DAYS_FROM_ONSET = 60;

/**
 * What is wrong with the dates of a case at `now` (epoch seconds): INVALID_FIELD naming every field; else
 * what they contradict each other in, which a person may know better.
 */
export function checkDates(facts: CaseDates, now: number): FieldError[] {
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
  errors.push(...farFromOnset(facts));
  throwFieldErrors(errors);
  return contradictions(facts, now);
}

/** Of an onset that nobody knows the sampling stands in. */
function farFromOnset({ onsetOn, sampledAt, isolatedAt }: CaseDates): FieldError[] {
  const onset = onsetOn === null ? sampledAt : vietnamMidnight(onsetOn);
  if (onset === null) return [];
  const most = MOST_DAYS_FROM_ONSET;
  const instants = { sampled_at: sampledAt, isolated_at: isolatedAt };
  return Object.entries(instants).flatMap(([field, at]): FieldError[] =>
    at !== null && Math.abs(at - onset) > daysToSeconds(most)
      ? [{ field, reason: 'FAR_FROM_ONSET', params: { most } }]
      : [],
  );
}

function contradictions({ onsetOn, sampledAt, isolatedAt }: CaseDates, now: number): FieldError[] {
  const found: FieldError[] = [];
  const onset = onsetOn === null ? null : vietnamMidnight(onsetOn);
  const before = (field: string, at: number | null) => {
    if (onset === null || at === null || at >= onset) return;
    found.push({ field, reason: 'BEFORE_FIELD', params: { other: 'onset_on' } });
  };
  before('sampled_at', sampledAt);
  before('isolated_at', isolatedAt);
  if (isolatedAt !== null && isolatedAt > now + CLOCK_SKEW_SECONDS) {
    found.push({ field: 'isolated_at', reason: 'IN_FUTURE' });
  }
  return found;
}

/**
 * What of the dates leaves a forward trace nothing to ask about at `now`, as the trace would say of its case:
 * the isolation if it does, else where the illness is counted from.
 */
export function emptyWindow(facts: CaseDates, now: number, rules: TraceTerms['rules']): FieldError[] {
  const isEmpty = (dates: CaseDates) =>
    indexWindows([dates], { direction: 'forward', asOf: now, rules }).every(
      ({ from, until }) => from === until,
    );
  if (!isEmpty(facts)) return [];
  const start = facts.onsetOn === null ? 'sampled_at' : 'onset_on';
  const field = isEmpty({ ...facts, isolatedAt: null }) ? start : 'isolated_at';
  return [{ field, reason: 'INDEX_WINDOW_EMPTY' }];
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
