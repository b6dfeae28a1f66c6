/**
 * One entry of the audit log: who did what, about whom or what, why, and how it ended. Written in the
 * transaction of what it records, so that neither exists without the other. Entries name staff, programs and
 * opaque ids, never the people whom the data is about.
 */
import type { Queryable } from '../db/database.ts';
import { isoInstant } from '../domain/instant.ts';
import { newKey } from '../ids.ts';
import type { AuditAction } from './actions.ts';
import { distinctSubjects, type Purpose, type Subject } from './subjects.ts';

const SALT_BYTES = 16;

export const ACTOR_KINDS = ['person', 'service', 'node', 'hub', 'program'] as const;

/** Who acted. `id`: a token's subject, the id of a service account, a peer's name, or the program's own. */
export interface Actor {
  readonly kind: (typeof ACTOR_KINDS)[number];
  readonly id: string;
}

export interface AuditEntry<W extends string = AuditAction> {
  readonly action: W;
  readonly actor: Actor;
  readonly outcome: 'done' | 'refused';
  /** Stable UPPER_SNAKE word of a refusal. */
  readonly reason?: string | undefined;
  /** What it is about: opaque ids. A list names what it showed. */
  readonly on?: readonly Subject[] | undefined;
  /** Where it is not the plain duty of a role. */
  readonly purpose?: Purpose | undefined;
  /** Counts, sizes, digests and opaque ids; no names, identifiers, places or free text about people. */
  readonly detail?: Readonly<Record<string, AuditValue>> | undefined;
}

export type AuditValue = string | number | boolean | null | readonly (string | number)[];

/**
 * The exact text that is stored and hashed: JSON with `at` and `action` first (by this prefix entries are
 * found), absent and empty fields left out. `salt` makes it impossible to guess: a proof shows hashes of
 * other entries to those who may not read them. Entries of before 2026-11-28 have one subject, under `trace`.
 */
export function auditBody(entry: AuditEntry<string>, nowSeconds: number, salt: string): string {
  const { action, actor, outcome, reason, purpose, detail } = entry;
  const { kind, id } = actor;
  const on = distinctSubjects(entry.on ?? []);
  return JSON.stringify({
    at: isoInstant(nowSeconds),
    action,
    actor: { kind, id },
    outcome,
    reason,
    on: on.length > 0 ? on : undefined,
    purpose,
    detail: Object.keys(detail ?? {}).length > 0 ? detail : undefined,
    salt,
  });
}

/** Appends an entry of a program's own work in the caller's transaction; `nowSeconds` by its clock. */
export function recordAudit(
  db: Pick<Queryable, 'sql'>,
  entry: AuditEntry,
  nowSeconds: number,
): Promise<void> {
  return recordAct(db, entry, nowSeconds);
}

/** Appends an entry of an act, whose word is in its row; for shared/acts. */
export async function recordAct(
  { sql }: Pick<Queryable, 'sql'>,
  entry: AuditEntry<`${string}.${string}`>,
  nowSeconds: number,
): Promise<void> {
  const salt = Buffer.from(newKey(SALT_BYTES)).toString('base64url');
  await sql`INSERT INTO audit_records (body) VALUES (${auditBody(entry, nowSeconds, salt)})`;
}
