/**
 * The table `known_provinces`: statements of the federation CA that this node has accepted.
 */
import { and, eq, isNull, lt, sql } from 'drizzle-orm';
import type { Queryable } from '../../../shared/db/database.ts';
import { knownProvinces } from './tables.ts';

export interface KnownProvinceRow {
  readonly province: string;
  /** Compact JWS. */
  readonly statement: string;
  readonly revoked: boolean;
}

/** All known provinces, by code. */
export function listKnownProvinces({ orm }: Queryable): Promise<KnownProvinceRow[]> {
  const { province, statement, revokedAt } = knownProvinces;
  return orm
    .select({ province, statement, revoked: sql<boolean>`${revokedAt} IS NOT NULL` })
    .from(knownProvinces)
    .orderBy(province)
    .limit(100);
}

/** Keeps a statement in place of an earlier one of its province; with it the province counts again. */
export async function storeStatement(
  { orm }: Queryable,
  { province, statement, statedAt }: { province: string; statement: string; statedAt: number },
): Promise<void> {
  await orm
    .insert(knownProvinces)
    .values({ province, statement, statedAt })
    .onConflictDoUpdate({
      target: knownProvinces.province,
      set: { statement, statedAt, acceptedAt: sql`now()`, revokedAt: null },
      setWhere: lt(knownProvinces.statedAt, statedAt),
    });
}

/** Nothing of this province counts any more. */
export async function markRevoked({ orm }: Queryable, province: string, atSeconds: number): Promise<void> {
  await orm
    .update(knownProvinces)
    .set({ revokedAt: atSeconds })
    .where(and(eq(knownProvinces.province, province), isNull(knownProvinces.revokedAt)));
}
