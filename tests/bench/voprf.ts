/**
 * `npm run bench -- voprf`: what an evaluation costs the key service by itself, and with the proof of RFC
 * 9497's mode 1 for its batch. Nothing of the proof is in the programs: these figures decided against it.
 */
import { createHash, randomBytes } from 'node:crypto';
import sodium from 'libsodium-wrappers-sumo';
import { systemClock } from '../../shared/clock.ts';
import { blind, evaluate, oprfReady } from '../../shared/pseudonym/oprf.ts';
import { deriveOprfKey, ELEMENT_BYTES, type OprfKey } from '../../shared/pseudonym/oprf-key.ts';
import { median } from './median.ts';

const CONTEXT = Buffer.from('OPRFV1-\x01-ristretto255-SHA512', 'latin1');
const BATCHES = [1, 100, 2_000] as const;
const ROUNDS = 9;

/** A table of milliseconds a batch, both ways in turn. */
export async function benchVoprf(say: (what: string) => void): Promise<string> {
  await oprfReady();
  const key = deriveOprfKey(randomBytes(32));
  const publicKey = sodium.crypto_scalarmult_ristretto255_base(key);
  const lines = ['| elements | evaluated | evaluated and proven | ratio |', '| --- | --- | --- | --- |'];
  for (const count of BATCHES) {
    say(`${count} elements`);
    const { blinded } = blind(Array.from({ length: count }, (_, i) => Buffer.from(`app:${i}`)));
    const times = Math.max(1, Math.round(200 / count));
    const [plain, proven] = [[], []] as [number[], number[]];
    for (let round = 0; round < ROUNDS; round++) {
      plain.push(meanOf(times, () => evaluate(key, blinded)));
      proven.push(meanOf(times, () => prove({ key, publicKey }, blinded, evaluate(key, blinded))));
    }
    const [a, b] = [median(plain), median(proven)];
    lines.push(`| ${count} | ${a.toFixed(2)} ms | ${b.toFixed(2)} ms | ${(b / a).toFixed(2)} |`);
  }
  return lines.join('\n');
}

function meanOf(times: number, work: () => unknown): number {
  const began = systemClock.nowMs();
  for (let i = 0; i < times; i++) work();
  return (systemClock.nowMs() - began) / times;
}

/** GenerateProof with ComputeCompositesFast. **Source:** RFC 9497 section 2.2.1. */
export function prove(
  { key, publicKey }: { readonly key: OprfKey; readonly publicKey: Uint8Array },
  blinded: Uint8Array,
  evaluated: Uint8Array,
): { c: Uint8Array; s: Uint8Array } {
  const m = compositeOf(publicKey, blinded, evaluated);
  const r = sodium.crypto_core_ristretto255_scalar_reduce(randomBytes(64));
  const [t2, t3] = [sodium.crypto_scalarmult_ristretto255_base(r), times(r, m)];
  const c = scalarOf(...[publicKey, m, times(key, m), t2, t3].map(prefixed), Buffer.from('Challenge'));
  const s = sodium.crypto_core_ristretto255_scalar_sub(r, sodium.crypto_core_ristretto255_scalar_mul(c, key));
  return { c, s };
}

/** M: the sum of the blinded elements, each times a scalar that depends on all. */
function compositeOf(publicKey: Uint8Array, blinded: Uint8Array, evaluated: Uint8Array): Uint8Array {
  const seedDst = Buffer.concat([Buffer.from('Seed-'), CONTEXT]);
  const seed = createHash('sha512').update(prefixed(publicKey)).update(prefixed(seedDst)).digest();
  let sum: Uint8Array | undefined;
  for (let i = 0; i * ELEMENT_BYTES < blinded.length; i++) {
    const [c, d] = [slot(blinded, i), slot(evaluated, i)];
    const index = Uint8Array.of(i >> 8, i & 0xff);
    const scalar = scalarOf(prefixed(seed), index, prefixed(c), prefixed(d), Buffer.from('Composite'));
    const part = times(scalar, c);
    sum = sum === undefined ? part : sodium.crypto_core_ristretto255_add(sum, part);
  }
  return sum as Uint8Array;
}

/** HashToScalar. **Source:** RFC 9497 section 4.1, RFC 9380 section 5.3.1. */
function scalarOf(...parts: readonly Uint8Array[]): Uint8Array {
  const dst = Buffer.concat([Buffer.from('HashToScalar-'), CONTEXT]);
  const tail = Buffer.concat([dst, Uint8Array.of(dst.length)]);
  const b0 = createHash('sha512').update(new Uint8Array(128));
  for (const part of parts) b0.update(part);
  const b1 = createHash('sha512').update(
    b0
      .update(Uint8Array.of(0, 64, 0))
      .update(tail)
      .digest(),
  );
  return sodium.crypto_core_ristretto255_scalar_reduce(b1.update(Uint8Array.of(1)).update(tail).digest());
}

function prefixed(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.of(bytes.length >> 8, bytes.length & 0xff), bytes]);
}

function times(scalar: Uint8Array, element: Uint8Array): Uint8Array {
  return sodium.crypto_scalarmult_ristretto255(scalar, element);
}

function slot(column: Uint8Array, i: number): Uint8Array {
  return column.subarray(i * ELEMENT_BYTES, (i + 1) * ELEMENT_BYTES);
}
