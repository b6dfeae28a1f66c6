/**
 * What becomes of the data keys in this database: a ring is admitted, generations retire, an operator asks
 * how far re-sealing is. Every change of keys is recorded; no key, and no value, is told anywhere.
 */
import { NODE_PROGRAM } from '../../shared/audit/actors.ts';
import { recordAudit } from '../../shared/audit/record.ts';
import { type Clock, nowSeconds } from '../../shared/clock.ts';
import {
  type Database,
  retryConflicts,
  type Transaction,
  withTransaction,
} from '../../shared/db/database.ts';
import { AppError, type Fault, listed } from '../../shared/errors.ts';
import { DataKeys, keyCheckValue, type SealerSource } from './data-keys.ts';
import type { KeyRing } from './key-ring.ts';
import { type KeySource, readKeyRing } from './key-source.ts';
import * as queries from './queries.ts';
import type { ColumnSealer } from './sealer.ts';

export interface SealingCtx {
  readonly db: Database;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/** A transaction that writes sealed columns, all under one generation. */
export type SealingTx<Tx> = Tx & { readonly sealer: ColumnSealer };

/**
 * `tx` with what it seals and looks up by. Until it ends no other generation becomes current, so that two
 * writers at a time look for equal values under the same one, and re-sealing leaves nobody's rows behind.
 */
export async function holdSealer<Tx extends Pick<Transaction, 'sql'>>(
  tx: Tx,
  dataKeys: SealerSource,
): Promise<SealingTx<Tx>> {
  await queries.holdGeneration(tx);
  return { ...tx, sealer: dataKeys.sealer };
}

/**
 * Runs `adopt`, which changes what `dataKeys.sealer` is, at a moment when nobody seals. Throws
 * TRANSACTION_CONFLICT, with nothing changed, if somebody has been sealing for a second.
 */
export async function switchGeneration({ db }: Pick<SealingCtx, 'db'>, adopt: () => void): Promise<void> {
  await withTransaction(db, async (tx) => {
    await queries.lockGeneration(tx);
    adopt();
  });
}

/**
 * Nobody else writes sealed columns until the transaction ends. Throws TRANSACTION_CONFLICT if somebody has
 * been at it for a second.
 */
export const keepSealersOut = queries.lockGeneration;

/** Data keys of `source`, which open all that the database holds. Throws as `admitKeyRing`, `readKeyRing`. */
export async function openDataKeys(ctx: SealingCtx, source: KeySource): Promise<DataKeys> {
  const ring = await readKeyRing(source);
  const dataKeys = new DataKeys(ring, await admitKeyRing(ctx, ring));
  // What a process before this one had begun under another generation has ended.
  await retryConflicts(() => switchGeneration(ctx, () => undefined));
  return dataKeys;
}

/**
 * Admits a ring to this database: from then on rows are sealed under its current generation. The answer is
 * the generations that rows may be sealed under. Throws FAILED_PRECONDITION DATA_KEYS_INCOMPLETE (one of
 * those is not in the ring), DATA_KEYS_WRONG (the ring has another key for it), DATA_KEYS_OUTDATED (the
 * database knows a later generation than the ring's current one); nothing has changed then.
 */
export async function admitKeyRing({ db, clock }: SealingCtx, ring: KeyRing): Promise<number[]> {
  return withTransaction(db, async (tx) => {
    await queries.lockKeys(tx);
    const known = await queries.listKeys(tx);
    checkRing(ring, known);
    const live = known.flatMap(({ generation, retiredAt }) => (retiredAt === null ? [generation] : []));
    if (live.includes(ring.current)) return live;
    await queries.insertKey(tx, ring.current, keyCheckValue(ring.keys.get(ring.current) as Uint8Array));
    if (known.length > 0) await recordRotation(tx, ring.current, live, nowSeconds(clock));
    return [...live, ring.current];
  });
}

function checkRing({ current, keys }: KeyRing, known: readonly queries.StoredKey[]): void {
  const numbers = (found: readonly queries.StoredKey[]) => found.map((key) => key.generation).join(', ');
  const missing = known.filter((key) => key.retiredAt === null && !keys.has(key.generation));
  if (missing.length > 0) {
    const params = { generations: numbers(missing) };
    throw refused('INCOMPLETE', { reason: 'GENERATIONS_LACKING', params });
  }
  const wrong = known.filter(({ generation, checkValue }) => {
    const key = keys.get(generation);
    return key !== undefined && !keyCheckValue(key).equals(checkValue);
  });
  if (wrong.length > 0) {
    throw refused('WRONG', { reason: 'GENERATIONS_WRONG', params: { generations: numbers(wrong) } });
  }
  const newest = known.at(-1)?.generation ?? 0;
  if (newest > current) {
    throw refused('OUTDATED', { reason: 'GENERATION_OUTDATED', params: { current, newest } });
  }
}

function refused(reason: 'INCOMPLETE' | 'WRONG' | 'OUTDATED', found: Fault): AppError {
  const details = [{ ...found, field: 'data_keys' }];
  return new AppError('FAILED_PRECONDITION', `DATA_KEYS_${reason}`, listed(details), { details });
}

async function recordRotation(tx: Transaction, to: number, from: readonly number[], now: number) {
  const detail = { generation: to, before: from };
  await recordAudit(tx, { action: 'data_keys.rotated', actor: NODE_PROGRAM, outcome: 'done', detail }, now);
}

/**
 * Retires the generations that no row is sealed under, the current one excepted; the answer is those that
 * remain. Only after a whole pass of re-sealing: until then rows come and go.
 */
export async function retireGenerations(
  { db, clock }: SealingCtx,
  { current, live }: { readonly current: number; readonly live: readonly number[] },
): Promise<number[]> {
  const remaining = [current];
  for (const generation of live.filter((other) => other !== current)) {
    const used = await isUsed(db, generation);
    if (used) remaining.push(generation);
    else await retire(db, generation, nowSeconds(clock));
  }
  return remaining;
}

async function isUsed(db: Database, generation: number): Promise<boolean> {
  for (const table of queries.SEALED_TABLES) {
    if (await queries.hasRowsUnder(db, table, generation)) return true;
  }
  return false;
}

async function retire(db: Database, generation: number, now: number): Promise<void> {
  await withTransaction(db, async (tx) => {
    if (!(await queries.markRetired(tx, generation))) return;
    const detail = { generation };
    await recordAudit(tx, { action: 'data_keys.retired', actor: NODE_PROGRAM, outcome: 'done', detail }, now);
  });
}

/** One generation as the operator sees it; instants in epoch seconds. */
export interface GenerationStatus {
  readonly generation: number;
  readonly firstUsedAt: number;
  readonly retiredAt: number | null;
  /** Rows sealed under it, by table. */
  readonly rows: Readonly<Record<string, number>>;
}

/** All generations that the database knows, ascending. Counts all rows: for an operator, not for a metric. */
export async function readSealingStatus({ db }: Pick<SealingCtx, 'db'>): Promise<GenerationStatus[]> {
  const counts = new Map<string, Map<number, number>>();
  for (const table of queries.SEALED_TABLES) {
    counts.set(table.table, await queries.countByGeneration(db, table));
  }
  return (await queries.listKeys(db)).map(({ generation, firstUsedAt, retiredAt }) => ({
    ...{ generation, firstUsedAt, retiredAt },
    rows: Object.fromEntries([...counts].map(([table, rows]) => [table, rows.get(generation) ?? 0])),
  }));
}
