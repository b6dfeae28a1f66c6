/**
 * Keys of records: a number that the source has of its own, or, of what people typed, an HMAC under a
 * secret of this database, which is sealed and stays the same when the data keys are rotated. Without the
 * data keys nobody can guess whose record a row is.
 */
import { type Database, type Transaction, withTransaction } from '../../../shared/db/database.ts';
import { newKey } from '../../../shared/ids.ts';
import type { SealerSource } from '../../sealing/data-keys.ts';
import { HmacKey } from '../../sealing/hmac-key.ts';
import { holdSealer } from '../../sealing/operations.ts';
import type { ColumnSealer } from '../../sealing/sealer.ts';
import { TokenSealer } from '../../sealing/token-sealer.ts';
import type { IntakeTx, SealedDb } from './queries.ts';
import { keyTextOf, type RecordValue } from './rules.ts';

type SealingTx = Pick<Transaction, 'sql'> & { readonly sealer: ColumnSealer };

const SECRET_BYTES = 32;
const ONLY_ROW = 1;

/** Keys of rows of a file, in hex, in their order. */
export async function importKeysOf(tx: IntakeTx, rows: readonly RecordValue[]): Promise<string[]> {
  const secret = new HmacKey(await secretOf(tx));
  return rows.map((row) => secret.of(keyTextOf(row)));
}

/** The secret, made if there is none. */
export async function secretOf(tx: SealingTx): Promise<Uint8Array> {
  return (await findSecret(tx)) ?? (await makeSecret(tx));
}

/** What seals the tokens of this database; its secret stays the same when the data keys are rotated. */
export async function openTokens(ctx: { db: Database; dataKeys: SealerSource }): Promise<TokenSealer> {
  const found = await findSecret({ sql: ctx.db.sql, sealer: ctx.dataKeys.sealer });
  const make = async (tx: Transaction) => secretOf(await holdSealer(tx, ctx.dataKeys));
  return new TokenSealer(found ?? (await withTransaction(ctx.db, make)));
}

/** Key of what has a UUID, in hex. */
export function uuidKey(id: string): string {
  return id.replaceAll('-', '');
}

async function findSecret({ sql, sealer }: SealedDb): Promise<Uint8Array | undefined> {
  const [row] = await sql<{ value_sealed: Buffer }[]>`
    SELECT value_sealed FROM record_secret WHERE id = ${ONLY_ROW}`;
  return row && Buffer.from(sealer.open('record_secret.value', ONLY_ROW, row.value_sealed), 'hex');
}

/** Whoever comes first decides; who comes at the same time waits for that one. */
async function makeSecret(tx: SealingTx): Promise<Uint8Array> {
  const text = Buffer.from(newKey(SECRET_BYTES)).toString('hex');
  const [sealed] = tx.sealer.seal('record_secret.value', [ONLY_ROW], [text]);
  await tx.sql`
    INSERT INTO record_secret (id, value_sealed, key_generation)
    VALUES (${ONLY_ROW}, ${sealed as Buffer}, ${tx.sealer.generation}) ON CONFLICT DO NOTHING`;
  return (await findSecret(tx)) as Uint8Array;
}
