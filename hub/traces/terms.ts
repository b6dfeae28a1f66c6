/**
 * What an admitted opening means to the fold.
 */

import type { RulePack } from '../../shared/domain/rule-pack.ts';
import type { Opening } from '../../shared/signed/opening-shape.ts';
import type { Charge } from '../../shared/trace/charges.ts';
import type { TraceTerms } from '../../shared/trace/messages.ts';

/**
 * What one trace may ask a node at most. Generous: they stop a crawl, not a trace; provinces set budgets of
 * their own.
 */
export const TRACE_BUDGET = { questions: 10_000, persons: 20_000_000 };
/**
 * What one province may cost a trace: beyond, it counts no more (charges.ts). A tenth of the persons;
 * half of the questions, for late data of an honest province asks many small ones in three weeks.
 */
export const PROVINCE_BUDGET: Charge = {
  names: TRACE_BUDGET.persons / 10,
  questions: TRACE_BUDGET.questions / 2,
};

/** The part of it that a province has that another open trace had to leave out for it. */
export const ON_PROBATION = 1 / 100;

/** Terms of a trace under the rules that its opening names. */
export function termsOf(opening: Opening, rules: RulePack): TraceTerms {
  return {
    direction: opening.direction,
    maxDegree: opening.max_degree,
    asOf: opening.as_of,
    rules,
    index: opening.index.map(({ pseudonym, from, until }) => ({
      pseudonym: Buffer.from(pseudonym, 'hex'),
      from,
      until,
    })),
  };
}
