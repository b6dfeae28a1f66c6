/**
 * Between which instants something can have been seen: what is older is not kept, what is later than tomorrow
 * has not happened. Pure; the time and the rules come from the caller.
 */
import { vietnamDate, vietnamMidnight } from '../../../shared/domain/instant.ts';
import { daysToSeconds, type RulePack } from '../../../shared/domain/rule-pack.ts';
import type { Fault } from '../../../shared/errors.ts';

/** Of the rules in force, what bounds rows. */
export type BoundingRules = Pick<RulePack, 'retention_days' | 'longest_stay_seconds'>;

/** As in every pack so far: for a node to which no rules have come yet, which may be filled all the same. */
const WITHOUT_RULES: BoundingRules = { retention_days: 30, longest_stay_seconds: 43_200 };

/** Instants in [earliest, end), in epoch seconds; the faults made once, for a file may have a million. */
export interface Bounds {
  readonly earliest: number;
  readonly end: number;
  readonly longestSeconds: number;
  readonly faults: { readonly tooOld: Fault; readonly tooLate: Fault; readonly tooLong: Fault };
}

/** What can have been seen at `now`; until the end of tomorrow in Vietnam, so that no clock is too fast. */
export function boundsAt(now: number, rules: BoundingRules = WITHOUT_RULES): Bounds {
  const { retention_days: days, longest_stay_seconds: longestSeconds } = rules;
  return {
    earliest: now - daysToSeconds(days),
    end: vietnamMidnight(vietnamDate(now)) + daysToSeconds(2),
    longestSeconds,
    faults: {
      tooOld: { reason: 'OLDER_THAN_KEPT', params: { days } },
      tooLate: { reason: 'LATER_THAN_TOMORROW' },
      tooLong: { reason: 'LONGER_THAN_A_STAY', params: { most: longestSeconds } },
    },
  };
}

/** Why nothing can have been seen at `at`; undefined if it can. */
export function outside(at: number, { earliest, end, faults }: Bounds): Fault | undefined {
  if (at < earliest) return faults.tooOld;
  return at >= end ? faults.tooLate : undefined;
}
