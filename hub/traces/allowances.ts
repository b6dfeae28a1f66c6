/**
 * How much a province may bring into a trace, and when. Names cost everybody: each is asked about everywhere.
 * A flood of invented people looks like a true crowd, so nobody is judged by one answer: what is more than a
 * trace can spare is set aside, the trace goes out without it, and then it is taken up by itself.
 *
 *   at once ──more──▶ set aside until the rest is published ──more──▶ left out, unless an operator vouches
 *
 * Pure; what a trace does with it stands in conduct.ts.
 */
import type { Charge } from '../../shared/trace/charges.ts';
import type { Brought } from '../../shared/trace/evidence.ts';
import { TRACE_BUDGET } from './terms.ts';

/** What one province may cost a trace. */
export interface ProvinceBudget extends Charge {
  /** Names that it is the first to name, before the result of the others is out. */
  readonly atOnce: number;
  /** And afterwards, by itself; beyond, it is left out. */
  readonly byItself: number;
  /** In all, in a trace of another, while an open trace leaves it out. */
  readonly onProbation: number;
}

/**
 * `names` and `questions`, whoever names them in its chains (charges.ts): a tenth of the persons; half of
 * the questions, for late data of an honest province asks many small ones in three weeks.
 * `atOnce`: whom one case met at a market and on a bus, and their numbers; a thousand names more lengthen a
 * small trace by little.
 * `byItself`: a stadium, 36,000 people with two identifiers each, and a third more: the fold of it takes a
 * hub about as long as that of the largest trace in tests/bench/RESULTS.md.
 * `onProbation`: a class, a ward, a shift.
 */
export const PROVINCE_BUDGET: ProvinceBudget = {
  names: TRACE_BUDGET.persons / 10,
  questions: TRACE_BUDGET.questions / 2,
  atOnce: 1_000,
  byItself: 100_000,
  onProbation: 1_000,
};

/** The part of `names` and `questions` that is left to a province on probation. */
export const ON_PROBATION = 1 / 100;

/**
 * Names of a province for each name that the others have brought in. At once no more than all of them
 * together: three provinces that share a trace bring half of that each. By itself as many as people meet: in
 * the largest trace of tests/bench/RESULTS.md those whom the case met, met seventy each.
 */
export const FOR_EACH = { atOnce: 1, byItself: 50 } as const;

/** Bytes of an answer for each name in it: one that met somebody fifteen times takes as many. */
const BYTES_A_NAME = 256;
/** For each pseudonym asked about: what its records name again. */
const BYTES_A_ROW = 128;
/** An answer that is read whole may wait for those of the others (waiting-answers.ts). */
const BYTES_BESIDES = 4 * 1024 * 1024;

export interface Standing {
  /** It opened the trace: what it brings costs its own trace, and whom it asks about is its case. */
  readonly isOwner: boolean;
  /** Some open trace leaves it out. */
  readonly isOnProbation: boolean;
  /** An operator has taken it back. */
  readonly isTakenBack: boolean;
  /** The result of the others is out. */
  readonly isByItself: boolean;
}

/** Names that the province may be the first to name, those included that it was. */
export function mostNames(budget: ProvinceBudget, standing: Standing, { rest }: Brought): number {
  if (standing.isOwner || standing.isTakenBack) return budget.names;
  if (standing.isOnProbation) return budget.onProbation;
  const when = standing.isByItself ? 'byItself' : 'atOnce';
  return Math.min(budget.names, Math.max(budget[when], FOR_EACH[when] * rest));
}

/** Bytes from which on an answer to a question of `rows` pseudonyms is not read further. */
export function mostBytes(names: number, rows: number): number {
  return BYTES_BESIDES + BYTES_A_NAME * names + BYTES_A_ROW * rows;
}
