/**
 * In one word, and a reason, how far a province has contributed to a trace. Pure.
 */
import { INVENTED_NAMES } from './exclusions-queries.ts';
import type { CoverageView, CoverageWord } from './status.ts';

export interface Contribution extends Omit<CoverageView, 'state' | 'reason'> {
  /** Why what it says does not count. */
  readonly exclusion: string | undefined;
  /** Why it answers nothing. */
  readonly refusal: string;
  /** Nothing is left to be asked of it or delivered to it. */
  readonly isCaughtUp: boolean;
  /** It is there, and the last attempt did not fail. */
  readonly isReachable: boolean;
  /** It has answered in links, from which less follows than from records. */
  readonly inLinks: boolean;
  /** An answer is left for when the result of the others is out. */
  readonly hasAside: boolean;
}

export function coverageOf(contribution: Contribution): CoverageView {
  const { province, behind, answeredAt, dataAt, pendingIdentifiers } = contribution;
  const said = { province, behind, answeredAt, dataAt, pendingIdentifiers };
  return { ...said, state: wordOf(contribution), reason: reasonOf(contribution) };
}

function wordOf(of: Contribution): CoverageWord {
  if (of.exclusion) return 'excluded';
  if (of.refusal) return 'refused';
  if (of.isCaughtUp) return of.inLinks || of.pendingIdentifiers > 0 ? 'behind' : 'current';
  return of.isReachable ? 'behind' : 'unreachable';
}

function reasonOf(of: Contribution): string {
  if (of.exclusion === INVENTED_NAMES) return 'NAMES_OVER_BUDGET';
  if (of.refusal) return of.refusal;
  if (of.hasAside) return 'ANSWER_SET_ASIDE';
  if (of.inLinks) return 'PROTOCOL_OLDER';
  return of.pendingIdentifiers > 0 ? 'TOKENS_PENDING' : '';
}
