/**
 * The data keys that this process has: derives the keys of each column from the master keys of a ring and
 * hands out the sealer of the moment. Reads no file and no database; see operations.ts for who tells it.
 */
import { createSecretKey, hkdfSync } from 'node:crypto';
import { AppError } from '../../shared/errors.ts';
import { HmacKey } from './hmac-key.ts';
import type { KeyRing } from './key-ring.ts';
import { type ColumnKeys, ColumnSealer, type SealedColumn } from './sealer.ts';

/** Separates our keys from whatever else somebody derives from the same master key. */
const LABEL = 'truyvet data key v1';
const CHECK_BYTES = 16;

/** What sealing and opening need. */
export interface SealerSource {
  /**
   * Seals under the generation of this moment. Take it anew for each piece of work: a writer by `holdSealer`
   * (operations.ts), so that no row is written under an older generation after re-sealing has passed it.
   */
  readonly sealer: ColumnSealer;
}

/** Holds keys in memory until the process ends, also those of generations that left the ring. */
export class DataKeys implements SealerSource {
  readonly #masters = new Map<number, Uint8Array>();
  readonly #derived = new Map<string, ColumnKeys>();
  #sealer: ColumnSealer;

  /** `live`: generations under which rows may be stored; the current one is among them anyway. */
  constructor(ring: KeyRing, live: readonly number[] = []) {
    this.#sealer = this.adopt(ring, live);
  }

  get sealer(): ColumnSealer {
    return this.#sealer;
  }

  /** Seals under the ring's current generation from now on. */
  adopt(ring: KeyRing, live: readonly number[]): ColumnSealer {
    for (const [generation, key] of ring.keys) this.#masters.set(generation, key);
    this.#sealer = this.#newSealer(ring.current, live);
    return this.#sealer;
  }

  /** Looks up under these generations alone from now on. */
  keepLive(live: readonly number[]): void {
    this.#sealer = this.#newSealer(this.#sealer.generation, live);
  }

  #newSealer(generation: number, live: readonly number[]): ColumnSealer {
    return new ColumnSealer((of, column) => this.#keysOf(of, column), generation, live);
  }

  #keysOf(generation: number, column: SealedColumn): ColumnKeys {
    const name = `${generation} ${column}`;
    const known = this.#derived.get(name);
    if (known) return known;
    const master = this.#masters.get(generation);
    if (master === undefined) throw unknownGeneration(generation);
    const keys = {
      seal: createSecretKey(derive(master, `${column} seal`)),
      index: new HmacKey(derive(master, `${column} index`)),
    };
    this.#derived.set(name, keys);
    return keys;
  }
}

/**
 * 16 bytes by which a master key is known again, and which tell nothing of it (RFC 5869, a label of their
 * own).
 */
export function keyCheckValue(master: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha256', master, '', `${LABEL} check`, CHECK_BYTES));
}

function derive(master: Uint8Array, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', master, '', `${LABEL} ${purpose}`, 32));
}

function unknownGeneration(generation: number): AppError {
  return new AppError(
    'INTERNAL',
    'KEY_GENERATION_UNKNOWN',
    `a value is sealed under data key generation ${generation}, which this program does not have`,
    { params: { generation } },
  );
}
