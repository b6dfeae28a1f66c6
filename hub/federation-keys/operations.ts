/**
 * Relays the federation key between provinces: who holds which generation (by check value), who has approved
 * whose keys, and sealed wraps. The hub can read none of them; it sees to it that a number means one key.
 */
import { recordAudit } from '../../shared/audit/record.ts';
import { type Clock, nowSeconds } from '../../shared/clock.ts';
import { type Database, type Transaction, withTransaction } from '../../shared/db/database.ts';
import { invalidField } from '../../shared/errors.ts';
import { MAX_GENERATION, wrapRecipient } from '../../shared/signed/federation-key.ts';
import { approvedProvince } from '../../shared/signed/key-approval.ts';
import * as queries from './queries.ts';

export interface FederationKeysCtx {
  readonly db: Database;
  readonly clock: Clock;
}

/** Generations that a province may hold at once; two are usual, three while traces of two rotations run. */
const MAX_HELD = 32;
/** Every province but one, each with all that is held. */
const MAX_PUT = 1_000;

/** What the hub knows, for a province that asks. */
export interface KeyState {
  readonly generations: readonly queries.KeyCheck[];
  readonly holdings: readonly queries.Holding[];
  readonly approvals: readonly string[];
  readonly waiting: readonly queries.WaitingWrap[];
}

/**
 * Takes what `province` holds, and says what is known. A generation that nobody has told of yet is registered
 * with its check value, once and for ever; the caller sees from the answer whether it was the first. Throws
 * INVALID_FIELD.
 */
export async function reportKeys(
  ctx: FederationKeysCtx,
  province: string,
  held: readonly queries.KeyCheck[],
): Promise<KeyState> {
  checkHeld(held);
  const known = new Map((await queries.listGenerations(ctx.db)).map((one) => [one.generation, one.check]));
  const before = (await queries.listHoldings(ctx.db)).filter((one) => one.province === province);
  const isNews = held.some(({ generation }) => !known.has(generation)) || !sameChecks(before, held);
  if (isNews) await withTransaction(ctx.db, (tx) => takeReport(ctx, tx, { province, held }));
  return {
    generations: await queries.listGenerations(ctx.db),
    holdings: await queries.listHoldings(ctx.db),
    approvals: await queries.listApprovals(ctx.db),
    waiting: await queries.listWaiting(ctx.db),
  };
}

interface Report {
  readonly province: string;
  readonly held: readonly queries.KeyCheck[];
}

async function takeReport(
  ctx: FederationKeysCtx,
  tx: Transaction,
  { province, held }: Report,
): Promise<void> {
  let newest = await queries.lockNewestGeneration(tx);
  for (const { generation, check } of [...held].sort((a, b) => a.generation - b.generation)) {
    // Numbers are counted, not chosen: a false one far ahead would leave no room for the true ones. Only what
    // comes first, when the hub has been set up anew, may be any.
    if (newest > 0 && generation > newest + 1) throw invalidField('held', 'GENERATION_SKIPPED');
    if (generation <= newest) continue;
    await queries.insertGeneration(tx, { province, generation, check });
    const action = generation === 1 ? 'federation_key.created' : 'federation_key.rotated';
    const actor = { kind: 'node', id: province } as const;
    const detail = { generation, check };
    await recordAudit(tx, { action, actor, outcome: 'done', detail }, nowSeconds(ctx.clock));
    newest = generation;
  }
  await queries.replaceHoldings(tx, province, held);
  await queries.deleteReceivedWraps(tx, province);
}

/** What one province leaves for others. */
export interface PutWraps {
  readonly approvals: readonly string[];
  readonly wraps: readonly { readonly to: string; readonly generation: number; readonly wrap: string }[];
}

/**
 * Keeps `province`'s approvals and wraps, all or none. Their signatures are for the provinces to check.
 * Throws INVALID_ARGUMENT WRAP_MALFORMED, APPROVAL_MALFORMED, INVALID_FIELD.
 */
export async function putWraps(ctx: FederationKeysCtx, province: string, put: PutWraps): Promise<void> {
  if (put.approvals.length + put.wraps.length > MAX_PUT)
    throw invalidField('wraps', 'TOO_MANY', { most: MAX_PUT });
  const approvals = put.approvals.map((approval) => ({ approval, to: approvedProvince(approval) }));
  const wraps = put.wraps.map((wrap) => ({ ...wrap, from: province, recipient: wrapRecipient(wrap.wrap) }));
  for (const { to, generation } of wraps) {
    if (!/^[0-9]{2}$/.test(to)) throw invalidField('to', 'NOT_A_PROVINCE_CODE');
    checkGeneration(generation);
  }
  await withTransaction(ctx.db, async (tx) => {
    for (const { to, approval } of approvals) {
      if (!(await queries.upsertApproval(tx, { from: province, to, approval }))) continue;
      const actor = { kind: 'node', id: province } as const;
      const entry = {
        action: 'federation_key.approved',
        actor,
        outcome: 'done',
        detail: { province: to },
      } as const;
      await recordAudit(tx, entry, nowSeconds(ctx.clock));
    }
    for (const wrap of wraps) await queries.upsertWrap(tx, wrap);
  });
}

/** The wraps that wait for `province`. */
export function listWraps({ db }: Pick<FederationKeysCtx, 'db'>, province: string): Promise<string[]> {
  return queries.listWrapsTo(db, province);
}

function checkHeld(held: readonly queries.KeyCheck[]): void {
  if (held.length > MAX_HELD) throw invalidField('held', 'TOO_MANY', { most: MAX_HELD });
  if (new Set(held.map(({ generation }) => generation)).size < held.length)
    throw invalidField('held', 'REPEATED');
  for (const { generation, check } of held) {
    checkGeneration(generation);
    if (!/^[0-9a-f]{32}$/.test(check)) throw invalidField('check', 'NOT_HEX', { digits: 32 });
  }
}

function checkGeneration(generation: number): void {
  if (generation < 1 || generation > MAX_GENERATION)
    throw invalidField('generation', 'OUT_OF_BOUNDS', { least: 1, most: MAX_GENERATION });
}

function sameChecks(a: readonly queries.KeyCheck[], b: readonly queries.KeyCheck[]): boolean {
  const text = (checks: readonly queries.KeyCheck[]) =>
    checks
      .map(({ generation, check }) => `${generation} ${check}`)
      .sort()
      .join();
  return text(a) === text(b);
}
