/**
 * The tables `provinces` (what each node has said of itself last), `members` (who is enrolled, with what
 * keys) and `certificates`.
 */
import { and, desc, eq, gt, isNotNull, isNull, sql } from 'drizzle-orm';
import type { Queryable } from '../../shared/db/database.ts';
import { provinces } from '../traces/tables.ts';
import { certificates, members } from './tables.ts';

/** The versions of all memberships, with what their nodes have said of themselves last, by code. */
export function listMemberships({ orm }: Queryable) {
  const { province, version } = members;
  const { protocol, reportedAt, dataAt } = provinces;
  return orm
    .select({ province, version, protocol, reportedAt, dataAt })
    .from(members)
    .leftJoin(provinces, eq(provinces.province, province))
    .orderBy(province)
    .limit(100);
}

/** An enrolled province, or one that was; instants in epoch milliseconds. */
export interface MemberRow {
  readonly province: string;
  readonly address: string;
  /** Compact JWS of the CA. */
  readonly statement: string;
  readonly revokedAtMs: number | null;
  readonly changedAtMs: number;
}

/** All members, revoked ones too, by province. */
export function listMembers({ orm }: Queryable): Promise<MemberRow[]> {
  const { province, address, statement, revokedAt: revokedAtMs, changedAt: changedAtMs } = members;
  return orm
    .select({ province, address, statement, revokedAtMs, changedAtMs })
    .from(members)
    .orderBy(province)
    .limit(100);
}

/** `statedAt` in epoch seconds. */
export type NewMember = Readonly<
  Pick<typeof members.$inferSelect, 'province' | 'address' | 'statement' | 'statedAt'>
>;

/**
 * Enrols a province, or gives it a later statement or another address; the version of its membership then,
 * undefined if nothing changed. An earlier statement changes nothing, and one made before a revocation does
 * not undo it.
 */
export async function upsertMember({ orm }: Queryable, member: NewMember): Promise<number | undefined> {
  const { province, ...stated } = member;
  const { address, statement, statedAt, revokedAt, version } = members;
  const [row] = await orm
    .insert(members)
    .values(member)
    .onConflictDoUpdate({
      target: members.province,
      set: {
        ...stated,
        ...{ revokedAt: null, revokedBecause: null, changedAt: sql`clock_timestamp()` },
        version: sql`${version} + 1`,
      },
      setWhere: sql`excluded.stated_at >= ${statedAt}
        AND (${address}, ${statement}) IS DISTINCT FROM (excluded.address, excluded.statement)
        AND (${revokedAt} IS NULL OR excluded.stated_at > ${revokedAt})`,
    })
    .returning({ version });
  return row?.version;
}

/** The version of a membership, locked; undefined if there is none. */
export async function lockMember({ orm }: Queryable, province: string): Promise<number | undefined> {
  const { version } = members;
  const [row] = await orm
    .select({ version })
    .from(members)
    .where(eq(members.province, province))
    .for('update');
  return row?.version;
}

/** Ends a membership; its version then, undefined if there was none. */
export async function markRevoked(
  { orm }: Queryable,
  { province, because, atMs }: { province: string; because: string; atMs: number },
): Promise<number | undefined> {
  const { version } = members;
  const [row] = await orm
    .update(members)
    .set({
      ...{ revokedAt: atMs, revokedBecause: because, changedAt: sql`clock_timestamp()` },
      version: sql`${version} + 1`,
    })
    .where(and(eq(members.province, province), isNull(members.revokedAt)))
    .returning({ version });
  return row?.version;
}

/** Revokes all certificates of a province. */
export async function revokeCertificates({ orm }: Queryable, province: string, atMs: number): Promise<void> {
  await orm
    .update(certificates)
    .set({ revokedAt: atMs / 1000 })
    .where(and(eq(certificates.province, province), isNull(certificates.revokedAt)));
}

/** Serial numbers of revoked certificates that have not expired at `nowMs`. */
export async function listRevokedSerials({ orm }: Queryable, nowMs: number): Promise<string[]> {
  const { serial, notAfter, revokedAt } = certificates;
  const rows = await orm
    .select({ serial })
    .from(certificates)
    .where(and(isNotNull(revokedAt), gt(notAfter, nowMs / 1000)))
    .limit(10_000);
  return rows.map((row) => row.serial);
}

/** `notAfter` in epoch seconds. */
export type CertificateRow = Readonly<
  Pick<typeof certificates.$inferSelect, 'serial' | 'province' | 'certificate' | 'notAfter'>
>;

/** Notes a certificate that was issued; one that is known already is left alone. */
export async function insertCertificate(
  { orm }: Queryable,
  row: CertificateRow,
  issuedAt: number,
): Promise<void> {
  await orm
    .insert(certificates)
    .values({ ...row, issuedAt })
    .onConflictDoNothing();
}

/** The certificate of a province that lasts longest, among those not revoked; undefined if there is none. */
export async function findNewestCertificate(
  { orm }: Queryable,
  province: string,
): Promise<CertificateRow | undefined> {
  const { serial, certificate, notAfter, revokedAt } = certificates;
  const [row] = await orm
    .select({ serial, province: certificates.province, certificate, notAfter })
    .from(certificates)
    .where(and(eq(certificates.province, province), isNull(revokedAt)))
    .orderBy(desc(notAfter))
    .limit(1);
  return row;
}
