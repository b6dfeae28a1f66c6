/**
 * The table `key_rotations`, and under which generations traces are open.
 */
import { and, desc, eq, isNull, ne, sql } from 'drizzle-orm';
import type { Queryable } from '../../shared/db/database.ts';
import { traces } from '../traces/tables.ts';
import type { KeyRotation } from './rotation-rules.ts';
import { keyRotations } from './tables.ts';

const { generation, former, leftBehind, usedFrom, retiredAt } = keyRotations;
const COLUMNS = { generation, former, leftBehind, usedFrom, retiredAt };

/** The newest rotation; undefined if there has been none. */
export async function findRotation({ orm }: Queryable): Promise<KeyRotation | undefined> {
  const [row] = await orm.select(COLUMNS).from(keyRotations).orderBy(desc(generation)).limit(1);
  return row;
}

/** The same; nobody else changes it until the transaction ends, or begins another. */
export async function lockRotation(tx: Queryable): Promise<KeyRotation | undefined> {
  await tx.sql`LOCK TABLE key_rotations IN SHARE ROW EXCLUSIVE MODE`;
  return findRotation(tx);
}

/** Begins one. */
export async function insertRotation(
  { orm }: Queryable,
  rotation: Pick<KeyRotation, 'generation' | 'former' | 'leftBehind'>,
): Promise<void> {
  await orm.insert(keyRotations).values({ ...rotation, leftBehind: [...rotation.leftBehind] });
}

/** Replaces whom a rotation leaves behind. */
export async function updateLeftBehind(
  { orm }: Queryable,
  wanted: number,
  provinces: readonly string[],
): Promise<void> {
  await orm
    .update(keyRotations)
    .set({ leftBehind: [...provinces] })
    .where(eq(generation, wanted));
}

/** New openings use it from `now` on (epoch seconds). */
export async function markUsed({ orm }: Queryable, wanted: number, now: number): Promise<void> {
  await orm.update(keyRotations).set({ usedFrom: now }).where(eq(generation, wanted));
}

/** The former one is not served from `now` on. */
export async function markRetired({ orm }: Queryable, wanted: number, now: number): Promise<void> {
  await orm.update(keyRotations).set({ retiredAt: now }).where(eq(generation, wanted));
}

/** How many traces are open under other generations than this one. */
export async function countOpenUnderOthers({ orm }: Queryable, used: number): Promise<number> {
  const [row] = await orm
    .select({ count: sql<number>`count(*)::int` })
    .from(traces)
    .where(and(isNull(traces.closedAt), ne(traces.keyGeneration, used)));
  return row?.count ?? 0;
}
