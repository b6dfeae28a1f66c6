/**
 * How much of the generated a run goes through: `TRUYVET_TESTS=quick` (as `npm test` does) or `all` (as
 * `.ci/run` does besides, with the files that import this). It chooses how many, never whether.
 */

const chosen = process.env.TRUYVET_TESTS ?? 'quick';
if (chosen !== 'quick' && chosen !== 'all') throw new Error(`TRUYVET_TESTS: quick or all, not ${chosen}`);

/** `quick` or `all`, as the run was told. */
export function extent<T>(of: { readonly quick: T; readonly all: T }): T {
  return of[chosen as 'quick' | 'all'];
}
