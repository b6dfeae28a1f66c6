/**
 * The tables `provinces` (what each node has said of itself last), `members` (who is enrolled, with what
 * keys) and `certificates`.
 */
import type { Queryable } from '../../shared/db/database.ts';

/** A province's last report; instants in epoch seconds, null = never or unknown. */
export interface ProvinceReport {
  readonly province: string;
  readonly protocol: number;
  readonly reportedAt: number | null;
  readonly dataAt: number | null;
}

/** All reports, by province; at most one a province of Vietnam. */
export function listReports(db: Queryable): Promise<ProvinceReport[]> {
  return db.sql<ProvinceReport[]>`
    SELECT province, protocol, extract(epoch FROM reported_at)::bigint AS "reportedAt",
      extract(epoch FROM data_at)::bigint AS "dataAt"
    FROM provinces ORDER BY province LIMIT 100`;
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
export function listMembers(db: Queryable): Promise<MemberRow[]> {
  return db.sql<MemberRow[]>`
    SELECT province, address, statement,
      (extract(epoch FROM revoked_at) * 1000)::bigint AS "revokedAtMs",
      (extract(epoch FROM changed_at) * 1000)::bigint AS "changedAtMs"
    FROM members ORDER BY province LIMIT 100`;
}

export interface NewMember {
  readonly province: string;
  readonly address: string;
  readonly statement: string;
  /** Epoch seconds. */
  readonly statedAt: number;
}

/**
 * Enrols a province, or gives it a later statement or another address; the version of its membership then,
 * undefined if nothing changed. An earlier statement changes nothing, and one made before a revocation does
 * not undo it.
 */
export async function upsertMember(db: Queryable, member: NewMember): Promise<number | undefined> {
  const { province, address, statement, statedAt } = member;
  const [row] = await db.sql<{ version: number }[]>`
    INSERT INTO members AS held (province, address, statement, stated_at)
    VALUES (${province}, ${address}, ${statement}, to_timestamp(${statedAt}::float8))
    ON CONFLICT (province) DO UPDATE SET address = excluded.address, statement = excluded.statement,
      stated_at = excluded.stated_at, revoked_at = NULL, revoked_because = NULL,
      changed_at = clock_timestamp(), version = held.version + 1
    WHERE excluded.stated_at >= held.stated_at
      AND (held.address, held.statement) IS DISTINCT FROM (excluded.address, excluded.statement)
      AND (held.revoked_at IS NULL OR excluded.stated_at > held.revoked_at)
    RETURNING version`;
  return row?.version;
}

/** The version of a membership, locked; undefined if there is none. */
export async function lockMember(db: Queryable, province: string): Promise<number | undefined> {
  const [row] = await db.sql<{ version: number }[]>`
    SELECT version FROM members WHERE province = ${province} FOR UPDATE`;
  return row?.version;
}

/** The versions of all memberships, by province. */
export function listVersions(db: Queryable): Promise<{ province: string; version: number }[]> {
  return db.sql<{ province: string; version: number }[]>`
    SELECT province, version FROM members ORDER BY province LIMIT 100`;
}

/** Ends a membership; its version then, undefined if there was none. */
export async function markRevoked(
  db: Queryable,
  { province, because, atMs }: { province: string; because: string; atMs: number },
): Promise<number | undefined> {
  const [row] = await db.sql<{ version: number }[]>`
    UPDATE members SET revoked_at = to_timestamp(${atMs}::float8 / 1000), revoked_because = ${because},
      changed_at = clock_timestamp(), version = version + 1
    WHERE province = ${province} AND revoked_at IS NULL RETURNING version`;
  return row?.version;
}

/** Revokes all certificates of a province; returns their serial numbers. */
export async function revokeCertificates(db: Queryable, province: string, atMs: number): Promise<string[]> {
  const rows = await db.sql<{ serial: string }[]>`
    UPDATE certificates SET revoked_at = to_timestamp(${atMs}::float8 / 1000)
    WHERE province = ${province} AND revoked_at IS NULL RETURNING serial`;
  return rows.map(({ serial }) => serial);
}

/** Serial numbers of revoked certificates that have not expired at `nowMs`. */
export async function listRevokedSerials(db: Queryable, nowMs: number): Promise<string[]> {
  const rows = await db.sql<{ serial: string }[]>`
    SELECT serial FROM certificates
    WHERE revoked_at IS NOT NULL AND not_after > to_timestamp(${nowMs}::float8 / 1000) LIMIT 10000`;
  return rows.map(({ serial }) => serial);
}

export interface CertificateRow {
  readonly serial: string;
  readonly province: string;
  readonly certificate: string;
  /** Epoch milliseconds. */
  readonly notAfterMs: number;
}

/** Notes a certificate that was issued; one that is known already is left alone. */
export async function insertCertificate(db: Queryable, row: CertificateRow, nowMs: number): Promise<void> {
  await db.sql`
    INSERT INTO certificates (serial, province, certificate, not_after, issued_at)
    VALUES (${row.serial}, ${row.province}, ${row.certificate},
      to_timestamp(${row.notAfterMs}::float8 / 1000), to_timestamp(${nowMs}::float8 / 1000))
    ON CONFLICT (serial) DO NOTHING`;
}

/** The certificate of a province that lasts longest, among those not revoked; undefined if there is none. */
export async function findNewestCertificate(
  db: Queryable,
  province: string,
): Promise<CertificateRow | undefined> {
  const [row] = await db.sql<CertificateRow[]>`
    SELECT serial, province, certificate, (extract(epoch FROM not_after) * 1000)::bigint AS "notAfterMs"
    FROM certificates WHERE province = ${province} AND revoked_at IS NULL
    ORDER BY not_after DESC LIMIT 1`;
  return row;
}
