/**
 * What tells one OPRF key from another without revealing it: the token of a fixed text that is no identifier.
 * Whoever asks for it among others, blinded, learns under which key all of them were evaluated, and the key
 * service cannot tell which of them it is.
 */
import { TOKEN_BYTES } from './oprf.ts';

/** No canonical identifier begins like this. */
export const CHECK_INPUT = 'truyvet-oprf-check:1';

/** A generation of the key service's key, and what it makes of CHECK_INPUT. */
export interface OprfKeyCheck {
  readonly generation: number;
  /** 32 hex digits. */
  readonly check: string;
}

/** The check value that the token of CHECK_INPUT is, 32 hex digits. */
export function checkOf(token: Uint8Array): string {
  return Buffer.from(token.subarray(0, TOKEN_BYTES)).toString('hex');
}
