/**
 * The table `oprf_keys`: the check value of each generation of the key service's key.
 */
import type { Queryable } from '../../../shared/db/database.ts';
import type { OprfKeyCheck } from '../../../shared/pseudonym/key-check.ts';
import { oprfKeys } from './tables.ts';

/** All pinned generations; a handful. */
export function listPins({ orm }: Queryable): Promise<OprfKeyCheck[]> {
  const { generation, checkValue: check } = oprfKeys;
  return orm.select({ generation, check }).from(oprfKeys).orderBy(generation);
}

/** Pins a generation; false if one is pinned already: the first stays. */
export async function insertPin(
  { orm }: Queryable,
  { generation, check: checkValue }: OprfKeyCheck,
  statement: string | null,
): Promise<boolean> {
  const rows = await orm
    .insert(oprfKeys)
    .values({ generation, checkValue, statement })
    .onConflictDoNothing()
    .returning({ generation: oprfKeys.generation });
  return rows.length === 1;
}
