/**
 * RFC 9497 in mode 0 (OPRF) over ristretto255 with SHA-512, a batch at a time on packed columns of 32-byte
 * elements: what the worker threads run. Synchronous and slow (about 0.1 ms an element): programs go through
 * oprf-pool.ts. Knows nothing of identifiers beyond their bytes.
 *
 *   node: blind(inputs) ──blinded──► hub: evaluate(key) ──evaluated──► node: finalize → tokens
 */
import { createHash } from 'node:crypto';
import sodium from 'libsodium-wrappers-sumo';
import { AppError } from '../errors.ts';
import { newKey } from '../ids.ts';
import { ELEMENT_BYTES, lengthPrefix, type OprfKey, uniformBytesOf } from './oprf-key.ts';

/** Bytes of a full output; a token is the first TOKEN_BYTES of it. */
export const OUTPUT_BYTES = 64;
export const TOKEN_BYTES = 16;
/** Longest input. **Source:** RFC 9497 section 3.3.1. */
const MAX_INPUT_BYTES = 0xffff;
const FINALIZE = Buffer.from('Finalize');

/** What the client keeps of a batch until the evaluator has answered: whoever has it can read `blinded`. */
export interface BlindingState {
  readonly inputs: readonly Uint8Array[];
  /** Packed scalars, one an input. */
  readonly blinds: Uint8Array;
}

/** Resolves when the curve's code is loaded; the functions below need it. */
export async function oprfReady(): Promise<void> {
  await sodium.ready;
}

/**
 * `inputs` blinded, in their order, with what `finalize` needs. The blinds are random unless a test gives
 * them. Throws OPRF_BAD_INPUT for an input beyond 65,535 bytes or one that the group cannot blind (none is
 * known).
 */
export function blind(inputs: readonly Uint8Array[], blinds = randomScalars(inputs.length)) {
  const blinded = new Uint8Array(inputs.length * ELEMENT_BYTES);
  inputs.forEach((input, i) => {
    if (input.length > MAX_INPUT_BYTES) throw invalid('OPRF_BAD_INPUT', 'an input is too long');
    const element = sodium.crypto_core_ristretto255_from_hash(uniformBytesOf(input));
    blinded.set(multiply(slot(blinds, i), element, 'OPRF_BAD_INPUT'), i * ELEMENT_BYTES);
  });
  return { blinded, state: { inputs, blinds } satisfies BlindingState };
}

/**
 * The packed elements of `blinded` times the key, in their order. Throws OPRF_BAD_ELEMENT for a column that
 * is not whole, an encoding that is not canonical, and the identity.
 */
export function evaluate(key: OprfKey, blinded: Uint8Array): Uint8Array {
  const count = elementCount(blinded);
  const evaluated = new Uint8Array(blinded.length);
  for (let i = 0; i < count; i++) {
    evaluated.set(multiply(key, slot(blinded, i), 'OPRF_BAD_ELEMENT'), i * ELEMENT_BYTES);
  }
  return evaluated;
}

/**
 * The full outputs of a batch, packed n × 64 bytes in the order of its inputs. Throws OPRF_BAD_ELEMENT as
 * `evaluate` does, and for another number of elements than was blinded.
 */
export function finalize(state: BlindingState, evaluated: Uint8Array): Uint8Array {
  const { inputs, blinds } = state;
  if (elementCount(evaluated) !== inputs.length)
    throw invalid('OPRF_BAD_ELEMENT', 'another number of elements');
  const inverses = invertAll(blinds);
  const outputs = new Uint8Array(inputs.length * OUTPUT_BYTES);
  inputs.forEach((input, i) => {
    const element = multiply(slot(inverses, i), slot(evaluated, i), 'OPRF_BAD_ELEMENT');
    outputs.set(outputOf(input, element), i * OUTPUT_BYTES);
  });
  return outputs;
}

/** The packed 16-byte tokens of packed 64-byte outputs. */
export function tokensOfOutputs(outputs: Uint8Array): Uint8Array {
  const tokens = new Uint8Array((outputs.length / OUTPUT_BYTES) * TOKEN_BYTES);
  for (let i = 0; i * TOKEN_BYTES < tokens.length; i++) {
    tokens.set(outputs.subarray(i * OUTPUT_BYTES, i * OUTPUT_BYTES + TOKEN_BYTES), i * TOKEN_BYTES);
  }
  return tokens;
}

/**
 * Tokens of identifiers for somebody who holds the key itself, packed n × 16 bytes: benchmarks and oracles
 * only. No program can do this: nodes have no key and the hub sees no identifiers. **Source:** RFC 9497
 * section 3.3.1.
 */
export function tokensUnderKey(key: OprfKey, identifiers: readonly string[]): Uint8Array {
  const outputs = new Uint8Array(identifiers.length * OUTPUT_BYTES);
  identifiers.forEach((identifier, i) => {
    const input = Buffer.from(identifier);
    const element = sodium.crypto_core_ristretto255_from_hash(uniformBytesOf(input));
    outputs.set(outputOf(input, multiply(key, element, 'OPRF_BAD_INPUT')), i * OUTPUT_BYTES);
  });
  return tokensOfOutputs(outputs);
}

function outputOf(input: Uint8Array, element: Uint8Array): Uint8Array {
  const hash = createHash('sha512').update(lengthPrefix(input.length)).update(input);
  return hash.update(lengthPrefix(ELEMENT_BYTES)).update(element).update(FINALIZE).digest();
}

/** libsodium refuses encodings that are not canonical, and the identity as the factor or the product. */
function multiply(
  scalar: Uint8Array,
  element: Uint8Array,
  reason: 'OPRF_BAD_INPUT' | 'OPRF_BAD_ELEMENT',
): Uint8Array {
  try {
    return sodium.crypto_scalarmult_ristretto255(scalar, element);
  } catch {
    throw invalid(reason, 'not a valid group element');
  }
}

/** Reducing 64 random bytes is uniform, and far quicker than libsodium's own random scalars. */
function randomScalars(count: number): Uint8Array {
  const scalars = new Uint8Array(count * ELEMENT_BYTES);
  for (let i = 0; i < count; i++) {
    const scalar = sodium.crypto_core_ristretto255_scalar_reduce(newKey(64));
    scalars.set(scalar, i * ELEMENT_BYTES);
  }
  return scalars;
}

/**
 * The inverses of packed scalars with one inversion in all (Montgomery's trick): inverting costs a third of a
 * multiplication of an element, multiplying scalars next to nothing. A zero among them is a programmer's
 * mistake.
 */
function invertAll(scalars: Uint8Array): Uint8Array {
  const count = scalars.length / ELEMENT_BYTES;
  const inverses = new Uint8Array(scalars.length);
  if (count === 0) return inverses;
  const products: Uint8Array[] = [slot(scalars, 0)];
  for (let i = 1; i < count; i++) products.push(times(products[i - 1] as Uint8Array, slot(scalars, i)));
  let inverse = sodium.crypto_core_ristretto255_scalar_invert(products[count - 1] as Uint8Array);
  for (let i = count - 1; i > 0; i--) {
    inverses.set(times(inverse, products[i - 1] as Uint8Array), i * ELEMENT_BYTES);
    inverse = times(inverse, slot(scalars, i));
  }
  inverses.set(inverse, 0);
  return inverses;
}

function times(a: Uint8Array, b: Uint8Array): Uint8Array {
  return sodium.crypto_core_ristretto255_scalar_mul(a, b);
}

function elementCount(column: Uint8Array): number {
  if (column.length % ELEMENT_BYTES === 0) return column.length / ELEMENT_BYTES;
  throw invalid('OPRF_BAD_ELEMENT', 'not a whole number of 32-byte elements');
}

function slot(column: Uint8Array, i: number): Uint8Array {
  return column.subarray(i * ELEMENT_BYTES, (i + 1) * ELEMENT_BYTES);
}

function invalid(reason: 'OPRF_BAD_INPUT' | 'OPRF_BAD_ELEMENT', problem: string): AppError {
  return new AppError('INVALID_ARGUMENT', reason, `OPRF: ${problem}`);
}
