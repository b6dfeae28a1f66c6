/**
 * What a tidy check finds, and how it is told.
 */

/** One thing to put right, and the reason why the rule exists. */
export interface Problem {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly what: string;
  readonly why: string;
}

/**
 * `path:line what`, one a line, with the reason below those that share it; empty when there is no problem.
 */
export function describeProblems(problems: readonly Problem[]): string {
  const reasons = [...new Set(problems.map(({ why }) => why))];
  return reasons
    .flatMap((reason) => [
      ...problems
        .filter(({ why }) => why === reason)
        .map(({ path, line, what }) => `${path}:${line} ${what}`),
      `    why: ${reason}`,
    ])
    .join('\n');
}
