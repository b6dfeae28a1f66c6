/**
 * How a decision about areas reaches SQL: one condition, for every query that answers a caller.
 */
import type { Scope } from '../acts/access.ts';
import type { Queryable } from './database.ts';

/**
 * `AND <column> = ANY (…)` for the wards of `scope`, and nothing for the whole. A row without a ward is in no
 * ward. `column` is written by us, never input.
 */
export function withinWards({ sql }: Pick<Queryable, 'sql'>, scope: Scope, column = 'ward') {
  return scope === 'whole' ? sql`` : sql`AND ${sql.unsafe(column)} = ANY (${[...scope]}::text[])`;
}
