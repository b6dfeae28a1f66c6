/**
 * Remembers pairs of opening and countersignature whose signatures were found good, by their exact texts, so
 * that a stream of calls pays for two signatures once. Expiry is not remembered: it is checked at each call.
 */
import type { KeyObject } from 'node:crypto';
import { AppError } from '../errors.ts';
import { type VerifiedWarrant, verifyWarrant, type WarrantKeys, type WarrantPair } from './opening.ts';

/** Pairs kept; the least recently used goes first. */
const DEFAULT_CAPACITY = 1_000;

/** A verified pair, and the key of its province then. */
interface Remembered {
  readonly verified: VerifiedWarrant;
  readonly key: KeyObject | undefined;
}

/** A bounded cache of verified pairs under fixed keys. */
export class VerifiedWarrants {
  readonly #keys: WarrantKeys;
  readonly #capacity: number;
  readonly #verified = new Map<string, Remembered>();

  constructor(keys: WarrantKeys, capacity = DEFAULT_CAPACITY) {
    this.#keys = keys;
    this.#capacity = capacity;
  }

  /** What `verifyWarrant(pair, keys, now)` returns or throws. */
  async verify(pair: WarrantPair, now: number): Promise<VerifiedWarrant> {
    // A newline occurs in no JWS, so two different pairs never share a key that was stored.
    const text = `${pair.opening}\n${pair.countersignature}`;
    const { verified, key } = this.#recall(text) ?? (await this.#verifyAnew(pair, now));
    this.#verified.delete(text);
    if (Math.min(verified.opening.expires_at, verified.warrant.expires_at) <= now) {
      const what = verified.opening.expires_at <= now ? 'OPENING' : 'WARRANT';
      throw new AppError('PERMISSION_DENIED', `${what}_EXPIRED`, `${what.toLowerCase()}: expired`);
    }
    this.#remember(text, { verified, key });
    return verified;
  }

  /** Only while the province's key is still the one that it was verified with. */
  #recall(text: string): Remembered | undefined {
    const held = this.#verified.get(text);
    const { provinces } = this.#keys;
    return held && provinces.get(held.verified.opening.province) === held.key ? held : undefined;
  }

  /** An opening of a province that is not known yet may be of one that has just been enrolled. */
  async #verifyAnew(pair: WarrantPair, now: number): Promise<Remembered> {
    const { provinces } = this.#keys;
    const verified = await verifyWarrant(pair, this.#keys, now).catch(async (error: unknown) => {
      const unknown = error instanceof AppError && error.reason === 'OPENING_UNKNOWN_PROVINCE';
      if (!unknown || provinces.refresh === undefined) throw error;
      await provinces.refresh();
      return verifyWarrant(pair, this.#keys, now);
    });
    return { verified, key: provinces.get(verified.opening.province) };
  }

  #remember(text: string, remembered: Remembered): void {
    this.#verified.set(text, remembered);
    if (this.#verified.size <= this.#capacity) return;
    const [eldest] = this.#verified.keys();
    this.#verified.delete(eldest as string);
  }
}
