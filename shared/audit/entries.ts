/**
 * The audit log as supervisors read it, newest first. Reading it is on record too; proving it is not done
 * here.
 */
import type { AccessGroup, Caller } from '../acts/access.ts';
import { type ActContext, readAs } from '../acts/act.ts';
import type { Queryable } from '../db/database.ts';
import type { AuditEntry } from './record.ts';

/** An entry with its number and its instant (ISO 8601). */
export type LoggedEntry = AuditEntry & { readonly id: number; readonly at: string };

export interface EntriesQuery {
  readonly limit: number;
  /** Number of the last entry of the page before. */
  readonly after?: number | undefined;
  readonly action?: string | undefined;
  /** Who acted. */
  readonly subject?: string | undefined;
  readonly trace?: string | undefined;
}

/** Entries that match all that is told, newest first: `limit` of them, and one more if there are more. */
export function listEntries(
  ctx: ActContext,
  caller: Caller,
  { group, ...query }: EntriesQuery & { readonly group: AccessGroup },
): Promise<LoggedEntry[]> {
  const { limit, after = null, action = null, subject = null, trace } = query;
  const act = { group, action: 'audit.read', trace, detail: { after, action, subject } } as const;
  return readAs(ctx, caller, act, async ({ note }) => {
    const found = await findEntries(ctx.db, { ...query, limit: limit + 1 });
    note({ count: Math.min(limit, found.length) });
    return found;
  });
}

async function findEntries({ sql }: Pick<Queryable, 'sql'>, query: EntriesQuery): Promise<LoggedEntry[]> {
  const { limit, after, action, subject, trace } = query;
  const rows = await sql<{ id: number; body: string }[]>`
    SELECT id, body FROM audit_records
    WHERE ${after === undefined ? sql`true` : sql`id < ${after}`}
      ${action === undefined ? sql`` : sql`AND body::jsonb ->> 'action' = ${action}`}
      ${subject === undefined ? sql`` : sql`AND body::jsonb #>> '{actor,id}' = ${subject}`}
      ${trace === undefined ? sql`` : sql`AND body::jsonb ->> 'trace' = ${trace}`}
    ORDER BY id DESC LIMIT ${limit}`;
  return rows.map(({ id, body }) => ({ id, ...(JSON.parse(body) as Omit<LoggedEntry, 'id'>) }));
}
