/**
 * The tables `invitations` and `enrolments`; instants in epoch seconds.
 */
import { desc, eq, getTableColumns, sql } from 'drizzle-orm';
import type { Queryable } from '../../shared/db/database.ts';
import type { EnrolmentState } from './rules.ts';
import { enrolments, invitations } from './tables.ts';

export type InvitationRow = Readonly<typeof invitations.$inferSelect>;

/** Keeps an invitation. */
export async function insertInvitation({ orm }: Queryable, row: InvitationRow): Promise<void> {
  await orm.insert(invitations).values(row);
}

/** The invitation of an id; locked, so that one request alone can use it. */
export async function lockInvitation({ orm }: Queryable, id: string): Promise<InvitationRow | undefined> {
  const [row] = await orm.select().from(invitations).where(eq(invitations.id, id)).for('update');
  return row;
}

const { invitationId: _invitation, decidedAt: _decidedAt, ...COLUMNS } = getTableColumns(enrolments);

/**
 * A request. Of one that joins `request` is a compact JWS of the newcomer, of a renewal PKCS#10 in base64url;
 * `decidedBy` is the subject of the operator, null while nobody has decided.
 */
export type EnrolmentRow = Readonly<Omit<typeof enrolments.$inferSelect, 'invitationId' | 'decidedAt'>>;

/** The enrolment that an invitation was used for. */
export async function findByInvitation(
  { orm }: Queryable,
  invitation: string,
): Promise<EnrolmentRow | undefined> {
  const [row] = await orm.select(COLUMNS).from(enrolments).where(eq(enrolments.invitationId, invitation));
  return row;
}

/** An enrolment, locked until it is decided. */
export async function lockEnrolment({ orm }: Queryable, id: string): Promise<EnrolmentRow | undefined> {
  const [row] = await orm.select(COLUMNS).from(enrolments).where(eq(enrolments.id, id)).for('update');
  return row;
}

/** Where a request stands in the list: whether it is pending, when it came, its id. */
export interface EnrolmentPlace {
  readonly pending: boolean;
  readonly requestedAt: number;
  readonly id: string;
}

/** At most `limit` requests behind a place: pending ones first, the newest of each first. */
export function listEnrolments(
  { orm }: Queryable,
  { limit, after }: { readonly limit: number; readonly after?: EnrolmentPlace | undefined },
): Promise<EnrolmentRow[]> {
  const { state, requestedAt, id } = enrolments;
  const pending = eq(state, 'pending');
  const behind =
    after &&
    sql`(${pending}, ${requestedAt}, ${id}) <
      (${after.pending}::boolean, ${sql.param(after.requestedAt, requestedAt)}, ${after.id})`;
  return orm
    .select(COLUMNS)
    .from(enrolments)
    .where(behind)
    .orderBy(desc(pending), desc(requestedAt), desc(id))
    .limit(limit);
}

export type NewEnrolment = Readonly<
  Pick<
    typeof enrolments.$inferSelect,
    'id' | 'kind' | 'invitationId' | 'province' | 'address' | 'request' | 'fingerprint' | 'requestedAt'
  >
>;

/** Keeps a request; whether it is new (a province has one pending renewal at most). */
export async function insertEnrolment({ orm }: Queryable, row: NewEnrolment): Promise<boolean> {
  const { id } = enrolments;
  const rows = await orm.insert(enrolments).values(row).onConflictDoNothing().returning({ id });
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

/** Writes down how a request was decided. */
export async function markDecided({ orm }: Queryable, decision: Decision): Promise<void> {
  const { id, state, by: decidedBy, at: decidedAt, certificate = null, statement = null } = decision;
  await orm
    .update(enrolments)
    .set({ state, decidedBy, decidedAt, certificate, statement, version: sql`${enrolments.version} + 1` })
    .where(eq(enrolments.id, id));
}
