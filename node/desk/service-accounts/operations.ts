/**
 * Service accounts: programs of integrators with a key of their own, confined to some scopes (sets of acts).
 * A key is shown once; what is stored of it is its SHA-256, which is enough for 256 random bits.
 */
import { createHash } from 'node:crypto';
import type { Caller } from '../../../shared/acts/access.ts';
import { requireVersion } from '../../../shared/acts/versions.ts';
import { type Clock, nowSeconds } from '../../../shared/clock.ts';
import type { Database } from '../../../shared/db/database.ts';
import { AppError, invalidField } from '../../../shared/errors.ts';
import { isAreaOf } from '../../../shared/gazetteer.ts';
import { newId, newKey } from '../../../shared/ids.ts';
import { change, read } from './acts.ts';
import * as queries from './queries.ts';
import { isServiceScope } from './rules.ts';

export type { AccountsPage, ServiceAccount } from './queries.ts';

export interface ServiceAccountsCtx {
  readonly db: Database;
  readonly clock: Clock;
  readonly province: string;
}

export interface NewAccount {
  readonly name: string;
  /** Of SERVICE_SCOPES. */
  readonly scopes: readonly string[];
  /** Code of a ward, a district or the province; the province unless told. */
  readonly area?: string | undefined;
  /** Epoch seconds; never unless told. */
  readonly expiresAt?: number | undefined;
}

/** So that a key is known as one wherever it turns up. */
const KEY_FORM = /^tvk_[A-Za-z0-9_-]{43}$/;

/** Makes an account; `key` is not to be had again. Throws INVALID_FIELD. */
export function createAccount(
  ctx: ServiceAccountsCtx,
  caller: Caller,
  { name, scopes, area = ctx.province, expiresAt }: NewAccount,
): Promise<{ account: queries.ServiceAccount; key: string }> {
  const id = newId();
  const asked = { on: [{ account: id }], detail: { scopes, area, expires_at: expiresAt ?? null } };
  return change(ctx, caller, 'service_accounts.create', asked, async (tx, { keep }) => {
    const createdAt = nowSeconds(ctx.clock);
    if (expiresAt !== undefined && expiresAt <= createdAt) throw invalidField('expires_at', 'IN_PAST');
    if (!isAreaOf(area, ctx.province)) throw invalidField('area', 'NOT_OF_PROVINCE');
    const foreign = scopes.findIndex((scope) => !isServiceScope(scope));
    if (foreign >= 0) throw invalidField(`scopes[${foreign}]`, 'NOT_FOR_SERVICES');
    const key = `tvk_${Buffer.from(newKey(32)).toString('base64url')}`;
    const account = {
      ...{ id, name, scopes: [...new Set(scopes)], area, createdBy: caller.subject, createdAt },
      ...{ expiresAt: expiresAt ?? null, revokedAt: null, version: 1 },
    };
    await queries.insertAccount(tx, account, sha256(key));
    keep({ id });
    return { account, key };
  });
}

/** All accounts, newest first: `limit` of them, and one more if there are more. */
export function listAccounts(
  ctx: ServiceAccountsCtx,
  caller: Caller,
  page: queries.AccountsPage,
): Promise<queries.ServiceAccount[]> {
  return read(ctx, caller, 'service_accounts.list', {}, async ({ on }) => {
    const found = await queries.listAccounts(ctx.db, { ...page, limit: page.limit + 1 });
    on(...found.slice(0, page.limit).map(({ id }) => ({ account: id })));
    return found;
  });
}

/** Ends an account, for its next request. Idempotent. Throws NOT_FOUND NO_SUCH_ACCOUNT. */
export function revokeAccount(
  ctx: ServiceAccountsCtx,
  caller: Caller,
  id: string,
): Promise<queries.ServiceAccount> {
  return change(ctx, caller, 'service_accounts.revoke', { on: [{ account: id }] }, async (tx, { note }) => {
    const found = await queries.findAccount(tx, id, true);
    if (!found) throw noSuchAccount();
    await requireVersion(tx, caller, { version: found.version, on: { account: id } });
    const revoked = await queries.markRevoked(tx, id, nowSeconds(ctx.clock));
    if (!revoked) throw noSuchAccount();
    note({ version: revoked.version });
    return revoked;
  });
}

/** One as it stands now, for whoever changed it and asks for their answer again. */
export async function readAccount({ db }: ServiceAccountsCtx, id: string): Promise<queries.ServiceAccount> {
  const found = await queries.findAccount(db, id);
  if (found) return found;
  throw noSuchAccount();
}

function noSuchAccount(): AppError {
  return new AppError('NOT_FOUND', 'NO_SUCH_ACCOUNT', 'there is no such service account here');
}

/**
 * The caller of a key, undefined if `bearer` has not the form of one. Asked at every request, so that a
 * revocation counts at once. Throws UNAUTHENTICATED KEY_INVALID.
 */
export async function identifyService(
  { db, clock, province }: ServiceAccountsCtx,
  bearer: string,
): Promise<Caller | undefined> {
  if (!KEY_FORM.test(bearer)) return undefined;
  const account = await queries.findByKey(db, sha256(bearer), nowSeconds(clock));
  if (!account) throw new AppError('UNAUTHENTICATED', 'KEY_INVALID', 'the key is not valid');
  return {
    subject: account.id,
    actor: { kind: 'service', id: account.id },
    grants: [{ role: 'integrator', area: account.area ?? province }],
    scopes: account.scopes.filter(isServiceScope),
    expiresAt: account.expiresAt ?? Number.MAX_SAFE_INTEGER,
  };
}

function sha256(key: string): Uint8Array {
  return createHash('sha256').update(key).digest();
}
