/**
 * One entry of the audit log: who did what under which trace, and how it ended. Written in the transaction of
 * what it records, so that neither exists without the other. Entries name staff, programs and opaque ids,
 * never the people whom the data is about.
 */
import type { Queryable } from '../db/database.ts';
import { isoInstant } from '../domain/instant.ts';
import { newKey } from '../ids.ts';
import type { AuditAction } from './actions.ts';

const SALT_BYTES = 16;

/** Who acted. `id`: a token's subject, the id of a service account, a peer's name, or the program's own. */
export interface Actor {
  readonly kind: 'person' | 'service' | 'node' | 'hub' | 'program';
  readonly id: string;
}

export interface AuditEntry {
  readonly action: AuditAction;
  readonly actor: Actor;
  readonly outcome: 'done' | 'refused';
  /** Stable UPPER_SNAKE word of a refusal. */
  readonly reason?: string | undefined;
  /** The trace that it happened under. */
  readonly trace?: string | undefined;
  /** Counts, sizes, digests and opaque ids; no names, identifiers, places or free text about people. */
  readonly detail?: Readonly<Record<string, AuditValue>> | undefined;
}

export type AuditValue = string | number | boolean | null | readonly (string | number)[];

/**
 * The exact text that is stored and hashed: JSON with `at` first, absent fields left out. `salt` makes it
 * impossible to guess: a proof shows hashes of other entries to those who may not read them.
 */
export function auditBody(entry: AuditEntry, nowSeconds: number, salt: string): string {
  const { action, actor, outcome, reason, trace, detail } = entry;
  const { kind, id } = actor;
  return JSON.stringify({
    at: isoInstant(nowSeconds),
    action,
    actor: { kind, id },
    outcome,
    reason,
    trace,
    detail,
    salt,
  });
}

/** Appends an entry in the caller's transaction; `nowSeconds` by the program's clock. */
export async function recordAudit(
  { sql }: Pick<Queryable, 'sql'>,
  entry: AuditEntry,
  nowSeconds: number,
): Promise<void> {
  const salt = Buffer.from(newKey(SALT_BYTES)).toString('base64url');
  await sql`INSERT INTO audit_records (body) VALUES (${auditBody(entry, nowSeconds, salt)})`;
}
