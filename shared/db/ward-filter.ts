/**
 * How a decision about areas reaches SQL: one condition, for every query that answers a caller.
 */
import { type SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { Scope } from '../acts/access.ts';

/** Condition: the ward lies in `scope`. A row without a ward is in no ward, and in the whole. */
export function withinWards(ward: PgColumn, scope: Scope): SQL {
  return scope === 'whole' ? sql`true` : sql`${ward} = ANY (${sql.param([...scope])}::text[])`;
}
