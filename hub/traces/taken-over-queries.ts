/**
 * The table `taken_over`: contacts that another province that claims them has taken over.
 */
import { eq } from 'drizzle-orm';
import type { Queryable } from '../../shared/db/database.ts';
import { takenOver } from './tables.ts';

export interface TakeOver {
  readonly traceId: string;
  /** 32 hex digits. */
  readonly contactId: string;
  /** That takes it. */
  readonly province: string;
}

/** Contacts of a trace that were taken over, and by whom. */
export function listTakenOver({ orm }: Queryable, wanted: string): Promise<TakeOver[]> {
  const { traceId, contactId, province } = takenOver;
  return orm.select({ traceId, contactId, province }).from(takenOver).where(eq(traceId, wanted));
}

/** Keeps who takes a contact, in place of who did before. */
export async function upsertTakeOver({ orm }: Queryable, wish: TakeOver): Promise<void> {
  await orm
    .insert(takenOver)
    .values(wish)
    .onConflictDoUpdate({
      target: [takenOver.traceId, takenOver.contactId],
      set: { province: wish.province },
    });
}
