/**
 * The table `rule_packs`: what the hub has signed and this node has taken over.
 */

import type { Queryable } from '../../../shared/db/database.ts';
import type { RulePack } from '../../../shared/domain/rule-pack.ts';

/** Signed packs, ordered by number; there are a handful. */
export async function listSignedPacks(db: Queryable): Promise<string[]> {
  const rows = await db.sql<{ signed: string }[]>`SELECT signed FROM rule_packs ORDER BY number`;
  return rows.map((row) => row.signed);
}

/** The pack of a number as it was taken over, undefined if there is none. */
export async function findPack(db: Queryable, number: number): Promise<unknown> {
  const [row] = await db.sql<{ pack: unknown }[]>`SELECT pack FROM rule_packs WHERE number = ${number}`;
  return row?.pack;
}

/** Keeps a pack under its number; false if one is there already. */
export async function insertPack(db: Queryable, signed: string, pack: RulePack): Promise<boolean> {
  const rows = await db.sql`
    INSERT INTO rule_packs (number, signed, pack)
    VALUES (${pack.number}, ${signed}, ${JSON.stringify(pack)}::jsonb)
    ON CONFLICT DO NOTHING RETURNING 1`;
  return rows.length === 1;
}
