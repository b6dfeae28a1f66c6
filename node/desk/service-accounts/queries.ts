/**
 * The table `service_accounts`. Keys are found by their hash; no query reads one back.
 */
import type { Queryable } from '../../../shared/db/database.ts';

/** A service account; instants in epoch seconds. */
export interface ServiceAccount {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly createdBy: string;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
  readonly version: number;
}

/** Stores a new account with the SHA-256 of its key. */
export async function insertAccount(
  { sql }: Queryable,
  account: ServiceAccount,
  keySha256: Uint8Array,
): Promise<void> {
  await sql`
    INSERT INTO service_accounts (id, name, key_sha256, scopes, created_by, created_at, expires_at)
    VALUES (${account.id}, ${account.name}, ${keySha256}, ${[...account.scopes]}::text[],
      ${account.createdBy}, to_timestamp(${account.createdAt}::bigint),
      to_timestamp(${account.expiresAt}::bigint))`;
}

/** The account of a key that counts at `now`: neither revoked nor expired. */
export async function findByKey(
  { sql }: Pick<Queryable, 'sql'>,
  keySha256: Uint8Array,
  now: number,
): Promise<ServiceAccount | undefined> {
  const [row] = await sql<ServiceAccount[]>`
    SELECT ${sql.unsafe(COLUMNS)} FROM service_accounts
    WHERE key_sha256 = ${keySha256} AND revoked_at IS NULL
      AND (expires_at IS NULL OR expires_at > to_timestamp(${now}::bigint))`;
  return row;
}

/** The account of an id, undefined if there is none; `lock`: others wait until this transaction ends. */
export async function findAccount(
  { sql }: Queryable,
  id: string,
  lock = false,
): Promise<ServiceAccount | undefined> {
  const [row] = await sql<ServiceAccount[]>`
    SELECT ${sql.unsafe(COLUMNS)} FROM service_accounts WHERE id = ${id} ${lock ? sql`FOR UPDATE` : sql``}`;
  return row;
}

export interface AccountsPage {
  readonly limit: number;
  readonly after?: { readonly createdAt: number; readonly id: string } | undefined;
}

const NO_ID = '00000000-0000-0000-0000-000000000000';

/** At most `limit`, newest first, revoked ones too. */
export function listAccounts({ sql }: Queryable, { limit, after }: AccountsPage): Promise<ServiceAccount[]> {
  return sql<ServiceAccount[]>`
    SELECT ${sql.unsafe(COLUMNS)} FROM service_accounts
    WHERE ${after === undefined} OR (created_at, id) <
      (to_timestamp(${after?.createdAt ?? 0}::bigint), ${after?.id ?? NO_ID}::uuid)
    ORDER BY created_at DESC, id DESC LIMIT ${limit}`;
}

/** Takes an account's right away, for good; the account, undefined if there is none. */
export async function markRevoked(
  { sql }: Queryable,
  id: string,
  now: number,
): Promise<ServiceAccount | undefined> {
  const [row] = await sql<ServiceAccount[]>`
    UPDATE service_accounts SET revoked_at = coalesce(revoked_at, to_timestamp(${now}::bigint)),
      version = version + (revoked_at IS NULL)::int
    WHERE id = ${id} RETURNING ${sql.unsafe(COLUMNS)}`;
  return row;
}

const COLUMNS = `id, name, scopes, version, created_by AS "createdBy",
  extract(epoch FROM created_at)::bigint AS "createdAt",
  extract(epoch FROM expires_at)::bigint AS "expiresAt",
  extract(epoch FROM revoked_at)::bigint AS "revokedAt"`;
