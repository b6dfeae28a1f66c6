/**
 * The audit log as supervisors read it, newest first. Reading it is on record too; proving it is not done
 * here.
 */
import type { Caller } from '../acts/access.ts';
import type { ActContext } from '../acts/act.ts';
import type { Queryable } from '../db/database.ts';
import { read } from './acts.ts';
import type { AuditEntry } from './record.ts';
import { type StoredSubjects, type Subject, subjectsOf } from './subjects.ts';

/** An entry with its number and its instant (ISO 8601). */
export type LoggedEntry = AuditEntry<string> & { readonly id: number; readonly at: string };

export interface EntriesQuery {
  readonly limit: number;
  /** Number of the last entry of the page before. */
  readonly after?: number | undefined;
  readonly action?: string | undefined;
  /** Who acted. */
  readonly subject?: string | undefined;
  /** What the entries are about: all of these. */
  readonly on?: readonly Subject[] | undefined;
}

/** Entries that match all that is told, newest first: `limit` of them, and one more if there are more. */
export function listEntries(ctx: ActContext, caller: Caller, query: EntriesQuery): Promise<LoggedEntry[]> {
  const { limit, after = null, action = null, subject = null, on = [] } = query;
  const asked = { on, detail: { after, action, subject } };
  return read(ctx, caller, 'audit.read', asked, async ({ note }) => {
    const found = await findEntries(ctx.db, { ...query, limit: limit + 1 });
    note({ count: Math.min(limit, found.length) });
    return found;
  });
}

/** What is about a subject is looked up first, by its index: few entries are, and the log is long. */
async function findEntries({ sql }: Pick<Queryable, 'sql'>, query: EntriesQuery): Promise<LoggedEntry[]> {
  const { limit, after, action, subject, on = [] } = query;
  const about = sql`
    WITH about AS MATERIALIZED (SELECT id, body FROM audit_records WHERE ${isAbout(sql, on)})`;
  const rows = await sql<{ id: number; body: string }[]>`
    ${on.length === 0 ? sql`` : about}
    SELECT id, body FROM ${on.length === 0 ? sql`audit_records` : sql`about`}
    WHERE ${after === undefined ? sql`true` : sql`id < ${after}`}
      ${action === undefined ? sql`` : sql`AND body::jsonb ->> 'action' = ${action}`}
      ${subject === undefined ? sql`` : sql`AND body::jsonb #>> '{actor,id}' = ${subject}`}
    ORDER BY id DESC LIMIT ${limit}`;
  return rows.map(({ id, body }) => ({ id, ...loggedEntry(body) }));
}

/** Older entries name one trace, apart. */
function isAbout(sql: Queryable['sql'], on: readonly Subject[]) {
  const [only] = on.length === 1 ? on : [];
  const older = only && 'trace' in only ? sql`OR body::jsonb ->> 'trace' = ${only.trace}` : sql``;
  return sql`body::jsonb -> 'on' @> ${JSON.stringify(on)}::text::jsonb ${older}`;
}

function loggedEntry(body: string): Omit<LoggedEntry, 'id'> {
  const { trace, ...entry } = JSON.parse(body) as Omit<LoggedEntry, 'id'> & StoredSubjects;
  return { ...entry, on: subjectsOf({ on: entry.on, trace }) };
}
