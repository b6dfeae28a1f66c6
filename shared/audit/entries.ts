/**
 * The audit log as supervisors read it, newest first. Reading it is on record too; proving it is not done
 * here.
 */
import type { Caller } from '../acts/access.ts';
import type { ActCtx } from '../acts/act.ts';
import { read } from './acts.ts';
import { type EntriesQuery, findEntries, type LoggedEntry } from './entries-queries.ts';

export type { EntriesQuery, LoggedEntry } from './entries-queries.ts';

/** Entries that match all that is told, newest first: `limit` of them, and one more if there are more. */
export function listEntries(ctx: ActCtx, caller: Caller, query: EntriesQuery): Promise<LoggedEntry[]> {
  const { limit, after = null, action = null, subject = null, on = [] } = query;
  return read(ctx, caller, 'audit.read', { on, detail: { after, action } }, async ({ note }) => {
    const found = await findEntries(ctx.db, { ...query, limit: limit + 1 });
    // Somebody's name in this log already, or it would be free text.
    const known = subject === null || found.length > 0 ? subject : 'unknown';
    note({ subject: known, count: Math.min(limit, found.length) });
    return found;
  });
}
