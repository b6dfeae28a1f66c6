/**
 * The table `known_provinces`: statements of the federation CA that this node has accepted.
 */
import type { Queryable } from '../../../shared/db/database.ts';

export interface KnownProvinceRow {
  readonly province: string;
  /** Compact JWS. */
  readonly statement: string;
  readonly revoked: boolean;
}

/** All known provinces, by code. */
export function listKnownProvinces(db: Queryable): Promise<KnownProvinceRow[]> {
  return db.sql<KnownProvinceRow[]>`
    SELECT province, statement, revoked_at IS NOT NULL AS revoked
    FROM known_provinces ORDER BY province LIMIT 100`;
}

/** Keeps a statement in place of an earlier one of its province; with it the province counts again. */
export async function storeStatement(
  db: Queryable,
  { province, statement, statedAt }: { province: string; statement: string; statedAt: number },
): Promise<void> {
  await db.sql`
    INSERT INTO known_provinces AS held (province, statement, stated_at)
    VALUES (${province}, ${statement}, ${statedAt}::bigint)
    ON CONFLICT (province) DO UPDATE SET statement = excluded.statement, stated_at = excluded.stated_at,
      accepted_at = now(), revoked_at = NULL
    WHERE excluded.stated_at > held.stated_at`;
}

/** Nothing of this province counts any more. */
export async function markRevoked(db: Queryable, province: string, atSeconds: number): Promise<void> {
  await db.sql`
    UPDATE known_provinces SET revoked_at = to_timestamp(${atSeconds}::float8)
    WHERE province = ${province} AND revoked_at IS NULL`;
}
