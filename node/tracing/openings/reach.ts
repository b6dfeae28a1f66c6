/**
 * How far back open traces reach: what one of them can still ask about is erased after it. Reads; erases
 * nothing.
 */
import type { Queryable } from '../../../shared/db/database.ts';
import { daysToSeconds, LONGEST_STAY_LIMIT, type RulePack } from '../../../shared/domain/rule-pack.ts';
import { isAskedAbout } from '../asking/operations.ts';
import { listIndexCases } from './index-queries.ts';
import { listUnasked } from './queries.ts';
import { indexWindows } from './rules.ts';

/** Instants in [from, until), epoch seconds, looked at from `now`. */
export interface Reached {
  readonly from: number;
  readonly until: number;
  readonly now: number;
}

/**
 * Whether a trace that is open, or that waits for the hub, can ask about a stay or an encounter that began in
 * [from, until).
 */
export async function isReached(
  db: Queryable,
  { from, until: end, now }: Reached,
  rulePack: (number: number) => RulePack | undefined,
): Promise<boolean> {
  // What began before a window reaches into it.
  const until = end + LONGEST_STAY_LIMIT;
  if (await isAskedAbout(db, { from, until, now })) return true;
  for (const trace of await listUnasked(db)) {
    const rules = rulePack(trace.rules);
    // Without its rules nobody knows; they come with the hub.
    if (rules === undefined) return true;
    if (trace.createdAt + daysToSeconds(rules.trace_open_days) <= now) continue;
    const windows = indexWindows(await listIndexCases(db, trace.id), { ...trace, rules });
    if (trace.asOf > from && windows.some((window) => window.from < until)) return true;
  }
  return false;
}
