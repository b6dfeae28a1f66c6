/**
 * Reasons that were sealed before what is sealed named its row are sealed anew, a batch at a time.
 */
import { asc, eq } from 'drizzle-orm';
import { AppError } from '../../../shared/errors.ts';
import { boundText } from '../../sealing/bound-text.ts';
import { type SealedDb, sealedFor } from './queries.ts';
import { breakGlass } from './tables.ts';

const BATCH_ROWS = 500;

/** How many rows are bound now; 0 = there are no more. */
export async function bindReasons({ orm, sealer }: SealedDb): Promise<number> {
  const rows = await orm
    .select()
    .from(breakGlass)
    .where(eq(breakGlass.bound, false))
    .orderBy(asc(breakGlass.id))
    .limit(BATCH_ROWS)
    .for('update');
  for (const { id, reasonSealed: before, ...row } of rows) {
    let reasonSealed: Buffer = Buffer.from(before);
    try {
      const text = sealer.open('break_glass.reason', id, before);
      const bound = boundText(sealedFor({ ...row, id: row.publicId }), text);
      reasonSealed = sealer.seal('break_glass.reason', [id], [bound])[0] as Buffer;
    } catch (error) {
      // It was changed: it stays as it is, and whoever reads it is told so.
      if (!(error instanceof AppError)) throw error;
    }
    const keyGeneration = reasonSealed.equals(before) ? row.keyGeneration : sealer.generation;
    await orm
      .update(breakGlass)
      .set({ reasonSealed, keyGeneration, bound: true })
      .where(eq(breakGlass.id, id));
  }
  return rows.length;
}
