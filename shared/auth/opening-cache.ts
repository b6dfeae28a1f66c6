/**
 * Remembers pairs of opening and countersignature whose signatures were found good, by their exact texts, so
 * that a stream of calls pays for two signatures once. Expiry is not remembered: it is checked at each call.
 */
import { AppError } from '../errors.ts';
import { type VerifiedWarrant, verifyWarrant, type WarrantKeys, type WarrantPair } from './opening.ts';

/** Pairs kept; the least recently used goes first. */
const DEFAULT_CAPACITY = 1_000;

/** A bounded cache of verified pairs under fixed keys. */
export class VerifiedWarrants {
  readonly #keys: WarrantKeys;
  readonly #capacity: number;
  readonly #verified = new Map<string, VerifiedWarrant>();

  constructor(keys: WarrantKeys, capacity = DEFAULT_CAPACITY) {
    this.#keys = keys;
    this.#capacity = capacity;
  }

  /** What `verifyWarrant(pair, keys, now)` returns or throws. */
  async verify(pair: WarrantPair, now: number): Promise<VerifiedWarrant> {
    // A newline occurs in no JWS, so two different pairs never share a key that was stored.
    const text = `${pair.opening}\n${pair.countersignature}`;
    const verified = this.#verified.get(text) ?? (await verifyWarrant(pair, this.#keys, now));
    this.#verified.delete(text);
    if (Math.min(verified.opening.expires_at, verified.warrant.expires_at) <= now) {
      const what = verified.opening.expires_at <= now ? 'OPENING' : 'WARRANT';
      throw new AppError('PERMISSION_DENIED', `${what}_EXPIRED`, `${what.toLowerCase()}: expired`);
    }
    this.#remember(text, verified);
    return verified;
  }

  #remember(text: string, verified: VerifiedWarrant): void {
    this.#verified.set(text, verified);
    if (this.#verified.size <= this.#capacity) return;
    const [eldest] = this.#verified.keys();
    this.#verified.delete(eldest as string);
  }
}
