/**
 * What people do with the federation key at a node: see how it stands, create the first, approve a newcomer
 * whose fingerprint they have compared, rotate. And what tracing asks: which generation an opening uses.
 */
import { z } from 'zod';
import type { Caller } from '../../../shared/acts/access.ts';
import type { KeptAnswer } from '../../../shared/acts/terms.ts';
import { type Clock, nowSeconds } from '../../../shared/clock.ts';
import type { Database } from '../../../shared/db/database.ts';
import { AppError } from '../../../shared/errors.ts';
import { provinceName } from '../../../shared/gazetteer.ts';
import { newKey } from '../../../shared/ids.ts';
import { FEDERATION_KEY_BYTES } from '../../../shared/pseudonym/trace-key.ts';
import { type FederationKey, FIRST_GENERATION } from '../../../shared/signed/federation-key.ts';
import { approvedProvince, signApproval } from '../../../shared/signed/key-approval.ts';
import { fingerprintOf, type ProvinceStatement } from '../../../shared/signed/province-statement.ts';
import { changeInSteps, read } from './acts.ts';
import type { KeyCourier } from './courier.ts';
import { type KeyRing, keyMissing } from './key-ring.ts';
import { factsOf, generationOf, type KeyIdentity, type KeyView } from './key-view.ts';
import { generationForOpening } from './rules.ts';

export interface FederationKeysCtx {
  readonly db: Database;
  readonly clock: Clock;
  readonly ring: KeyRing;
  readonly courier: Pick<KeyCourier, 'sync' | 'view'>;
  readonly me: KeyIdentity;
}

/** A province whose keys no trusted province has approved; the fingerprint is of its statement. */
export interface Newcomer {
  readonly province: string;
  readonly name: string;
  readonly fingerprint: string;
  /** When the federation CA stated its keys, epoch seconds. */
  readonly statedAt: number;
  /** Whether it says that it holds a key already. */
  readonly holds: boolean;
}

/** One generation held here. */
export interface GenerationStatus {
  readonly generation: number;
  readonly check: string;
  readonly useFrom: number;
  readonly heldBy: readonly string[];
  /** Approved provinces that do not hold it yet. */
  readonly awaited: readonly string[];
  /** Provinces that hold another key under this number: somebody must find out why. */
  readonly conflicts: readonly string[];
}

export interface KeyStatus {
  readonly generations: readonly GenerationStatus[];
  /** The generation of the next opening; null while there is none. */
  readonly current: number | null;
  /** A generation made here that the hub has not taken yet. */
  readonly proposed: number | null;
  /** Who gave this node its first key, with the fingerprint to compare. */
  readonly giver: { readonly province: string; readonly fingerprint: string | null } | null;
  readonly trusted: readonly string[];
}

export interface RotationResult {
  readonly generation: number;
  /** `proposed` until the hub has heard of it. */
  readonly state: 'held' | 'proposed';
  readonly sentTo: readonly string[];
  /** Enrolled provinces that nobody trusted has approved: they get nothing. */
  readonly leftOut: readonly string[];
}

/** How long others are waited for before openings use a new generation without them. */
const USE_AFTER_S = 86_400;
/** An opening is not made upon an older view of who holds what. */
const FRESH_MS = 30_000;

/** Who waits for an approval, by code. Rejects as the hub does. */
export function listNewcomers(ctx: FederationKeysCtx, caller: Caller): Promise<Newcomer[]> {
  return read(ctx, caller, 'federation_key.newcomers', {}, async () => {
    const view = await ctx.courier.sync();
    return newcomersOf(view).map((statement) => ({
      province: statement.province,
      name: provinceName(statement.province) ?? statement.province,
      fingerprint: fingerprintOf(statement),
      statedAt: statement.issued_at,
      holds: view.holdings.some(({ province }) => province === statement.province),
    }));
  });
}

/** How the federation key stands here and, by the hub's word, elsewhere. Rejects as the hub does. */
export function describeKeys(ctx: FederationKeysCtx, caller: Caller): Promise<KeyStatus> {
  return read(ctx, caller, 'federation_key.read', {}, async () => statusIn(ctx, await ctx.courier.sync()));
}

function statusIn(ctx: FederationKeysCtx, view: KeyView): KeyStatus {
  const { keys, proposed, giver } = ctx.ring.content;
  const facts = factsOf(view, keys);
  const statement = view.provinces.find((one) => one.statement.province === giver?.province)?.statement;
  return {
    generations: keys.map((key) => statusOf(key, view, ctx.me.holder.province)),
    current: generationForOpening(facts, nowSeconds(ctx.clock)) ?? null,
    proposed: proposed?.generation ?? null,
    giver: giver
      ? { province: giver.province, fingerprint: statement ? fingerprintOf(statement) : null }
      : null,
    trusted: [...view.trusted].sort(),
  };
}

/**
 * Creates the federation's first key. Throws FAILED_PRECONDITION FEDERATION_KEY_EXISTS if this node or any
 * other has one; ALREADY_EXISTS FEDERATION_KEY_TAKEN if another was quicker.
 */
export async function createKey(ctx: FederationKeysCtx, caller: Caller): Promise<RotationResult> {
  const key = { generation: FIRST_GENERATION, key: newKey(FEDERATION_KEY_BYTES), useFrom: 0 };
  return proposeKey(ctx, caller, 'federation_key.create', ({ generations }) => {
    if (ctx.ring.content.keys.length > 0 || generations.length > 0)
      throw new AppError('FAILED_PRECONDITION', 'FEDERATION_KEY_EXISTS', 'the federation has a key already');
    return key;
  });
}

/**
 * Makes the next generation and passes it on to every approved province that is not revoked; `atOnce` has it
 * used without waiting for those that lack it still. Throws FAILED_PRECONDITION FEDERATION_KEY_MISSING,
 * FEDERATION_KEY_PENDING while an earlier one waits for the hub; ALREADY_EXISTS FEDERATION_KEY_TAKEN if
 * another province was quicker.
 */
export async function rotateKey(
  ctx: FederationKeysCtx,
  caller: Caller,
  { atOnce }: { readonly atOnce: boolean },
): Promise<RotationResult> {
  return proposeKey(ctx, caller, 'federation_key.rotate', ({ generations }) => {
    const held = ctx.ring.content.keys.at(-1);
    if (!held) throw keyMissing();
    const newest = Math.max(held.generation, ...generations.map(({ generation }) => generation));
    const useFrom = nowSeconds(ctx.clock) + (atOnce ? 0 : USE_AFTER_S);
    return { generation: newest + 1, key: newKey(FEDERATION_KEY_BYTES), useFrom };
  });
}

/**
 * Approves the keys of a province after people have compared `fingerprint` by another way than this network,
 * and passes on all generations. Throws NOT_FOUND PROVINCE_UNKNOWN for one without a statement, or revoked;
 * FAILED_PRECONDITION FINGERPRINT_MISMATCH, which is put on the record.
 */
export async function approveProvince(
  ctx: FederationKeysCtx,
  caller: Caller,
  { province, fingerprint }: { readonly province: string; readonly fingerprint: string },
): Promise<{ generations: number[] }> {
  const { me, ring, courier } = ctx;
  await changeInSteps(
    ctx,
    caller,
    'federation_key.approve',
    { on: [{ province }] },
    async (step, { keep }) => {
      keep({ province });
      const view = await courier.sync();
      await step({}, async () => {
        const statement = statementToApprove(view, me.holder.province, { province, fingerprint });
        const signer = { province: me.holder.province, openingKey: me.openingKey };
        const approval = await signApproval(signer, statement, nowSeconds(ctx.clock));
        await ring.change((content) => ({
          ...content,
          approvals: [...content.approvals.filter((one) => approvedProvince(one) !== province), approval],
        }));
      });
    },
  );
  // What does not get through now goes with a later pass.
  await courier.sync().catch(() => undefined);
  return { generations: heldGenerations(ctx) };
}

/** The generations that this node holds, ascending. */
export function heldGenerations({ ring }: Pick<FederationKeysCtx, 'ring'>): number[] {
  return ring.content.keys.map(({ generation }) => generation);
}

function statementToApprove(
  view: KeyView,
  me: string,
  { province, fingerprint }: { readonly province: string; readonly fingerprint: string },
): ProvinceStatement {
  const found = view.provinces.find((one) => one.statement.province === province && !one.revoked);
  if (!found || province === me)
    throw new AppError('NOT_FOUND', 'PROVINCE_UNKNOWN', `no province ${province} to approve`);
  if (lettersOf(fingerprint) === lettersOf(fingerprintOf(found.statement))) return found.statement;
  const message = `the fingerprint is not that of province ${province}: compare again, by telephone`;
  throw new AppError('FAILED_PRECONDITION', 'FINGERPRINT_MISMATCH', message);
}

/**
 * The generation of a new opening. Throws UNAVAILABLE FEDERATION_KEY_MISSING while the node has none: the
 * trace waits. Rejects as the hub does if nothing has been heard from it for half a minute.
 */
export async function openingGeneration(ctx: Omit<FederationKeysCtx, 'db' | 'me'>): Promise<number> {
  const { clock, courier, ring } = ctx;
  const known = courier.view;
  const isFresh = known !== undefined && clock.nowMs() - known.atMs < FRESH_MS;
  const view = isFresh ? known : await courier.sync();
  const generation = generationForOpening(factsOf(view, ring.content.keys), nowSeconds(clock));
  if (generation !== undefined) return generation;
  throw new AppError('UNAVAILABLE', 'FEDERATION_KEY_MISSING', 'the federation key has not come yet');
}

async function proposeKey(
  ctx: FederationKeysCtx,
  caller: Caller,
  act: 'federation_key.create' | 'federation_key.rotate',
  make: (view: KeyView) => FederationKey,
): Promise<RotationResult> {
  const { key, known } = await changeInSteps(ctx, caller, act, {}, async (step, { note, keep }) => {
    const known = await ctx.courier.sync();
    const key = make(known);
    const { generation, check } = generationOf(key);
    note({ generation, check });
    keep({ generation, check });
    await step({}, () =>
      ctx.ring.change((content) => {
        if (!content.proposed) return { ...content, proposed: key };
        const params = { generation: content.proposed.generation };
        const message = `generation ${params.generation} still waits for the hub`;
        throw new AppError('FAILED_PRECONDITION', 'FEDERATION_KEY_PENDING', message, { params });
      }),
    );
    return { key, known };
  });
  const view = await ctx.courier.sync().catch(() => known);
  return resultOf(ctx, generationOf(key), view);
}

/** How what `createKey` or `rotateKey` has made stands now, for whoever asks for that answer again. */
export async function rotationBefore(ctx: FederationKeysCtx, kept: KeptAnswer): Promise<RotationResult> {
  const { generation, check } = keptShape.parse(kept);
  return resultOf(ctx, { generation, check }, await ctx.courier.sync());
}

const keptShape = z.object({ generation: z.int(), check: z.string() });

function resultOf(
  { ring, me }: FederationKeysCtx,
  { generation, check }: { readonly generation: number; readonly check: string },
  view: KeyView,
): RotationResult {
  const { keys, proposed } = ring.content;
  const isHeld = keys.some((one) => one.generation === generation && generationOf(one).check === check);
  if (!isHeld && proposed?.generation !== generation) {
    const message = `another province has made generation ${generation}`;
    throw new AppError('ALREADY_EXISTS', 'FEDERATION_KEY_TAKEN', message, { params: { generation } });
  }
  const others = othersOf(view, me.holder.province);
  return {
    generation,
    state: isHeld ? 'held' : 'proposed',
    sentTo: isHeld ? others.filter((province) => view.trusted.has(province)) : [],
    leftOut: others.filter((province) => !view.trusted.has(province)),
  };
}

function newcomersOf(view: KeyView) {
  const waiting = view.provinces.filter(
    ({ statement, revoked }) => !revoked && !view.trusted.has(statement.province),
  );
  return waiting.map(({ statement }) => statement).sort((a, b) => (a.province < b.province ? -1 : 1));
}

function othersOf(view: KeyView, me: string): string[] {
  const standing = view.provinces
    .filter(({ revoked }) => !revoked)
    .map(({ statement }) => statement.province);
  return standing.filter((province) => province !== me).sort();
}

function statusOf(key: FederationKey, view: KeyView, me: string): GenerationStatus {
  const { generation, check, useFrom } = generationOf(key);
  const theirs = view.holdings.filter((one) => one.generation === generation);
  const heldBy = theirs.filter((one) => one.check === check).map(({ province }) => province);
  const conflicts = theirs.filter((one) => one.check !== check).map(({ province }) => province);
  const awaited = othersOf(view, me).filter(
    (province) => view.trusted.has(province) && !heldBy.includes(province),
  );
  return { generation, check, useFrom, heldBy, awaited, conflicts };
}

/** Fingerprints are read over the telephone: case, spaces and dashes do not matter. */
function lettersOf(fingerprint: string): string {
  return fingerprint.toUpperCase().replace(/[^A-Z2-7]/g, '');
}
