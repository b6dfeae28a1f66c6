/**
 * The enrolled provinces: whether each can be reached, what it has reported, and how one becomes a member.
 */
import type { Caller } from '../../shared/acts/access.ts';
import { HUB_PROGRAM } from '../../shared/audit/actors.ts';
import { recordAudit } from '../../shared/audit/record.ts';
import { type Clock, nowSeconds } from '../../shared/clock.ts';
import {
  type Database,
  type Queryable,
  type Transaction,
  withTransaction,
} from '../../shared/db/database.ts';
import { AppError } from '../../shared/errors.ts';
import { provinceName } from '../../shared/gazetteer.ts';
import { readCertificate, serialOf, validityOf } from '../../shared/pki/certificate.ts';
import { caPublicKey } from '../../shared/signed/ca-statement.ts';
import { fingerprintOf, verifyProvinceStatement } from '../../shared/signed/province-statement.ts';
import { read } from './acts.ts';
import type { ProvinceLink } from './province-link.ts';
import * as queries from './queries.ts';
import type { Roster } from './roster.ts';

export interface ProvincesCtx {
  readonly db: Database;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly roster: Pick<Roster, 'links'>;
}

/** One enrolled province; instants in epoch seconds, null = never or unknown. */
export interface EnrolledProvince {
  readonly province: string;
  readonly name: string;
  readonly state: ProvinceLink['state'] | 'revoked';
  /** Version of the wire that its node speaks; null = unknown. */
  readonly protocol: number | null;
  readonly reportedAt: number | null;
  readonly dataAt: number | null;
  /** Of its membership. */
  readonly version: number;
}

/** All enrolled provinces, by code. */
export function listProvinces(ctx: ProvincesCtx, caller: Caller): Promise<EnrolledProvince[]> {
  return read(ctx, caller, 'provinces.list', {}, () => enrolledProvinces(ctx));
}

async function enrolledProvinces(ctx: ProvincesCtx): Promise<EnrolledProvince[]> {
  const memberships = new Map((await queries.listMemberships(ctx.db)).map((row) => [row.province, row]));
  const enrolled = ctx.roster.links.map((link) => {
    const { province } = link;
    const state: EnrolledProvince['state'] = link.isRevoked ? 'revoked' : link.state;
    const said = memberships.get(province) ?? UNSAID;
    return { ...said, province, name: provinceName(province) ?? province, state };
  });
  return enrolled.sort((a, b) => (a.province < b.province ? -1 : 1));
}

/** Of a province that has just come: its row is not seen yet. */
const UNSAID = { protocol: null, reportedAt: null, dataAt: null, version: 1 };

/** The version of a membership, locked by the caller's transaction. Throws PROVINCE_UNKNOWN. */
export async function lockMembership(tx: Transaction, province: string): Promise<number> {
  const version = await queries.lockMember(tx, province);
  if (version === undefined) throw unknownProvince();
  return version;
}

/**
 * Ends a membership and revokes its certificates, in the caller's transaction; its version then. Throws
 * PROVINCE_UNKNOWN.
 */
export async function revokeMember(
  tx: Transaction,
  { clock }: Pick<MembershipCtx, 'clock'>,
  { province, because }: { readonly province: string; readonly because: string },
): Promise<number> {
  const atMs = clock.nowMs();
  const version = await queries.markRevoked(tx, { province, because, atMs });
  if (version === undefined) throw unknownProvince();
  await queries.revokeCertificates(tx, province, atMs);
  return version;
}

function unknownProvince(): AppError {
  return new AppError('NOT_FOUND', 'PROVINCE_UNKNOWN', 'the province is not enrolled');
}

/** A certificate that the CA has issued to a province. */
export interface IssuedTo {
  readonly province: string;
  /** PEM; checked. */
  readonly certificate: string;
  /** Whether it replaces all earlier ones: a node that is enrolled anew has new keys. */
  readonly first: boolean;
}

/** Notes a certificate, on the record, in the caller's transaction. */
export async function noteCertificate(
  tx: Transaction,
  { clock }: Pick<MembershipCtx, 'clock'>,
  { province, certificate, first }: IssuedTo,
): Promise<void> {
  const read = readCertificate(certificate);
  const [serial, { notAfterMs }] = [serialOf(read), validityOf(read)];
  if (first) await queries.revokeCertificates(tx, province, clock.nowMs());
  const notAfter = Math.floor(notAfterMs / 1000);
  await queries.insertCertificate(tx, { serial, province, certificate, notAfter }, nowSeconds(clock));
  const action = first ? 'certificate.issued' : 'certificate.renewed';
  const detail = { province, serial, not_after: notAfter };
  await recordAudit(tx, { action, actor: HUB_PROGRAM, outcome: 'done', detail }, nowSeconds(clock));
}

/** The longest certificate of a province that is not revoked: PEM and its end, epoch seconds. */
export function findCertificate(db: Queryable, province: string) {
  return queries.findNewestCertificate(db, province);
}

export interface MembershipCtx {
  readonly db: Database;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** PEM of the federation CA: its word alone makes a member. */
  readonly ca: string;
}

/** Where a province's node is, and its keys as the CA states them (compact JWS). */
export interface MemberInput {
  readonly province: string;
  readonly address: string;
  readonly statement: string;
}

/**
 * Enrols the provinces of a file, before anything starts; what is enrolled already stays. Throws
 * STATEMENT_BAD_SIGNATURE, STATEMENT_MALFORMED, STATEMENT_OF_ANOTHER.
 */
export async function provisionMembers(ctx: MembershipCtx, list: readonly MemberInput[]): Promise<void> {
  for (const member of list) await withTransaction(ctx.db, (tx) => admitMember(tx, ctx, member));
}

/**
 * Makes a province a member, or gives it a later statement or another address, and records it, in the
 * caller's transaction; whether anything changed. Whoever commits it calls `Roster.reload`. Throws as
 * `provisionMembers`.
 */
export async function admitMember(
  tx: Transaction,
  { clock, ca }: Pick<MembershipCtx, 'clock' | 'ca'>,
  { province, address, statement: jws }: MemberInput,
): Promise<boolean> {
  const statement = await verifyProvinceStatement(jws, caPublicKey(ca));
  if (statement.province !== province) {
    throw new AppError('PERMISSION_DENIED', 'STATEMENT_OF_ANOTHER', 'the statement names another province');
  }
  const row = { province, address, statement: jws, statedAt: statement.issued_at };
  const version = await queries.upsertMember(tx, row);
  if (version === undefined) return false;
  const { serial } = statement;
  const detail = { province, serial, fingerprint: fingerprintOf(statement), version };
  const entry = { action: 'statement.accepted', actor: HUB_PROGRAM, outcome: 'done' } as const;
  await recordAudit(tx, { ...entry, on: [{ province }], detail }, nowSeconds(clock));
  return true;
}
