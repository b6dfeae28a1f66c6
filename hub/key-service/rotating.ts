/**
 * The rotation of the key service's key as the hub's operator does it: begins it, sees how far provinces are,
 * and leaves one behind that is away. The rest the hub does by itself (key-generations.ts).
 */
import type { Caller } from '../../shared/acts/access.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Database } from '../../shared/db/database.ts';
import { AppError } from '../../shared/errors.ts';
import { change, read } from './acts.ts';
import type { KeyGenerations } from './key-generations.ts';
import * as queries from './rotation-queries.ts';
import { type KeyRotation, servedOf } from './rotation-rules.ts';

export interface RotatingCtx {
  readonly db: Database;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly keyGenerations: KeyGenerations;
}

export interface KeyGenerationsView {
  /** Of OPRF_KEY_FILE. */
  readonly held: readonly number[];
  /** The one that new openings use last. */
  readonly served: readonly number[];
  /** null = there has been none. */
  readonly rotation: KeyRotation | null;
  /** Traces that are open under the former one; 0 without a rotation. */
  readonly openUnderFormer: number;
  /** Provinces that the switch waits for. */
  readonly waitsFor: readonly string[];
  readonly provinces: readonly { readonly province: string; readonly generations: readonly number[] }[];
}

/** Which generations there are, and how far provinces are with them. */
export function readKeyGenerations(ctx: RotatingCtx, caller: Caller): Promise<KeyGenerationsView> {
  return read(ctx, caller, 'oprf_key.read', {}, async () => {
    const { db, keyGenerations } = ctx;
    const { provinces, held, served } = keyGenerations;
    const rotation = (await queries.findRotation(db)) ?? null;
    return {
      ...{ held, rotation, served: served.map(({ generation }) => generation) },
      openUnderFormer: rotation ? await queries.countOpenUnderOthers(db, rotation.generation) : 0,
      waitsFor: keyGenerations.awaited,
      provinces: provinces.map(({ province, generations = [] }) => ({ province, generations })),
    };
  });
}

/**
 * Begins the rotation to another key of OPRF_KEY_FILE: provinces make its tokens from their next report on.
 * Throws FAILED_PRECONDITION ROTATION_UNDER_WAY (the former key of the last one is still needed), NO_NEXT_KEY
 * (the file has none that the CA states, or all provinces would refuse it).
 */
export async function rotateKey(ctx: RotatingCtx, caller: Caller): Promise<void> {
  const { keyGenerations } = ctx;
  await change(ctx, caller, 'oprf_key.rotate', {}, async (tx, { note }) => {
    const last = await queries.lockRotation(tx);
    if (last && last.retiredAt === null)
      throw new AppError('FAILED_PRECONDITION', 'ROTATION_UNDER_WAY', 'a rotation is under way');
    const former = servedOf({ first: keyGenerations.held[0] as number, rotation: last }).at(-1) as number;
    const generation = keyGenerations.held.find((one) => one > former);
    if (generation === undefined)
      throw new AppError('FAILED_PRECONDITION', 'NO_NEXT_KEY', 'no key of a later generation is here');
    note({ generation, former });
    await queries.insertRotation(tx, { generation, former, leftBehind: [] });
  });
  await keyGenerations.advance();
}

/**
 * The switch does not wait for these provinces, and for no others that were named before: their traces cannot
 * be answered by them until they have the new tokens, and say so. Throws FAILED_PRECONDITION NO_ROTATION;
 * NOT_FOUND PROVINCE_UNKNOWN.
 */
export async function leaveBehind(ctx: RotatingCtx, caller: Caller, provinces: readonly string[]) {
  const { keyGenerations } = ctx;
  const detail = { provinces: [...provinces] };
  await change(ctx, caller, 'oprf_key.leave_behind', { detail }, async (tx) => {
    const rotation = await queries.lockRotation(tx);
    if (rotation?.usedFrom !== null)
      throw new AppError('FAILED_PRECONDITION', 'NO_ROTATION', 'no rotation waits for provinces');
    const enrolled = keyGenerations.provinces.map(({ province }) => province);
    if (provinces.some((one) => !enrolled.includes(one)))
      throw new AppError('NOT_FOUND', 'PROVINCE_UNKNOWN', 'the province is not enrolled');
    await queries.updateLeftBehind(tx, rotation.generation, provinces);
  });
  await keyGenerations.advance();
}
