/**
 * The filters of a list as conditions: each filter is said once, beside the list's table, and gives both what
 * callers may pass and what is asked of a row.
 */
import { and, type SQL } from 'drizzle-orm';

/** For each filter, by its name, what it asks of a row. */
export type Conditions = Readonly<Record<string, (value: never) => SQL>>;

/** What is filtered by; a filter that is absent asks nothing. */
export type FiltersOf<C extends Conditions> = { readonly [K in keyof C]?: Parameters<C[K]>[0] | undefined };

/** All that the given filters ask; undefined, which `and` and `where` take, if that is nothing. */
export function conditionsOf<C extends Conditions>(conditions: C, filters: FiltersOf<C>): SQL | undefined {
  const asked = Object.entries(conditions).map(([name, condition]) => {
    const value = filters[name];
    return value === undefined ? undefined : condition(value as never);
  });
  return and(...asked);
}
