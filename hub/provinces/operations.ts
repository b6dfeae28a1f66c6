/**
 * The enrolled provinces: whether each can be reached, what it has reported, and how one becomes a member.
 */
import { recordAudit } from '../../shared/audit/record.ts';
import { type Caller, decide } from '../../shared/auth/access.ts';
import { caPublicKey } from '../../shared/auth/ca-statement.ts';
import { fingerprintOf, verifyProvinceStatement } from '../../shared/auth/province-statement.ts';
import { type Clock, nowSeconds } from '../../shared/clock.ts';
import { type Database, type Transaction, withTransaction } from '../../shared/db/database.ts';
import { AppError } from '../../shared/errors.ts';
import { provinceName } from '../../shared/gazetteer.ts';
import type { ProvinceLink } from './province-link.ts';
import * as queries from './queries.ts';
import type { Roster } from './roster.ts';

export interface ProvincesContext {
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
}

/** All enrolled provinces, by code. No person is in it: leaves no entry. */
export async function listProvinces(ctx: ProvincesContext, caller: Caller): Promise<EnrolledProvince[]> {
  decide(caller, 'hub.provinces.read', nowSeconds(ctx.clock));
  const reports = new Map((await queries.listReports(ctx.db)).map((report) => [report.province, report]));
  const enrolled = ctx.roster.links.map((link) => {
    const { province } = link;
    const state: EnrolledProvince['state'] = link.isRevoked ? 'revoked' : link.state;
    const { protocol = null, reportedAt = null, dataAt = null } = reports.get(province) ?? {};
    return { province, name: provinceName(province) ?? province, state, protocol, reportedAt, dataAt };
  });
  return enrolled.sort((a, b) => (a.province < b.province ? -1 : 1));
}

export interface MembershipContext {
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
export async function provisionMembers(ctx: MembershipContext, list: readonly MemberInput[]): Promise<void> {
  for (const member of list) await withTransaction(ctx.db, (tx) => admitMember(tx, ctx, member));
}

/**
 * Makes a province a member, or gives it a later statement or another address, and records it, in the
 * caller's transaction; whether anything changed. Whoever commits it calls `Roster.reload`. Throws as
 * `provisionMembers`.
 */
export async function admitMember(
  tx: Transaction,
  { clock, ca }: Pick<MembershipContext, 'clock' | 'ca'>,
  { province, address, statement: jws }: MemberInput,
): Promise<boolean> {
  const statement = await verifyProvinceStatement(jws, caPublicKey(ca));
  if (statement.province !== province) {
    throw new AppError('PERMISSION_DENIED', 'STATEMENT_OF_ANOTHER', 'the statement names another province');
  }
  const row = { province, address, statement: jws, statedAt: statement.issued_at };
  if (!(await queries.upsertMember(tx, row))) return false;
  const detail = { province, serial: statement.serial, fingerprint: fingerprintOf(statement) };
  const actor = { kind: 'program', id: 'hub' } as const;
  await recordAudit(tx, { action: 'statement.accepted', actor, outcome: 'done', detail }, nowSeconds(clock));
  return true;
}
