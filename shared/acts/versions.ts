/**
 * `If-Match`: a change that was meant for the version that somebody saw, and for no other. Who meanwhile
 * changed what is read in the audit log, where each change of what has versions notes the new one. By hand,
 * as in requests.ts.
 */
import type { Queryable } from '../db/database.ts';
import { AppError } from '../errors.ts';
import type { Caller } from './access.ts';

/** What is about to be changed, locked by the caller's transaction. */
export interface Versioned {
  readonly version: number;
  /** The first subject of its entries: `{ case: id }`; or the word of the changes of a whole. */
  readonly on: Readonly<Record<string, string>> | { readonly action: string };
}

/** One change that somebody else has made. */
export interface MadeChange {
  /** ISO 8601. */
  readonly at: string;
  readonly actor: { readonly kind: string; readonly id: string };
  readonly action: string;
  readonly version: number;
  /** Names of the fields that it changed, where its entry says so. */
  readonly fields: readonly string[];
}

const MOST_CHANGES = 20;
/** How far back changes of a whole are looked for: its entries have no index of their own. */
const LATEST_ENTRIES = 10_000;

/**
 * Refuses what the caller meant for other versions than the present one. Throws FAILED_PRECONDITION
 * VERSION_CHANGED with the extensions `version` and `changes`: the newest ones since the version that the
 * caller knew, at most 20.
 */
export async function requireVersion(tx: Queryable, caller: Caller, found: Versioned): Promise<void> {
  const wanted = caller.terms?.version;
  if (wanted === undefined || wanted === '*' || wanted.includes(found.version)) return;
  const known = Math.max(0, ...wanted.filter((version) => version < found.version));
  const changes = await findChanges(tx, found, known);
  throw new AppError('FAILED_PRECONDITION', 'VERSION_CHANGED', `the version is ${found.version}`, {
    extension: { version: found.version, changes },
  });
}

async function findChanges({ sql }: Queryable, { on }: Versioned, since: number): Promise<MadeChange[]> {
  const about =
    'action' in on
      ? sql`id > (SELECT coalesce(max(id), 0) - ${LATEST_ENTRIES} FROM audit_records)
          AND body::jsonb ->> 'action' = ${on.action as string}`
      : // What comes first is what has the version: an approved request names its province, too.
        sql`body::jsonb -> 'on' @> ${JSON.stringify([on])}::text::jsonb
          AND body::jsonb -> 'on' -> 0 = ${JSON.stringify(on)}::text::jsonb`;
  return sql<MadeChange[]>`
    WITH about AS MATERIALIZED (SELECT id, body::jsonb AS entry FROM audit_records WHERE ${about})
    SELECT entry ->> 'at' AS at, entry -> 'actor' AS actor, entry ->> 'action' AS action,
      (entry -> 'detail' ->> 'version')::int AS version,
      coalesce(entry -> 'detail' -> 'fields', '[]'::jsonb) AS fields
    FROM about
    WHERE entry ->> 'outcome' = 'done' AND (entry -> 'detail' ->> 'version')::int > ${since}
    ORDER BY id DESC LIMIT ${MOST_CHANGES}`;
}

/** A whole that has no row of its own: its name in the table, and the word of its changes in the log. */
export interface VersionedWhole {
  readonly name: string;
  readonly action: string;
}

/**
 * Makes the next version of a whole, locked until this transaction ends, and answers it. Throws
 * VERSION_CHANGED.
 */
export async function nextVersion(
  tx: Queryable,
  caller: Caller,
  { name, action }: VersionedWhole,
): Promise<number> {
  const [row] = await tx.sql<{ version: number }[]>`
    INSERT INTO versions (name, version) VALUES (${name}, 2)
    ON CONFLICT (name) DO UPDATE SET version = versions.version + 1 RETURNING version`;
  const version = row?.version as number;
  await requireVersion(tx, caller, { version: version - 1, on: { action } });
  return version;
}

/** The version of such a whole, 1 until it is changed. */
export async function findVersion({ sql }: Queryable, name: string): Promise<number> {
  const [row] = await sql<{ version: number }[]>`SELECT version FROM versions WHERE name = ${name}`;
  return row?.version ?? 1;
}
