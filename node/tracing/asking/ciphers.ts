/**
 * Ciphers of traces, kept by trace and generation of the federation key: deriving one costs more than a
 * thousand blocks. Holds derived keys only; what is forgotten elsewhere is forgotten here.
 */
import { createTagCipher, type TagCipher } from '../../../shared/pseudonym/tag-cipher.ts';
import { createTraceCipher, type TraceCipher } from '../../../shared/pseudonym/trace-cipher.ts';

const KEPT = 1_000;

/** What a node makes of tokens in one trace. */
export type TokenCipher = TraceCipher & TagCipher;

export class TraceCiphers {
  readonly #federationKey: (generation: number) => Uint8Array;
  readonly #kept = new Map<string, { readonly generation: number; readonly ciphers: TokenCipher }>();

  /** `federationKey` gives the 32 bytes of a generation, or throws. */
  constructor(federationKey: (generation: number) => Uint8Array) {
    this.#federationKey = federationKey;
  }

  /** The ciphers of a trace under a generation; throws as `federationKey` does. */
  of(traceId: string, generation: number): TokenCipher {
    const name = `${generation} ${traceId}`;
    const known = this.#kept.get(name);
    if (known) return known.ciphers;
    const key = this.#federationKey(generation);
    const ciphers = { ...createTraceCipher(key, traceId), ...createTagCipher(key, traceId) };
    if (this.#kept.size >= KEPT) this.#kept.delete(this.#kept.keys().next().value as string);
    this.#kept.set(name, { generation, ciphers });
    return ciphers;
  }

  /** Keeps nothing of these generations. */
  forget(generations: readonly number[]): void {
    for (const [name, { generation }] of this.#kept)
      if (generations.includes(generation)) this.#kept.delete(name);
  }
}
