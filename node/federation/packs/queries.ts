/**
 * The table `rule_packs`: what the hub has signed and this node has taken over.
 */
import { eq } from 'drizzle-orm';
import type { Queryable } from '../../../shared/db/database.ts';
import type { RulePack } from '../../../shared/domain/rule-pack.ts';
import { rulePacks } from './tables.ts';

/** Signed packs, ordered by number; there are a handful. */
export async function listSignedPacks({ orm }: Queryable): Promise<string[]> {
  const rows = await orm.select({ signed: rulePacks.signed }).from(rulePacks).orderBy(rulePacks.number);
  return rows.map((row) => row.signed);
}

/** The pack of a number as it was taken over, undefined if there is none. */
export async function findPack({ orm }: Queryable, number: number): Promise<unknown> {
  const [row] = await orm
    .select({ pack: rulePacks.pack })
    .from(rulePacks)
    .where(eq(rulePacks.number, number));
  return row?.pack;
}

/** Keeps a pack under its number; false if one is there already. */
export async function insertPack({ orm }: Queryable, signed: string, pack: RulePack): Promise<boolean> {
  const { number } = pack;
  const rows = await orm
    .insert(rulePacks)
    .values({ number, signed, pack })
    .onConflictDoNothing()
    .returning({ number: rulePacks.number });
  return rows.length === 1;
}
