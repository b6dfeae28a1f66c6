/**
 * What a database needs before anybody works on it: each room prepares its own. A crash on the way goes on
 * where it was.
 */
import { withTransaction } from '../shared/db/database.ts';
import { bindReasons } from './desk/break-glass/binding-queries.ts';
import { type PrepareCtx, prepareRecords } from './records/people/preparing.ts';
import { bindPlaceNames } from './records/places/binding-queries.ts';
import { holdSealer } from './sealing/operations.ts';

/** Resolves when everything is there. */
export async function prepareData(ctx: PrepareCtx): Promise<void> {
  await prepareRecords(ctx);
  for (const bind of [bindPlaceNames, bindReasons]) {
    while ((await withTransaction(ctx.db, async (tx) => bind(await holdSealer(tx, ctx.dataKeys)))) > 0);
  }
}
