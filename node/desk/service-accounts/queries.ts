/**
 * The table `service_accounts`. Keys are found by their hash; no query reads one back.
 */
import { and, desc, eq, getTableColumns, gt, isNull, or, sql } from 'drizzle-orm';
import type { Queryable } from '../../../shared/db/database.ts';
import { isBehind } from '../../../shared/db/keyset.ts';
import { serviceAccounts } from './tables.ts';

type Db = Pick<Queryable, 'orm'>;

/** A service account; instants in epoch seconds. */
export type ServiceAccount = Readonly<Omit<typeof serviceAccounts.$inferSelect, 'keySha256'>>;

const { keySha256: _hash, ...COLUMNS } = getTableColumns(serviceAccounts);

/** Stores a new account with the SHA-256 of its key. */
export async function insertAccount(
  { orm }: Db,
  account: ServiceAccount,
  keySha256: Uint8Array,
): Promise<void> {
  await orm.insert(serviceAccounts).values({ ...account, keySha256 });
}

/** The account of a key that counts at `now`: neither revoked nor expired. */
export async function findByKey(
  { orm }: Db,
  keySha256: Uint8Array,
  now: number,
): Promise<ServiceAccount | undefined> {
  const { expiresAt, revokedAt } = serviceAccounts;
  const [row] = await orm
    .select(COLUMNS)
    .from(serviceAccounts)
    .where(
      and(
        eq(serviceAccounts.keySha256, keySha256),
        isNull(revokedAt),
        or(isNull(expiresAt), gt(expiresAt, now)),
      ),
    );
  return row;
}

/** The account of an id, undefined if there is none; `lock`: others wait until this transaction ends. */
export async function findAccount(
  { orm }: Db,
  id: string,
  lock = false,
): Promise<ServiceAccount | undefined> {
  const query = orm.select(COLUMNS).from(serviceAccounts).where(eq(serviceAccounts.id, id));
  const [row] = await (lock ? query.for('update') : query);
  return row;
}

export interface AccountsPage {
  readonly limit: number;
  readonly after?: { readonly createdAt: number; readonly id: string } | undefined;
}

/** At most `limit`, newest first, revoked ones too. */
export function listAccounts({ orm }: Db, { limit, after }: AccountsPage): Promise<ServiceAccount[]> {
  const { createdAt, id } = serviceAccounts;
  return orm
    .select(COLUMNS)
    .from(serviceAccounts)
    .where(after && isBehind([createdAt, id], [after.createdAt, after.id]))
    .orderBy(desc(createdAt), desc(id))
    .limit(limit);
}

/** Takes an account's right away, for good; the account, undefined if there is none. */
export async function markRevoked({ orm }: Db, id: string, now: number): Promise<ServiceAccount | undefined> {
  const { revokedAt, version } = serviceAccounts;
  const [row] = await orm
    .update(serviceAccounts)
    .set({
      revokedAt: sql`coalesce(${revokedAt}, ${sql.param(now, revokedAt)})`,
      version: sql`${version} + (${revokedAt} IS NULL)::int`,
    })
    .where(eq(serviceAccounts.id, id))
    .returning(COLUMNS);
  return row;
}
