/**
 * What of a trace's cases looks wrong, as it is kept with the trace.
 */
import { eq } from 'drizzle-orm';
import type { Queryable } from '../../../shared/db/database.ts';
import type { IndexWarning } from './status.ts';
import { traces } from './tables.ts';

/** Puts it in place of what was kept. */
export async function storeNoticed(
  { orm }: Queryable,
  traceId: string,
  noticed: readonly IndexWarning[],
): Promise<void> {
  await orm.update(traces).set({ noticed }).where(eq(traces.id, traceId));
}
