/**
 * What an admitted opening means to the fold.
 */

import type { RulePack } from '../../shared/domain/rule-pack.ts';
import type { Opening } from '../../shared/signed/opening-shape.ts';
import type { TraceTerms } from '../../shared/trace/messages.ts';

/**
 * What one trace may ask a node at most. Generous: they stop a crawl, not a trace; provinces set budgets of
 * their own. What one province may cost a trace stands in allowances.ts.
 */
export const TRACE_BUDGET = { questions: 10_000, persons: 20_000_000 };
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
