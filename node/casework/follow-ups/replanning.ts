/**
 * Plans all open follow-ups anew when a pack has come into force: whose plan it does not change stay as they
 * are. By ascending id, a thousand in a transaction, which keeps how far it is: what a stop interrupts goes
 * on there.
 */
import { nowSeconds } from '../../../shared/clock.ts';
import { type Transaction, withTransaction } from '../../../shared/db/database.ts';
import { holdSealer } from '../../sealing/operations.ts';
import { keepReplan, listOpenAfter, lockFollowUps, lockReplan } from './filing-queries.ts';
import type { FollowUpsCtx } from './standing.ts';
import { readWorks, writeSettled } from './works.ts';

export type ReplanningCtx = Pick<FollowUpsCtx, 'db' | 'dataKeys' | 'clock' | 'rules' | 'province'>;

const BATCH = 1_000;

/** Goes on under every pack that has come into force, until all have been planned under it. */
export async function replanAll(ctx: ReplanningCtx, batch = BATCH): Promise<void> {
  const now = nowSeconds(ctx.clock);
  const inForce = ctx.rules
    .packs()
    .filter(({ follow_up, effective_from }) => follow_up && Date.parse(effective_from) / 1000 <= now)
    .sort((a, b) => Date.parse(a.effective_from) - Date.parse(b.effective_from));
  for (const { number } of inForce) {
    while (await withTransaction(ctx.db, (tx) => replanSome(tx, ctx, { pack: number, batch })));
  }
}

/** One transaction under a pack; whether there may be more. */
export async function replanSome(
  tx: Transaction,
  ctx: ReplanningCtx,
  { pack, batch }: { readonly pack: number; readonly batch: number },
): Promise<boolean> {
  const { lastId, doneAt } = await lockReplan(tx, pack);
  if (doneAt !== null) return false;
  const now = nowSeconds(ctx.clock);
  const ids = await listOpenAfter(tx, lastId, batch);
  const rows = ids.length === 0 ? [] : await lockFollowUps(tx, ids);
  const works = await readWorks(tx, rows);
  const { sealer } = await holdSealer(tx, ctx.dataKeys);
  const facts = { packs: ctx.rules.packs(), province: ctx.province, now };
  await writeSettled(tx, works, { facts, keyGeneration: sealer.generation });
  const more = ids.length === batch;
  await keepReplan(tx, pack, { lastId: ids.at(-1) ?? lastId, doneAt: more ? null : now });
  return more;
}
