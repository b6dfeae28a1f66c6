/**
 * Puts the federation keys of a running node together: the ring read from its file, the courier at work. The
 * only constructor of this feature; node/app.ts calls it, tracing gets its keys here.
 */
import { join } from 'node:path';
import type { Clock } from '../../../shared/clock.ts';
import type { Database } from '../../../shared/db/database.ts';
import type { Logger } from '../../../shared/log.ts';
import type { Identity } from '../../../shared/pki/identity.ts';
import { KeyCourier } from './courier.ts';
import { FEDERATION_KEYS_FILE } from './key-file.ts';
import { KeyRing, keyMissing } from './key-ring.ts';
import type { EnrolledProvince, HubKeys } from './key-view.ts';
import { type FederationKeysCtx, openingGeneration } from './operations.ts';

export interface FederationKeysOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly identity: Identity;
  readonly hub: HubKeys;
  /** See KeyOptions. */
  readonly everyMs?: number | undefined;
  /** Every province with a statement of the CA; `refresh` asks the hub. */
  readonly provinces: { list(): readonly EnrolledProvince[]; refresh(): Promise<void> };
}

export interface FederationKeys extends AsyncDisposable {
  readonly ctx: FederationKeysCtx;
  /** The 32 bytes of a generation. Throws FEDERATION_KEY_MISSING, FEDERATION_KEY_UNKNOWN. */
  keyOf(generation: number): Uint8Array;
  /** See `openingGeneration`. */
  openingGeneration(): Promise<number>;
  /** Resolves if any key is held; rejects with FEDERATION_KEY_MISSING. */
  check(): Promise<void>;
  /** Calls `listener` when generations are gone. */
  onForgotten(listener: (generations: readonly number[]) => void): void;
}

/** The keys of the identity's directory, kept in step from now on. Throws BAD_FEDERATION_KEYS. */
export async function startFederationKeys(options: FederationKeysOptions): Promise<FederationKeys> {
  const { db, clock, identity } = options;
  const ring = await KeyRing.open(join(identity.directory, FEDERATION_KEYS_FILE));
  const listeners: ((generations: readonly number[]) => void)[] = [];
  const { statement: holder, openingKey, enrolmentKey } = identity;
  const me = { holder, openingKey, enrolmentKey };
  const onForgotten = (generations: readonly number[]) => {
    for (const listener of listeners) listener(generations);
  };
  const provinces = async (fresh: boolean) => {
    if (fresh) await options.provinces.refresh();
    return options.provinces.list();
  };
  const courier = new KeyCourier({ ...options, provinces, ring, me, onForgotten });
  const ctx = { db, clock, ring, courier, me };
  return {
    ctx,
    keyOf: (generation) => ring.keyOf(generation),
    openingGeneration: () => openingGeneration(ctx),
    check: async () => {
      if (ring.content.keys.length === 0) throw keyMissing();
    },
    onForgotten: (listener) => void listeners.push(listener),
    [Symbol.asyncDispose]: () => courier[Symbol.asyncDispose](),
  };
}
