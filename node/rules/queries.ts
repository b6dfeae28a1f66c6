/**
 * The table `rule_packs`: what the hub has signed and this node has taken over.
 */

import type { Queryable } from '../../shared/db/database.ts';
import type { RulePack } from '../../shared/domain/rule-pack.ts';

/** Signed packs, ordered by number; there are a handful. */
export async function listSignedPacks(db: Queryable): Promise<string[]> {
  const rows = await db.sql<{ signed: string }[]>`SELECT signed FROM rule_packs ORDER BY number`;
  return rows.map((row) => row.signed);
}

/** Keeps a pack under its number, in place of an older text of it. */
export async function insertPack(db: Queryable, signed: string, pack: RulePack): Promise<void> {
  await db.sql`
    INSERT INTO rule_packs (number, signed, pack)
    VALUES (${pack.number}, ${signed}, ${JSON.stringify(pack)}::jsonb)
    ON CONFLICT (number) DO UPDATE SET signed = excluded.signed, pack = excluded.pack
    WHERE rule_packs.signed <> excluded.signed`;
}
