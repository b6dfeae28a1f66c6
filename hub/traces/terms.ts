/**
 * What an admitted opening means to the fold.
 */

import type { RulePack } from '../../shared/domain/rule-pack.ts';
import type { Opening } from '../../shared/signed/opening-shape.ts';
import type { TraceTerms } from '../../shared/trace/messages.ts';

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
