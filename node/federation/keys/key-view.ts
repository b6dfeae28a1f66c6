/**
 * What the federation key's parts speak of: the hub that relays, the provinces by their statements, and the
 * federation as one pass of the courier has found it. Types, and what the rules are told of them.
 */
import type { KeyObject } from 'node:crypto';
import type { Clock } from '../../../shared/clock.ts';
import type { Database } from '../../../shared/db/database.ts';
import type { Logger } from '../../../shared/log.ts';
import type { LoopWatch } from '../../../shared/loop.ts';
import { checkValueOf, type FederationKey, type KeyHolder } from '../../../shared/signed/federation-key.ts';
import type { ProvinceStatement } from '../../../shared/signed/province-statement.ts';
import type { KeyRing } from './key-ring.ts';
import type * as rules from './rules.ts';

/** What the hub relays; nothing of it is believed unseen. */
export interface HubKeyState {
  readonly generations: readonly rules.Generation[];
  readonly holdings: readonly rules.Holding[];
  readonly approvals: readonly string[];
  readonly waiting: readonly rules.Waiting[];
}

/** The hub, as far as the federation key needs it. Calls reject with what the hub or the way to it says. */
export interface HubKeys {
  report(held: readonly rules.Generation[]): Promise<HubKeyState>;
  put(put: {
    readonly approvals: readonly string[];
    readonly wraps: readonly { readonly to: string; readonly generation: number; readonly wrap: string }[];
  }): Promise<void>;
  /** Wraps that wait for this province. */
  list(): Promise<readonly string[]>;
}

/** A province by its verified statement. */
export interface EnrolledProvince {
  readonly statement: ProvinceStatement;
  readonly revoked: boolean;
}

/** Who this node is, with the private halves of its statement's keys. */
export interface KeyIdentity {
  readonly holder: KeyHolder;
  readonly openingKey: KeyObject;
  readonly enrolmentKey: KeyObject;
}

export interface KeyOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly ring: KeyRing;
  readonly me: KeyIdentity;
  readonly hub: HubKeys;
  /** All provinces with a statement of the federation CA, revoked ones marked; `fresh` asks the hub first. */
  provinces(fresh: boolean): Promise<readonly EnrolledProvince[]>;
  /** Generations are gone: nothing derived from them may stay in memory. */
  onForgotten(generations: readonly number[]): void;
  /** How long everybody must have held a newer generation; an hour, in which nobody's view is older. */
  readonly forgetAfterMs?: number;
  /** Between two passes; 5 s unless told, and a fifth of it while a key is awaited. */
  readonly everyMs?: number | undefined;
  readonly watch?: LoopWatch | undefined;
}

/** The federation at the end of a pass. */
export interface KeyView extends HubKeyState {
  readonly atMs: number;
  readonly provinces: readonly EnrolledProvince[];
  readonly trusted: ReadonlySet<string>;
  /** Verified, of keys that the approved province has now or had once. */
  readonly verified: readonly rules.Approval[];
}

/** A key as others may know it. */
export function generationOf(key: FederationKey): rules.HeldGeneration {
  return { generation: key.generation, check: checkValueOf(key), useFrom: key.useFrom };
}

/** What the rules need of a view and the keys held here. */
export function factsOf(view: KeyView, keys: readonly FederationKey[]): rules.HoldingFacts {
  const provinces = view.provinces
    .filter(({ revoked }) => !revoked)
    .map(({ statement }) => statement.province);
  return { held: keys.map(generationOf), holdings: view.holdings, provinces };
}
