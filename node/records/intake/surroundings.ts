/**
 * What is stored around the check-ins of a batch, whose identifiers are locked. One look answers for most:
 * only who has no out is asked about what comes after.
 */
import type { Queryable } from '../../../shared/db/database.ts';
import { findNearest, type Side } from './queries.ts';
import type { CheckIn, StoredCheckIn, Surroundings } from './rules.ts';

const NOTHING: readonly StoredCheckIn[] = [];

/** By position in `rows`. Identifiers that were `created` just now have nothing stored beside theirs. */
export async function findSurroundings(
  db: Pick<Queryable, 'sql'>,
  rows: readonly CheckIn[],
  created: ReadonlySet<number>,
): Promise<(index: number) => Surroundings> {
  const look = async (side: Side, wanted: (row: CheckIn, index: number) => boolean) => {
    const asked = [...rows.entries()].filter(([index, row]) => wanted(row, index));
    if (asked.length === 0) return () => NOTHING;
    const found = await findNearest(
      db,
      asked.map(([, row]) => row),
      side,
    );
    const byIndex = new Map([...found].map(([position, stored]) => [asked[position]?.[0], stored]));
    return (index: number) => byIndex.get(index) ?? NOTHING;
  };
  const until = await look('until', ({ identifierId }) => !created.has(identifierId));
  /** What was found lies at one instant: it is that of the row, or all of it lies before. */
  const isAt = (index: number) => until(index)[0]?.inAt === rows[index]?.inAt;
  const same = (index: number) =>
    isAt(index) ? until(index).find(({ placeId }) => placeId === rows[index]?.placeId) : undefined;
  const isOpen = ({ identifierId, outAt }: CheckIn) => outAt === null && !created.has(identifierId);
  const after = await look('after', (row, index) => isOpen(row) && same(index) === undefined);
  return (index) => ({
    same: same(index),
    before: isAt(index) ? NOTHING : until(index),
    afterInAt: after(index)[0]?.inAt ?? null,
  });
}
