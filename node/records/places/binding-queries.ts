/**
 * Names of places that were sealed before what is sealed named its row are sealed anew, a batch at a time.
 */
import { byteaList } from '../../../shared/db/bytea.ts';
import type { Transaction } from '../../../shared/db/database.ts';
import { AppError } from '../../../shared/errors.ts';
import { boundText } from '../../sealing/bound-text.ts';
import type { ColumnSealer } from '../../sealing/sealer.ts';
import { type PlaceRow, rowOfPlace } from './rules.ts';

const BATCH_ROWS = 2_000;

/** How many rows are bound now; 0 = there are no more. By hand: see queries.ts. */
export async function bindPlaceNames({
  sql,
  sealer,
}: Pick<Transaction, 'sql'> & { readonly sealer: ColumnSealer }): Promise<number> {
  const rows = await sql<(PlaceRow & { id: number; sealed: Buffer | null })[]>`
    SELECT id, place, ward, name_sealed AS sealed FROM places
    WHERE NOT bound ORDER BY id LIMIT ${BATCH_ROWS} FOR UPDATE`;
  const opened = rows.flatMap(({ id, sealed, ...row }) => {
    try {
      return { id, text: boundText(rowOfPlace(row), sealer.openOptional('places.name', id, sealed)) };
    } catch (error) {
      // It was changed: it stays as it is, and whoever reads it is told so.
      if (error instanceof AppError) return [];
      throw error;
    }
  });
  const ids = opened.map(({ id }) => id);
  const texts = opened.map(({ text }) => text);
  await sql`UPDATE places SET bound = true WHERE id = ANY (${rows.map(({ id }) => id)}::int[])`;
  await sql`
    UPDATE places p SET name_sealed = g.sealed, key_generation = ${sealer.generation}
    FROM unnest(${ids}::int[], ${byteaList(sealer.seal('places.name', ids, texts))}::bytea[]) g (id, sealed)
    WHERE p.id = g.id`;
  return rows.length;
}
