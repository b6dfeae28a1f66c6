/**
 * Which instants an opening may ask about, and of how many identifiers a case. Whoever signs an opening
 * chooses its windows; a window that no case gives under the rules asks about people whom no case met. Pure.
 */
import { daysToSeconds, earliestKept, type RulePack } from '../domain/rule-pack.ts';
import { AppError } from '../errors.ts';
import type { IndexCase, Opening } from './opening-shape.ts';

/** Most identifiers of one case. */
export const IDENTIFIERS_OF_A_CASE = 20;
/** A trace may be as of an instant so far ahead: what has not happened yet is in no record. */
export const AS_OF_AHEAD_SECONDS = 300;
/** By how much the clock of who asks may be ahead of the clock of who is asked. */
const CLOCKS_DIFFER_SECONDS = 30;

type WindowRules = Pick<RulePack, 'retention_days' | 'source_days' | 'latent_days'>;

/**
 * Whether the index of an opening that comes at `now` (epoch seconds) is one that cases give under the rules.
 * Throws INVALID_ARGUMENT AS_OF_IN_FUTURE, WINDOW_TOO_EARLY, WINDOW_TOO_LATE, WINDOW_TOO_WIDE,
 * CASE_WINDOWS_DIFFER, CASE_TOO_MANY_IDENTIFIERS, CASE_NAMES_TWICE.
 */
export function checkWindows(opening: Opening, rules: WindowRules, now: number): void {
  const { as_of: asOf, index, direction } = opening;
  if (asOf > now + AS_OF_AHEAD_SECONDS + CLOCKS_DIFFER_SECONDS) {
    throw outside('AS_OF_IN_FUTURE', 'as_of: what is asked about has not happened yet');
  }
  const earliest = earliestKept(asOf, rules);
  if (index.some(({ from }) => from < earliest)) {
    const most = rules.retention_days;
    throw beyond('WINDOW_TOO_EARLY', most, `index: from more than ${most} days before as_of`);
  }
  if (index.some(({ until }) => until > asOf)) {
    throw outside('WINDOW_TOO_LATE', 'index: until later than as_of');
  }
  checkCases(index);
  if (direction === 'backward') checkSources(index, rules);
}

/** A case has one window, and names nobody twice. */
function checkCases(index: readonly IndexCase[]): void {
  const cases = new Map<string, { first: IndexCase; pseudonyms: Set<string>; entries: number }>();
  for (const entry of index) {
    const { case_ref: ref, pseudonym, from, until } = entry;
    const one = cases.get(ref) ?? { first: entry, pseudonyms: new Set(), entries: 0 };
    cases.set(ref, one);
    if (from !== one.first.from || until !== one.first.until) {
      throw outside('CASE_WINDOWS_DIFFER', 'index: windows of one case differ');
    }
    if (++one.entries > IDENTIFIERS_OF_A_CASE) {
      const most = IDENTIFIERS_OF_A_CASE;
      throw beyond('CASE_TOO_MANY_IDENTIFIERS', most, `index: more than ${most} of one case`);
    }
    if (one.pseudonyms.size === one.pseudonyms.add(pseudonym).size) {
      throw outside('CASE_NAMES_TWICE', 'index: a case names somebody twice');
    }
  }
}

/**
 * Backward all windows begin at one instant, `source_days` before the earliest onset, and that of the case of
 * the earliest onset ends `latent_days` before it.
 */
function checkSources(index: readonly IndexCase[], { source_days, latent_days }: WindowRules): void {
  const [first, ...others] = index as [IndexCase, ...IndexCase[]];
  const widest = Math.max(0, daysToSeconds(source_days) - daysToSeconds(latent_days));
  const until = index.reduce((least, one) => Math.min(least, one.until), Number.POSITIVE_INFINITY);
  if (others.some(({ from }) => from !== first.from) || until > first.from + widest) {
    throw outside('WINDOW_TOO_WIDE', 'index: further back than the rules look for a source');
  }
}

type OutsideReason =
  | 'AS_OF_IN_FUTURE'
  | 'WINDOW_TOO_LATE'
  | 'WINDOW_TOO_WIDE'
  | 'CASE_WINDOWS_DIFFER'
  | 'CASE_NAMES_TWICE';

function outside(reason: OutsideReason, message: string): AppError {
  return new AppError('INVALID_ARGUMENT', reason, message);
}

function beyond(
  reason: 'WINDOW_TOO_EARLY' | 'CASE_TOO_MANY_IDENTIFIERS',
  most: number,
  message: string,
): AppError {
  return new AppError('INVALID_ARGUMENT', reason, message, { params: { most } });
}
