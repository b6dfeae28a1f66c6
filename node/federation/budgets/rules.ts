/**
 * What a province that opens traces may have asked this node, in an hour and in a day: the node's own lock,
 * whatever hub and province have signed. Pure; counts are kept by tracing.
 */

/** Most that one province's traces may ask, in whole clock hours and days of UTC. */
export interface Budget {
  readonly questionsPerHour: number;
  /** Pseudonyms in questions, each as often as it is asked about. */
  readonly personsPerHour: number;
  readonly questionsPerDay: number;
  readonly personsPerDay: number;
}

/**
 * Until the operator says otherwise. A trace of two degrees with 36,000 contacts asks each node 6 questions
 * about some 130,000 pseudonyms (tests/bench/RESULTS.md), so this is 380 of them in an hour and 1,500 in a
 * day from one province: more than Bắc Giang's worst day of 2021 (420 cases) needs. HCMC's worst (10,011)
 * needs more, and its neighbours raise it; a crawl through a country's people takes weeks instead of minutes.
 */
export const DEFAULT_BUDGET: Budget = {
  questionsPerHour: 20_000,
  personsPerHour: 50_000_000,
  questionsPerDay: 200_000,
  personsPerDay: 200_000_000,
};

/** Questions, and pseudonyms in them. */
export interface Asked {
  readonly questions: number;
  readonly persons: number;
}

/** Which limit what was asked in this hour and this day passes, undefined if none. */
export function overBudget(budget: Budget, hour: Asked, day: Asked): string | undefined {
  if (hour.questions > budget.questionsPerHour) return 'questions per hour';
  if (hour.persons > budget.personsPerHour) return 'persons per hour';
  if (day.questions > budget.questionsPerDay) return 'questions per day';
  if (day.persons > budget.personsPerDay) return 'persons per day';
  return undefined;
}
