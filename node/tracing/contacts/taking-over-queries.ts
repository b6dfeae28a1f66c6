/**
 * The table `contacts` as wishes to take one over change it.
 */
import { and, eq, isNull, type SQL } from 'drizzle-orm';
import type { Scope } from '../../../shared/acts/access.ts';
import type { Queryable } from '../../../shared/db/database.ts';
import { withinWards } from '../../../shared/db/ward-filter.ts';
import type { TakeOverWish } from './rules.ts';
import { contacts } from './tables.ts';

/** A standing contact in scope, locked; undefined if there is none. */
export async function lockContact(
  { orm }: Queryable,
  wish: TakeOverWish,
  scope: Scope,
): Promise<{ readonly alsoClaimed: boolean } | undefined> {
  const [row] = await orm
    .select({ alsoClaimed: contacts.alsoClaimed })
    .from(contacts)
    .where(and(isContact(wish), isNull(contacts.withdrawnAt), withinWards(contacts.ward, scope)))
    .for('update');
  return row;
}

/** It is wished for, whatever was answered before. */
export async function markAsked({ orm }: Queryable, wish: TakeOverWish): Promise<void> {
  await orm.update(contacts).set({ takeOver: 'asked', takeOverRefusal: null }).where(isContact(wish));
}

/** Whether the hub has not answered yet. */
export async function isAsked({ orm }: Queryable, wish: TakeOverWish): Promise<boolean> {
  const rows = await orm.select({ id: contacts.contactId }).from(contacts).where(isAskedFor(wish));
  return rows.length > 0;
}

/** What the hub said: `refusal` is its reason, null if it agreed. Whether it was still to be answered. */
export async function markAnswered(
  { orm }: Queryable,
  wish: TakeOverWish,
  refusal: string | null,
): Promise<boolean> {
  const answer = { takeOver: refusal === null ? 'agreed' : 'refused', takeOverRefusal: refusal } as const;
  const rows = await orm
    .update(contacts)
    .set(answer)
    .where(isAskedFor(wish))
    .returning({ id: contacts.contactId });
  return rows.length > 0;
}

function isContact({ traceId, contactId }: TakeOverWish): SQL | undefined {
  return and(eq(contacts.traceId, traceId), eq(contacts.contactId, contactId));
}

function isAskedFor(wish: TakeOverWish): SQL | undefined {
  return and(isContact(wish), eq(contacts.takeOver, 'asked'));
}
