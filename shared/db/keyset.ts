/**
 * Where a page of a list begins: keyset paging, which holds while rows come and go.
 */
import { type SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';

/**
 * Condition of a list in the descending order of `columns`: rows behind the place `values`. Compared as a
 * row, so that an index over these columns is entered there.
 */
export function isBehind(columns: readonly PgColumn[], values: readonly unknown[]): SQL {
  const place = values.map((value, i) => sql.param(value, columns[i] as PgColumn));
  return sql`(${sql.join([...columns], sql`, `)}) < (${sql.join(place, sql`, `)})`;
}
