/**
 * Pure rules over verified openings: which one a trace may have next, and what may be asked under it.
 * No signatures here: callers pass what `verifyOpening` or `verifyWarrant` returned.
 */
import { daysToSeconds, type RulePack } from '../domain/rule-pack.ts';
import { AppError } from '../errors.ts';
import { federationKeyOf, type Opening } from './opening-shape.ts';
import { checkWindows } from './opening-windows.ts';

/** The opening of a trace that this program has admitted last, as it stores it. */
export interface Known {
  readonly revision: number;
  /** The exact text of the opening. */
  readonly opening: string;
  /** What its text says. */
  readonly says: Opening;
  readonly province: string;
}

/**
 * Whether `incoming` is the opening already `known` for its trace, a `new` trace, or an amendment of it: a
 * later revision by the same province, which may correct the index cases and nothing else: budgets of the
 * trace count on over all its revisions. Throws PERMISSION_DENIED OPENING_NOT_YOURS for another province's
 * opening, OPENING_REPLAYED for a different one of the same or an earlier revision, OPENING_ALTERED for one
 * that asks another question, or for longer.
 */
export function admitOpening(
  known: Known | undefined,
  incoming: { readonly opening: Opening; readonly jws: string },
): 'known' | 'new' | 'amended' {
  if (known === undefined) return 'new';
  const { opening, jws } = incoming;
  if (opening.province !== known.province) {
    throw new AppError(
      'PERMISSION_DENIED',
      'OPENING_NOT_YOURS',
      'opening: the trace belongs to another province',
    );
  }
  if (jws === known.opening) return 'known';
  if (opening.revision <= known.revision) {
    throw new AppError('PERMISSION_DENIED', 'OPENING_REPLAYED', 'opening: the trace has another one already');
  }
  const before = known.says;
  const keepsKey = federationKeyOf(before) === federationKeyOf(opening);
  if (!keepsKey || FIXED.some((field) => before[field] !== opening[field])) {
    throw new AppError('PERMISSION_DENIED', 'OPENING_ALTERED', 'opening: an amendment asks another question');
  }
  return 'amended';
}

/** What a trace keeps from its first opening on (README.md, Rules: those in force when it was opened). */
const FIXED = [
  'trace_id',
  'direction',
  'rules',
  'max_degree',
  'as_of',
  'expires_at',
  'purpose',
  'generation',
] as const;

/** What a new opening is held against. */
export interface TermsFacts {
  /** The pack that the opening names, undefined if there is none. */
  readonly rules: RulePack | undefined;
  /** Number of the pack in force at an instant (epoch seconds). */
  inForceAt(at: number): number | undefined;
  /** Epoch seconds. */
  readonly now: number;
}

/** Clocks of two programs differ, and a request may wait for the other one. */
const PATIENCE_SECONDS = 86_400;
/** How long after their replacement rules may still be named: a node that was cut off did not hear of it. */
const SUPERSEDED_SECONDS = 7 * 86_400;

/**
 * Whether the rules allow a trace to be opened so: hub and node both ask, for neither takes the other's word.
 * Throws FAILED_PRECONDITION RULES_UNKNOWN, RULES_SUPERSEDED (a downgrade to rules that were no longer in
 * force when the trace was opened); INVALID_ARGUMENT DEGREE_TOO_HIGH, OPEN_TOO_LONG, and as `checkWindows`.
 */
export function checkTerms(opening: Opening, { rules, inForceAt, now }: TermsFacts): void {
  if (!rules)
    throw new AppError('FAILED_PRECONDITION', 'RULES_UNKNOWN', `no rule pack ${opening.rules}`, {
      params: { number: opening.rules },
    });
  if (opening.max_degree > rules.max_degree) {
    throw new AppError('INVALID_ARGUMENT', 'DEGREE_TOO_HIGH', `max_degree: more than ${rules.max_degree}`, {
      params: { most: rules.max_degree },
    });
  }
  const open = daysToSeconds(rules.trace_open_days);
  if (opening.expires_at > now + open + PATIENCE_SECONDS) {
    const text = `expires_at: more than ${rules.trace_open_days} days`;
    throw new AppError('INVALID_ARGUMENT', 'OPEN_TOO_LONG', text, {
      params: { most: rules.trace_open_days },
    });
  }
  // At the earliest: a province may want a trace to end sooner than it could.
  const named = Math.min(opening.expires_at - open, now) - SUPERSEDED_SECONDS;
  const since = Date.parse(rules.effective_from) / 1000;
  if (since > now + PATIENCE_SECONDS || (since < named && inForceAt(named) !== rules.number)) {
    const text = `rules: pack ${rules.number} was not in force when the trace was opened`;
    throw new AppError('FAILED_PRECONDITION', 'RULES_SUPERSEDED', text, { params: { number: rules.number } });
  }
  checkWindows(opening, rules, now);
}

/** What decides which instants may be asked about; the union of a trace's revisions has the same shape. */
export type AskableOpening = Pick<Opening, 'direction' | 'as_of' | 'index'>;

/** Everything that either of two revisions of one trace may ask. */
export function joinOpenings(earlier: AskableOpening, later: AskableOpening): AskableOpening {
  return {
    direction: later.direction,
    as_of: Math.max(earlier.as_of, later.as_of),
    index: [...earlier.index, ...later.index],
  };
}

/**
 * Whether a question about [asked.from, asked.until) (least and greatest of its windows, epoch seconds)
 * reaches beyond what the trace can ask: forward [least index from, as_of), backward [least index from,
 * greatest index until). An empty window asks nothing and is never outside.
 */
export function questionOutside(
  opening: AskableOpening,
  asked: { readonly from: number; readonly until: number },
): boolean {
  if (asked.from >= asked.until) return false;
  let [from, until] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const index of opening.index) {
    from = Math.min(from, index.from);
    until = Math.max(until, index.until);
  }
  return asked.from < from || asked.until > (opening.direction === 'forward' ? opening.as_of : until);
}
