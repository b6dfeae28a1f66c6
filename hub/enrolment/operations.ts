/**
 * How a province joins: an operator invites, a newcomer asks, an operator compares fingerprints and approves,
 * the CA signs here or offline. Everything is on the record. Who is enrolled is kept by hub/provinces.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Caller } from '../../shared/acts/access.ts';
import { type Leave, mayOf } from '../../shared/acts/act.ts';
import { requireVersion } from '../../shared/acts/versions.ts';
import { HUB_PROGRAM } from '../../shared/audit/actors.ts';
import { recordAudit } from '../../shared/audit/record.ts';
import { type Clock, nowSeconds } from '../../shared/clock.ts';
import { type Database, type Transaction, withTransaction } from '../../shared/db/database.ts';
import { allowedCommands, step } from '../../shared/domain/machine.ts';
import { AppError, invalidField } from '../../shared/errors.ts';
import { isProvince } from '../../shared/gazetteer.ts';
import { isUuid, newId, newKey } from '../../shared/ids.ts';
import { certificateSha256, checkCertificate, readCertificate } from '../../shared/pki/certificate.ts';
import type { CaKeys } from '../../shared/pki/issue.ts';
import { caPublicKey } from '../../shared/signed/ca-statement.ts';
import { verifyEnrolmentRequest } from '../../shared/signed/enrolment-request.ts';
import { formatInvitation } from '../../shared/signed/invitation.ts';
import { fingerprintOf, verifyProvinceStatement } from '../../shared/signed/province-statement.ts';
import { readCaRequest, type SignedRequest, signCaRequest } from '../authority/operations.ts';
import { admitMember, lockMembership, noteCertificate, revokeMember } from '../provinces/operations.ts';
import type { Roster } from '../provinces/roster.ts';
import { change, ENROLMENT_ACTS, read } from './acts.ts';
import * as queries from './queries.ts';
import { ENROLMENT, type EnrolmentCommand, fileOf } from './rules.ts';

export interface EnrolmentCtx {
  readonly db: Database;
  readonly clock: Clock;
  readonly roster: Roster;
  /** PEM of the federation CA. */
  readonly ca: string;
  /** The CA's key, where it lies on the hub. */
  readonly signer?: CaKeys | undefined;
  /** How long certificates last that are signed here. */
  readonly lifeMs: number;
  /** `host:port` as newcomers and nodes reach them; undefined while no listener runs. */
  readonly enrolmentAddress: string | undefined;
  readonly hubAddress: string;
  /** The hub's warrant key as the CA states it; undefined if the hub was given none. */
  readonly hubStatement: string | undefined;
  /** What the CA states of the key service's keys; nodes pin it. */
  readonly oprfStatements?: readonly string[];
  /** How often newcomers are told to ask; every 2 s unless told. */
  readonly askAgainMs?: number | undefined;
}

/**
 * The text of a one-time invitation, and when it ends (epoch seconds). Throws INVALID_FIELD (no province has
 * that code), NO_ENROLMENT_LISTENER.
 */
export function inviteProvince(
  ctx: EnrolmentCtx,
  caller: Caller,
  { province, lifeHours }: { readonly province: string; readonly lifeHours: number },
): Promise<{ invitation: string; expiresAt: number }> {
  const [id, now] = [newId(), nowSeconds(ctx.clock)];
  const expiresAt = now + Math.round(lifeHours * 3_600);
  const asked = { on: [{ invitation: id }, { province }], detail: { expires_at: expiresAt } };
  return change(ctx, caller, 'invitations.make', asked, async (tx, leave) => {
    if (!isProvince(province)) throw invalidField('province', 'UNKNOWN_PROVINCE');
    const { enrolmentAddress: address } = ctx;
    if (address === undefined)
      throw new AppError('FAILED_PRECONDITION', 'NO_ENROLMENT_LISTENER', 'set ENROLMENT_LISTEN at the hub');
    const secret = Buffer.from(newKey(32)).toString('base64url');
    const secretSha256 = sha256(secret);
    await queries.insertInvitation(tx, {
      ...{ id, province, secretSha256, expiresAt, madeAt: now, madeBy: caller.subject },
    });
    leave.keep({ expires_at: expiresAt });
    const terms = { version: 1, id, address, province, secret, expires_at: expiresAt } as const;
    const ca_sha256 = certificateSha256(readCertificate(ctx.ca));
    return { invitation: formatInvitation({ ...terms, ca_sha256 }), expiresAt };
  });
}

export interface EnrolInput {
  /** Id and secret of the invitation. */
  readonly invitation: string;
  readonly secret: string;
  readonly request: string;
}

/**
 * Takes a newcomer's request, or says how it stands. A request that comes again is the same one. Throws
 * PERMISSION_DENIED INVITATION_INVALID, the same for a wrong secret, an unknown, expired or used invitation
 * and one for another province; what `verifyEnrolmentRequest` throws.
 */
export function requestEnrolment(ctx: EnrolmentCtx, input: EnrolInput): Promise<queries.EnrolmentRow> {
  return withTransaction(ctx.db, async (tx) => {
    const { invitation: id } = input;
    const invitation = isUuid(id) ? await queries.lockInvitation(tx, id) : undefined;
    // Compared also when there is none: the time tells nothing.
    const secretFits = timingSafeEqual(sha256(input.secret), invitation?.secretSha256 ?? sha256(''));
    const known = invitation && secretFits && (await queries.findByInvitation(tx, invitation.id));
    if (known && known.request === input.request) return known;
    const isOpen = secretFits && !known && (invitation?.expiresAt ?? 0) > nowSeconds(ctx.clock);
    const admit = (invited: boolean) =>
      step(ENROLMENT, { state: undefined, command: 'request', facts: { invited } });
    admit(isOpen);
    const { request, keys } = await verifyEnrolmentRequest(input.request);
    admit(request.invitation === id && request.province === invitation?.province);
    const fingerprint = fingerprintOf(keys);
    const { province, address } = request;
    const row = { id: newId(), kind: 'joining', invitationId: id, province, address } as const;
    return keep(tx, ctx, { ...row, request: input.request, fingerprint });
  });
}

async function keep(
  tx: Transaction,
  { clock }: Pick<EnrolmentCtx, 'clock'>,
  row: Omit<queries.NewEnrolment, 'requestedAt'>,
): Promise<queries.EnrolmentRow> {
  const requestedAt = nowSeconds(clock);
  if (await queries.insertEnrolment(tx, { ...row, requestedAt })) {
    const { id: enrolment, kind, province, fingerprint } = row;
    const detail = { enrolment, kind, province, fingerprint };
    await recordAudit(
      tx,
      { action: 'enrolment.requested', actor: HUB_PROGRAM, outcome: 'done', detail },
      requestedAt,
    );
  }
  return {
    ...row,
    requestedAt,
    state: 'pending',
    decidedBy: null,
    certificate: null,
    statement: null,
    version: 1,
  };
}

/** A request, and what the caller may do with it now. */
export interface ListedEnrolment extends queries.EnrolmentRow {
  readonly allowed: readonly EnrolmentCommand[];
}

/** Requests, pending ones first, then the newest: `limit` of them, and one more if there are more. */
export function listEnrolments(
  ctx: EnrolmentCtx,
  caller: Caller,
  { limit, after }: { readonly limit: number; readonly after?: queries.EnrolmentPlace | undefined },
): Promise<ListedEnrolment[]> {
  return read(ctx, caller, 'enrolments.list', {}, async (leave) => {
    const rows = await queries.listEnrolments(ctx.db, { limit: limit + 1, after });
    const may = mayOf(leave, ENROLMENT_ACTS);
    return rows.map((row) => ({
      ...row,
      allowed: allowedCommands(ENROLMENT, { state: row.state, facts: {} }, may),
    }));
  });
}

/** A request as the file that an offline CA signs. Throws ENROLMENT_UNKNOWN. */
export function exportEnrolment(ctx: EnrolmentCtx, caller: Caller, id: string) {
  return read(ctx, caller, 'enrolments.export', { on: [{ enrolment: id }] }, async () => {
    const row = await withTransaction(ctx.db, (tx) => queries.lockEnrolment(tx, id));
    if (!row) throw unknownEnrolment();
    return fileOf(row, ctx.roster.find(row.province)?.statementJws);
  });
}

export interface ApproveInput {
  readonly id: string;
  /** As the newcomer's operator read it out. */
  readonly fingerprint: string;
  /** What the offline CA made of it. */
  readonly signed?: SignedRequest | undefined;
}

/**
 * Approves a request whose fingerprint was compared: signed here, or by the offline CA; the answer is the
 * version of the request then. The province is a member when this resolves. Throws ENROLMENT_UNKNOWN,
 * WRONG_STATE, VERSION_CHANGED, FINGERPRINT_MISMATCH, CA_OFFLINE, BAD_CERTIFICATE, STATEMENT_BAD_SIGNATURE,
 * STATEMENT_NOT_NEWER.
 */
export async function approveEnrolment(
  ctx: EnrolmentCtx,
  caller: Caller,
  input: ApproveInput,
): Promise<number> {
  const asked = { on: [{ enrolment: input.id }] };
  const version = await change(ctx, caller, 'enrolments.approve', asked, async (tx, leave) => {
    const row = await locked(tx, caller, input.id);
    nameRequest(leave, row);
    const facts = {
      ...{ fingerprint: row.fingerprint, given: input.fingerprint },
      decidedByCaller: row.decidedBy === caller.subject,
      signedOtherwise: input.signed !== undefined && input.signed.certificate !== row.certificate,
    };
    const { repeated, state } = step(ENROLMENT, { state: row.state, command: 'approve', facts });
    const decided = nameOutcome(leave, row, repeated);
    if (repeated) return decided;
    const file = fileOf(row, ctx.roster.find(row.province)?.statementJws);
    const { certificate, statement } = await signedOf(ctx, file, input.signed);
    await noteCertificate(tx, ctx, { province: row.province, certificate, first: row.kind === 'joining' });
    if (row.kind === 'joining') await join(tx, ctx, { ...row, statement: statement ?? '' });
    const decision = { id: row.id, state, by: caller.subject, at: nowSeconds(ctx.clock) };
    await queries.markDecided(tx, { ...decision, certificate, statement });
    return decided;
  });
  await ctx.roster.reload();
  return version;
}

/** What the CA makes of a request, its own word checked like everybody's. */
async function signedOf(ctx: EnrolmentCtx, file: object, given: SignedRequest | undefined) {
  const request = await readCaRequest(file, ctx.ca);
  const nowMs = ctx.clock.nowMs();
  if (!given && !ctx.signer)
    throw new AppError('FAILED_PRECONDITION', 'CA_OFFLINE', 'the CA is not on the hub');
  const signed = given ?? (await signCaRequest(ctx.signer as CaKeys, request, { nowMs, lifeMs: ctx.lifeMs }));
  const terms = { ca: ctx.ca, peer: request.peer, publicKey: request.tlsKey, nowMs };
  checkCertificate(signed.certificate, terms);
  return signed;
}

async function join(
  tx: Transaction,
  ctx: EnrolmentCtx,
  { province, address, statement, fingerprint }: queries.EnrolmentRow & { readonly statement: string },
): Promise<void> {
  const stated = await verifyProvinceStatement(statement, caPublicKey(ctx.ca));
  if (fingerprintOf(stated) !== fingerprint)
    throw new AppError('PERMISSION_DENIED', 'STATEMENT_OF_ANOTHER', 'the statement names other keys');
  if (await admitMember(tx, ctx, { province, address, statement })) return;
  throw new AppError('FAILED_PRECONDITION', 'STATEMENT_NOT_NEWER', 'a later statement is known already');
}

/** Turns a request away; answers its version. Throws ENROLMENT_UNKNOWN, WRONG_STATE, VERSION_CHANGED. */
export function rejectEnrolment(ctx: EnrolmentCtx, caller: Caller, id: string): Promise<number> {
  return change(ctx, caller, 'enrolments.reject', { on: [{ enrolment: id }] }, async (tx, leave) => {
    const row = await locked(tx, caller, id);
    nameRequest(leave, row);
    const facts = { decidedByCaller: row.decidedBy === caller.subject };
    const { repeated, state } = step(ENROLMENT, { state: row.state, command: 'reject', facts });
    const version = nameOutcome(leave, row, repeated);
    if (repeated) return version;
    await queries.markDecided(tx, { id, state, by: caller.subject, at: nowSeconds(ctx.clock) });
    return version;
  });
}

/**
 * Ends a province's membership: its connections are cut when this resolves, its openings refused from now on.
 * The answer is the version of the membership. Throws PROVINCE_UNKNOWN, VERSION_CHANGED.
 */
export async function revokeProvince(
  ctx: EnrolmentCtx,
  caller: Caller,
  { province, because }: { readonly province: string; readonly because: string },
): Promise<number> {
  // The operator's words stay in `members`; an entry holds no free text.
  const asked = { on: [{ province }] };
  const version = await change(ctx, caller, 'provinces.revoke', asked, async (tx, { note, keep }) => {
    const held = await lockMembership(tx, province);
    await requireVersion(tx, caller, { version: held, on: { province } });
    const revoked = await revokeMember(tx, ctx, { province, because });
    note({ version: revoked });
    keep({ version: revoked });
    return revoked;
  });
  await ctx.roster.reload();
  return version;
}

/** What the entry of a decision says of the request that was decided. */
function nameRequest({ on, note }: Leave, { kind, province, fingerprint }: queries.EnrolmentRow): void {
  on({ province });
  note({ kind, fingerprint });
}

/** The version that a decided request has, which its entry and its answer say. */
function nameOutcome({ note, keep }: Leave, row: queries.EnrolmentRow, repeated: boolean): number {
  const version = row.version + (repeated ? 0 : 1);
  note(repeated ? { repeated } : { version });
  keep({ version });
  return version;
}

async function locked(tx: Transaction, caller: Caller, id: string): Promise<queries.EnrolmentRow> {
  const row = await queries.lockEnrolment(tx, id);
  if (!row) throw unknownEnrolment();
  await requireVersion(tx, caller, { version: row.version, on: { enrolment: id } });
  return row;
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function unknownEnrolment(): AppError {
  return new AppError('NOT_FOUND', 'ENROLMENT_UNKNOWN', 'no such request');
}
