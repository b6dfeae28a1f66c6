/**
 * The tables of the federation key at the hub: numbers, check values, approvals and sealed wraps.
 */
import { and, eq, lte, max, ne, notInArray, sql } from 'drizzle-orm';
import type { Queryable } from '../../shared/db/database.ts';
import {
  federationKeyApprovals,
  federationKeyHolders,
  federationKeys,
  federationKeyWraps,
} from './tables.ts';

/** A generation and its check value (32 hex digits). */
export interface KeyCheck {
  readonly generation: number;
  readonly check: string;
}

/** A generation that a province says it holds. */
export interface Holding extends KeyCheck {
  readonly province: string;
}

/** A wrap that waits; `recipient` is the thumbprint of the enrolment key that it is encrypted to. */
export interface WaitingWrap {
  readonly from: string;
  readonly to: string;
  readonly generation: number;
  readonly recipient: string;
}

/** The greatest generation known; 0 if there is none. Reports wait for each other until the commit. */
export async function lockNewestGeneration({ sql: client, orm }: Queryable): Promise<number> {
  // Drizzle has no word for the lock of a table.
  await client`LOCK TABLE federation_keys IN SHARE ROW EXCLUSIVE MODE`;
  const [row] = await orm.select({ newest: max(federationKeys.generation) }).from(federationKeys);
  return row?.newest ?? 0;
}

/** The generations known, ascending; one a rotation. */
export function listGenerations({ orm }: Queryable): Promise<KeyCheck[]> {
  const { generation, checkValue: check } = federationKeys;
  return orm.select({ generation, check }).from(federationKeys).orderBy(generation).limit(1000);
}

/** Keeps a generation; what was told of it before stays. */
export async function insertGeneration(
  { orm }: Queryable,
  { province, generation, check: checkValue }: Holding,
): Promise<void> {
  await orm.insert(federationKeys).values({ province, generation, checkValue }).onConflictDoNothing();
}

/** What a province says now that it holds, in place of what it said before. */
export async function replaceHoldings(
  { orm }: Queryable,
  province: string,
  held: readonly KeyCheck[],
): Promise<void> {
  const generations = held.map(({ generation }) => generation);
  await orm
    .delete(federationKeyHolders)
    .where(
      and(
        eq(federationKeyHolders.province, province),
        notInArray(federationKeyHolders.generation, generations),
      ),
    );
  if (held.length === 0) return;
  await orm
    .insert(federationKeyHolders)
    .values(held.map(({ generation, check }) => ({ province, generation, checkValue: check })))
    .onConflictDoUpdate({
      target: [federationKeyHolders.province, federationKeyHolders.generation],
      set: { checkValue: sql`excluded.check_value` },
      setWhere: ne(federationKeyHolders.checkValue, sql`excluded.check_value`),
    });
}

/** What every province holds, by province and generation. */
export function listHoldings({ orm }: Queryable): Promise<Holding[]> {
  const { province, generation, checkValue: check } = federationKeyHolders;
  return orm
    .select({ province, generation, check })
    .from(federationKeyHolders)
    .orderBy(province, generation)
    .limit(10_000);
}

/** Removes the wraps of generations that a province need not get: those up to the greatest that it holds. */
export async function deleteReceivedWraps({ orm }: Queryable, province: string): Promise<void> {
  const greatest = orm
    .select({ held: max(federationKeyHolders.generation) })
    .from(federationKeyHolders)
    .innerJoin(
      federationKeys,
      and(
        eq(federationKeys.generation, federationKeyHolders.generation),
        eq(federationKeys.checkValue, federationKeyHolders.checkValue),
      ),
    )
    .where(eq(federationKeyHolders.province, province));
  await orm
    .delete(federationKeyWraps)
    .where(and(eq(federationKeyWraps.toProvince, province), lte(federationKeyWraps.generation, greatest)));
}

/** All approvals, by province that gave them. */
export async function listApprovals({ orm }: Queryable): Promise<string[]> {
  const { approval, fromProvince, toProvince } = federationKeyApprovals;
  const rows = await orm
    .select({ approval })
    .from(federationKeyApprovals)
    .orderBy(fromProvince, toProvince)
    .limit(5000);
  return rows.map((row) => row.approval);
}

/** Keeps the approval of `to` by `from`; whether it is another than before. */
export async function upsertApproval(
  { orm }: Queryable,
  { from, to, approval }: { readonly from: string; readonly to: string; readonly approval: string },
): Promise<boolean> {
  const rows = await orm
    .insert(federationKeyApprovals)
    .values({ fromProvince: from, toProvince: to, approval })
    .onConflictDoUpdate({
      target: [federationKeyApprovals.fromProvince, federationKeyApprovals.toProvince],
      set: { approval },
      setWhere: ne(federationKeyApprovals.approval, approval),
    })
    .returning({ to: federationKeyApprovals.toProvince });
  return rows.length > 0;
}

/** Keeps a wrap in place of an earlier one of the same ends and generation. */
export async function upsertWrap(
  { orm }: Queryable,
  { from, to, generation, recipient, wrap }: WaitingWrap & { readonly wrap: string },
): Promise<void> {
  await orm
    .insert(federationKeyWraps)
    .values({ fromProvince: from, toProvince: to, generation, recipient, wrap })
    .onConflictDoUpdate({
      target: [federationKeyWraps.toProvince, federationKeyWraps.generation, federationKeyWraps.fromProvince],
      set: { recipient, wrap },
    });
}

/** All wraps that wait, without their texts. */
export function listWaiting({ orm }: Queryable): Promise<WaitingWrap[]> {
  const { fromProvince: from, toProvince: to, generation, recipient } = federationKeyWraps;
  return orm
    .select({ from, to, generation, recipient })
    .from(federationKeyWraps)
    .orderBy(to, generation, from)
    .limit(10_000);
}

/** The wraps for a province, by generation. */
export async function listWrapsTo({ orm }: Queryable, province: string): Promise<string[]> {
  const { wrap, toProvince, generation, fromProvince } = federationKeyWraps;
  const rows = await orm
    .select({ wrap })
    .from(federationKeyWraps)
    .where(eq(toProvince, province))
    .orderBy(generation, fromProvince)
    .limit(200);
  return rows.map((row) => row.wrap);
}
