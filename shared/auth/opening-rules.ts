/**
 * Pure rules over verified openings: which one a trace may have next, and what may be asked under it.
 * No signatures here: callers pass what `verifyOpening` or `verifyWarrant` returned.
 */
import { AppError } from '../errors.ts';
import { readAdmittedOpening } from './opening.ts';
import type { Opening } from './opening-shape.ts';

/** The opening of a trace that this program has admitted last, as it stores it. */
export interface Known {
  readonly revision: number;
  /** The exact text of the opening. */
  readonly opening: string;
  readonly province: string;
}

/**
 * Whether `incoming` is the opening already `known` for its trace, a `new` trace, or an amendment of it: a
 * later revision by the same province, which may correct the index cases but asks the same question. Throws
 * PERMISSION_DENIED OPENING_NOT_YOURS for another province's opening, OPENING_REPLAYED for a different one of
 * the same or an earlier revision, OPENING_ALTERED for another direction, rules or degree.
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
  const before = readAdmittedOpening(known.opening);
  if (FIXED.some((field) => before[field] !== opening[field])) {
    throw new AppError('PERMISSION_DENIED', 'OPENING_ALTERED', 'opening: an amendment asks another question');
  }
  return 'amended';
}

/** What a trace keeps from its first opening on (design.md 2: the rules in force when it was opened). */
const FIXED = ['trace_id', 'direction', 'rules', 'max_degree'] as const;

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
