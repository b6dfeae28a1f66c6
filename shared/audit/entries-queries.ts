/**
 * Entries of the audit log by what they say: who acted, what was done, about whom.
 */
import { type SQL, sql } from 'drizzle-orm';
import { conditionsOf, type FiltersOf } from '../db/conditions.ts';
import type { Queryable } from '../db/database.ts';
import type { AuditEntry } from './record.ts';
import { type StoredSubjects, type Subject, subjectsOf } from './subjects.ts';

/** An entry with its number and its instant (ISO 8601). */
export type LoggedEntry = AuditEntry<string> & { readonly id: number; readonly at: string };

const CONDITIONS = {
  /** Behind the entry of this number. */
  after: (id: number) => sql`id < ${id}`,
  action: (word: string) => sql`body::jsonb ->> 'action' = ${word}`,
  /** Who acted. */
  subject: (id: string) => sql`body::jsonb #>> '{actor,id}' = ${id}`,
};

export interface EntriesQuery extends FiltersOf<typeof CONDITIONS> {
  readonly limit: number;
  /** What the entries are about: all of these. */
  readonly on?: readonly Subject[] | undefined;
}

/**
 * At most `limit` entries that match, newest first. What is about a subject is looked up first, by its index:
 * few entries are, and the log is long.
 */
export async function findEntries({ orm }: Queryable, query: EntriesQuery): Promise<LoggedEntry[]> {
  const { limit, on = [] } = query;
  const [about, log] =
    on.length === 0
      ? [sql``, sql`audit_records`]
      : [
          sql`WITH about AS MATERIALIZED (SELECT id, body FROM audit_records WHERE ${isAbout(on)})`,
          sql`about`,
        ];
  const rows = await orm.execute<{ id: number; body: string }>(sql`${about}
    SELECT id, body FROM ${log} WHERE ${conditionsOf(CONDITIONS, query) ?? sql`true`}
    ORDER BY id DESC LIMIT ${limit}`);
  return rows.map(({ id, body }) => ({ id, ...loggedEntry(body) }));
}

/** Older entries name one trace, apart. */
function isAbout(on: readonly Subject[]): SQL {
  const [only] = on.length === 1 ? on : [];
  const older = only && 'trace' in only ? sql`OR body::jsonb ->> 'trace' = ${only.trace}` : sql``;
  return sql`body::jsonb -> 'on' @> ${JSON.stringify(on)}::text::jsonb ${older}`;
}

function loggedEntry(body: string): Omit<LoggedEntry, 'id'> {
  const { trace, ...entry } = JSON.parse(body) as Omit<LoggedEntry, 'id'> & StoredSubjects;
  return { ...entry, on: subjectsOf({ on: entry.on, trace }) };
}
