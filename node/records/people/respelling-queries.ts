/**
 * SQL of the re-spelling: where it is, and identifiers that are given another spelling.
 */
import { byteaList } from '../../../shared/db/bytea.ts';
import type { Transaction } from '../../../shared/db/database.ts';
import { kindNumberOf } from '../../../shared/domain/identifier.ts';
import type { IntakeTx } from './queries.ts';

type Tx = Pick<Transaction, 'sql'>;

export interface IdentifierRow {
  readonly id: number;
  readonly valueSealed: Buffer;
}

/** The next identifiers to be looked at, by id; holds the place against another program of this node. */
export async function nextRows({ sql }: Tx, limit: number): Promise<IdentifierRow[]> {
  await sql`SELECT FROM identifier_respelling FOR UPDATE`;
  const rows = await sql<{ id: number; value_sealed: Buffer }[]>`
    SELECT id, value_sealed FROM identifiers, identifier_respelling
    WHERE id > done_until AND id <= last_id ORDER BY id LIMIT ${limit}`;
  return rows.map(({ id, value_sealed }) => ({ id, valueSealed: value_sealed }));
}

export async function markDone({ sql }: Tx, id: number): Promise<void> {
  await sql`UPDATE identifier_respelling SET done_until = ${id}`;
}

/** Gives identifiers the spelling that is right, which no row has; their tokens are no longer theirs. */
export async function renameIdentifiers(
  { sql, sealer }: IntakeTx,
  rows: readonly { readonly id: number; readonly right: string }[],
): Promise<void> {
  if (rows.length === 0) return;
  const ids = rows.map(({ id }) => id);
  const values = rows.map(({ right }) => right);
  const sealed = byteaList(sealer.seal('identifiers.value', ids, values));
  const indexes = byteaList(sealer.index('identifiers.value', values));
  await sql`
    UPDATE identifiers i SET value_sealed = g.value_sealed, value_index = g.value_index,
      kind = g.kind, key_generation = ${sealer.generation}, token = NULL, token_generation = NULL,
      next_token = NULL, next_generation = NULL
    FROM unnest(${ids}::int[], ${sealed}::bytea[], ${indexes}::bytea[],
      ${values.map(kindNumberOf)}::smallint[]) g (id, value_sealed, value_index, kind)
    WHERE i.id = g.id`;
}
