/**
 * Texts mixed into a batch at places of chance, so that the key service cannot know which of the blinded
 * elements are checked.
 */
import { newKey } from '../ids.ts';
import { TOKEN_BYTES } from './oprf.ts';

/** A batch with checks in it. */
export interface MixedBatch {
  /** The checks and the values, the values in their order. */
  readonly values: readonly string[];
  /** Tokens of `values`, packed: those of the checks, in their order, and those of the values, packed. */
  unmix(tokens: Uint8Array): { readonly checks: Uint8Array[]; readonly tokens: Uint8Array };
}

/** `values` with each of `checks` (a few) at a place of chance. */
export function mixChecks(checks: readonly string[], values: readonly string[]): MixedBatch {
  const size = checks.length + values.length;
  const places = new Set<number>();
  while (places.size < checks.length) places.add(below(size));
  const placeOf = [...places];
  const [left, mixed] = [[...values].reverse(), [] as string[]];
  for (let i = 0; i < size; i++) {
    const check = placeOf.indexOf(i);
    mixed.push(check < 0 ? (left.pop() as string) : (checks[check] as string));
  }
  const tokenAt = (tokens: Uint8Array, i: number) => tokens.subarray(i * TOKEN_BYTES, (i + 1) * TOKEN_BYTES);
  return {
    values: mixed,
    unmix: (tokens) => {
      const kept = new Uint8Array(values.length * TOKEN_BYTES);
      for (let i = 0, n = 0; i < size; i++)
        if (!places.has(i)) kept.set(tokenAt(tokens, i), n++ * TOKEN_BYTES);
      return { checks: placeOf.map((place) => tokenAt(tokens, place)), tokens: kept };
    },
  };
}

/** Of 2³² remainders some come once more often than others: of no use to anybody. */
function below(count: number): number {
  return Buffer.from(newKey(4)).readUInt32LE() % count;
}
