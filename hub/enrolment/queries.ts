/**
 * The tables `invitations` and `enrolments`.
 */
import type { Queryable } from '../../shared/db/database.ts';
import type { EnrolmentState } from './rules.ts';

export interface InvitationRow {
  readonly id: string;
  readonly province: string;
  readonly secretSha256: Buffer;
  /** Epoch seconds. */
  readonly expiresAt: number;
}

/** Keeps an invitation; instants in epoch seconds. */
export async function insertInvitation(
  db: Queryable,
  row: Omit<InvitationRow, 'secretSha256'> & { secretSha256: Uint8Array; madeBy: string; madeAt: number },
): Promise<void> {
  await db.sql`
    INSERT INTO invitations (id, province, secret_sha256, made_by, made_at, expires_at)
    VALUES (${row.id}, ${row.province}, ${Buffer.from(row.secretSha256)}, ${row.madeBy},
      to_timestamp(${row.madeAt}::float8), to_timestamp(${row.expiresAt}::float8))`;
}

/** The invitation of an id; locked, so that one request alone can use it. */
export async function lockInvitation(db: Queryable, id: string): Promise<InvitationRow | undefined> {
  const [row] = await db.sql<InvitationRow[]>`
    SELECT id, province, secret_sha256 AS "secretSha256",
      extract(epoch FROM expires_at)::bigint AS "expiresAt"
    FROM invitations WHERE id = ${id} FOR UPDATE`;
  return row;
}

export interface EnrolmentRow {
  readonly id: string;
  readonly kind: 'joining' | 'renewal';
  readonly province: string;
  readonly address: string;
  /** Joining: compact JWS of the newcomer. Renewal: PKCS#10 in base64url. */
  readonly request: string;
  readonly fingerprint: string;
  /** Epoch seconds. */
  readonly requestedAt: number;
  readonly state: EnrolmentState;
  /** Subject of the operator; null while nobody has. */
  readonly decidedBy: string | null;
  readonly certificate: string | null;
  readonly statement: string | null;
  readonly version: number;
}

/** The enrolment that an invitation was used for. */
export async function findByInvitation(db: Queryable, invitation: string): Promise<EnrolmentRow | undefined> {
  const [row] = await db.sql<EnrolmentRow[]>`
    SELECT ${columns(db)} FROM enrolments WHERE invitation_id = ${invitation}`;
  return row;
}

/** An enrolment, locked until it is decided. */
export async function lockEnrolment(db: Queryable, id: string): Promise<EnrolmentRow | undefined> {
  const [row] = await db.sql<EnrolmentRow[]>`
    SELECT ${columns(db)} FROM enrolments WHERE id = ${id} FOR UPDATE`;
  return row;
}

/** Where a request stands in the list: whether it is pending, when it came (epoch seconds), its id. */
export interface EnrolmentPlace {
  readonly pending: boolean;
  readonly requestedAt: number;
  readonly id: string;
}

/** At most `limit` requests behind a place: pending ones first, the newest of each first. */
export function listEnrolments(
  db: Queryable,
  { limit, after }: { readonly limit: number; readonly after?: EnrolmentPlace | undefined },
): Promise<EnrolmentRow[]> {
  const { sql } = db;
  const behind = after
    ? sql`WHERE (state = 'pending', requested_at, id) <
        (${after.pending}::boolean, to_timestamp(${after.requestedAt}::bigint), ${after.id}::uuid)`
    : sql``;
  return sql<EnrolmentRow[]>`
    SELECT ${columns(db)} FROM enrolments ${behind}
    ORDER BY state = 'pending' DESC, requested_at DESC, id DESC LIMIT ${limit}`;
}

export type NewEnrolment = Pick<
  EnrolmentRow,
  'id' | 'kind' | 'province' | 'address' | 'request' | 'fingerprint' | 'requestedAt'
> & { readonly invitation: string | null };

/** Keeps a request; whether it is new (a province has one pending renewal at most). */
export async function insertEnrolment(db: Queryable, row: NewEnrolment): Promise<boolean> {
  const rows = await db.sql`
    INSERT INTO enrolments (id, kind, invitation_id, province, address, request, fingerprint, requested_at)
    VALUES (${row.id}, ${row.kind}, ${row.invitation}, ${row.province}, ${row.address}, ${row.request},
      ${row.fingerprint}, to_timestamp(${row.requestedAt}::float8))
    ON CONFLICT DO NOTHING RETURNING 1`;
  return rows.length === 1;
}

export interface Decision {
  readonly id: string;
  readonly state: EnrolmentState;
  readonly by: string;
  readonly at: number;
  readonly certificate?: string;
  readonly statement?: string | undefined;
}

/** Writes down how a request was decided; instants in epoch seconds. */
export async function markDecided(db: Queryable, decision: Decision): Promise<void> {
  const { id, state, by, at, certificate = null, statement = null } = decision;
  await db.sql`
    UPDATE enrolments SET state = ${state}, decided_by = ${by}, decided_at = to_timestamp(${at}::float8),
      certificate = ${certificate}, statement = ${statement}, version = version + 1
    WHERE id = ${id}`;
}

function columns({ sql }: Queryable) {
  return sql`id, kind, province, address, request, fingerprint, state, certificate, statement, version,
    decided_by AS "decidedBy", extract(epoch FROM requested_at)::bigint AS "requestedAt"`;
}
