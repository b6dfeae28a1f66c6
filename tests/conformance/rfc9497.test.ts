/**
 * The OPRF against the published vectors of RFC 9497, against an independent implementation, and on what a
 * conforming evaluator and client must refuse. Typed from the RFC, not from our code.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ristretto255_oprf } from '@noble/curves/ed25519.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../shared/package-root.ts';
import {
  blind,
  evaluate,
  finalize,
  oprfReady,
  tokensOfOutputs,
  tokensUnderKey,
} from '../../shared/pseudonym/oprf.ts';
import { deriveOprfKey, oprfKeyOfScalar } from '../../shared/pseudonym/oprf-key.ts';

/** RFC 9497 appendix A.1.1: ristretto255-SHA512, OPRF mode. */
const SUITE = {
  seed: 'a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3',
  keyInfo: '74657374206b6579',
  skSm: '5ebcea5ee37023ccb9fc2d2019f9d7737be85591ae8652ffa9ef0f4d37063b0e',
  vectors: [
    {
      Input: '00',
      Blind: '64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706',
      BlindedElement: '609a0ae68c15a3cf6903766461307e5c8bb2f95e7e6550e1ffa2dc99e412803c',
      EvaluationElement: '7ec6578ae5120958eb2db1745758ff379e77cb64fe77b0b2d8cc917ea0869c7e',
      Output:
        '527759c3d9366f277d8c6020418d96bb393ba2afb20ff90df23fb7708264e2f3' +
        'ab9135e3bd69955851de4b1f9fe8a0973396719b7912ba9ee8aa7d0b5e24bcf6',
    },
    {
      Input: '5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a',
      Blind: '64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706',
      BlindedElement: 'da27ef466870f5f15296299850aa088629945a17d1f5b7f5ff043f76b3c06418',
      EvaluationElement: 'b4cbf5a4f1eeda5a63ce7b77c7d23f461db3fcab0dd28e4e17cecb5c90d02c25',
      Output:
        'f4a74c9c592497375e796aa837e907b1a045d34306a749db9f34221f7e750cb4' +
        'f2a6413a6bf6fa5e19ba6348eb673934a722a7ede2e7621306d18951e7cf2c73',
    },
  ],
};
/** The working group's own file, where it has been fetched. */
const PUBLISHED = join(packageRoot, '../shared/data/vectors/rfc9497-allVectors.json');

beforeAll(oprfReady);

describe('RFC 9497 A.1.1', () => {
  const key = oprfKeyOfScalar(bytes(SUITE.skSm));

  it('derives the key of the seed', () => {
    expect(hex(deriveOprfKey(bytes(SUITE.seed), bytes(SUITE.keyInfo)))).toBe(SUITE.skSm);
  });

  it.each(SUITE.vectors)('input $Input', (vector) => {
    const { blinded, state } = blind([bytes(vector.Input)], bytes(vector.Blind));
    expect(hex(blinded)).toBe(vector.BlindedElement);
    const evaluated = evaluate(key, blinded);
    expect(hex(evaluated)).toBe(vector.EvaluationElement);
    expect(hex(finalize(state, evaluated))).toBe(vector.Output);
  });

  it('gives the same outputs in one batch', () => {
    const inputs = SUITE.vectors.map((vector) => bytes(vector.Input));
    const { blinded, state } = blind(inputs, bytes(SUITE.vectors.map((vector) => vector.Blind).join('')));
    const outputs = finalize(state, evaluate(key, blinded));
    expect(hex(outputs)).toBe(SUITE.vectors.map((vector) => vector.Output).join(''));
    const tokens = SUITE.vectors.map((vector) => vector.Output.slice(0, 32)).join('');
    expect(hex(tokensOfOutputs(outputs))).toBe(tokens);
  });

  it('was typed as published', ({ skip }) => {
    skip(!existsSync(PUBLISHED), 'the published file of vectors is not here');
    const suites = JSON.parse(readFileSync(PUBLISHED, 'utf8')) as PublishedSuite[];
    const published = suites.find((suite) => suite.identifier === 'ristretto255-SHA512' && suite.mode === 0);
    expect(published).toMatchObject(SUITE);
    expect(published?.vectors).toHaveLength(SUITE.vectors.length);
  });
});

describe('an independent implementation', () => {
  const key = deriveOprfKey(randomBytes(32));
  const identifiers = ['cccd:001090123456', 'phone:+84912345678', 'passport:VNM:B1234567', 'app:ế', ''];
  const inputs = [...identifiers.map((identifier) => Buffer.from(identifier)), randomBytes(65_535)];

  it('evaluates what we blind, and we finalize what it evaluates', () => {
    const { blinded, state } = blind(inputs);
    const theirs = elements(blinded).map((element) => ristretto255_oprf.oprf.blindEvaluate(key, element));
    expect(hex(evaluate(key, blinded))).toBe(hex(Buffer.concat(theirs)));
    const outputs = inputs.map((input) => theirOutput(key, input));
    expect(hex(finalize(state, Buffer.concat(theirs)))).toBe(hex(Buffer.concat(outputs)));
  });

  it('blinds what we evaluate', () => {
    for (const input of inputs) {
      const { blind: scalar, blinded } = ristretto255_oprf.oprf.blind(input);
      const output = ristretto255_oprf.oprf.finalize(input, scalar, evaluate(key, blinded));
      expect(hex(output)).toBe(hex(theirOutput(key, input)));
    }
  });

  it('derives the same keys, and the same tokens from the key itself', () => {
    const seed = randomBytes(32);
    const theirs = ristretto255_oprf.oprf.deriveKeyPair(seed, Buffer.from('truyvet/oprf/v1'));
    expect(hex(deriveOprfKey(seed))).toBe(hex(theirs.secretKey));
    const tokens = identifiers.map((identifier) => theirOutput(key, Buffer.from(identifier)).subarray(0, 16));
    expect(hex(tokensUnderKey(key, identifiers))).toBe(hex(Buffer.concat(tokens)));
  });
});

describe('what must be refused', () => {
  const key = deriveOprfKey(randomBytes(32));
  const good = () => blind([Buffer.from('phone:+84912345678')]).blinded;
  // RFC 9496 appendix A.3: encodings that a decoder must reject, one of each kind; and the identity, which it
  // must
  // accept but RFC 9497 section 3.3.1 must not.
  const BAD = {
    identity: '00'.repeat(32),
    'field element not below p': 'ed'.padEnd(64, 'f').replace(/ff$/, '7f'),
    'not below p, high bit': 'f3'.padEnd(64, 'f').replace(/ff$/, 'ff'),
    negative: `01${'00'.repeat(31)}`,
    'no square root': '26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371',
    'negative xy': '3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e',
    'y zero': 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  };

  it.each(Object.entries(BAD))('an element: %s', (_name, element) => {
    const column = Buffer.concat([good(), bytes(element), good()]);
    expect(() => evaluate(key, column)).toThrow(expect.objectContaining({ reason: 'OPRF_BAD_ELEMENT' }));
    const { state } = blind([Buffer.from('a')]);
    expect(() => finalize(state, bytes(element))).toThrow(
      expect.objectContaining({ reason: 'OPRF_BAD_ELEMENT' }),
    );
  });

  it.each([1, 31, 33, 63])('a column of %i bytes', (length) => {
    const column = Buffer.concat([good(), good()]).subarray(0, length);
    expect(() => evaluate(key, column)).toThrow(expect.objectContaining({ reason: 'OPRF_BAD_ELEMENT' }));
  });

  it('an answer with one element too few or too many', () => {
    const { blinded, state } = blind([Buffer.from('a'), Buffer.from('b')]);
    for (const column of [blinded.subarray(32), Buffer.concat([blinded, good()])]) {
      expect(() => finalize(state, column)).toThrow(expect.objectContaining({ reason: 'OPRF_BAD_ELEMENT' }));
    }
  });

  it('an input beyond 65,535 bytes', () => {
    const refusal = expect.objectContaining({ reason: 'OPRF_BAD_INPUT' });
    expect(() => blind([new Uint8Array(65_536)])).toThrow(refusal);
  });

  it.each([
    ['zero', '00'.repeat(32)],
    ['the order of the group', 'edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010'],
    ['a scalar above the order', 'ff'.repeat(32)],
    ['a short scalar', '01'.repeat(31)],
  ])('a key: %s', (_name, scalar) => {
    expect(() => oprfKeyOfScalar(bytes(scalar))).toThrow(expect.objectContaining({ reason: 'BAD_OPRF_KEY' }));
  });

  it('a seed that is not 32 bytes', () => {
    const refusal = expect.objectContaining({ reason: 'BAD_OPRF_KEY' });
    expect(() => deriveOprfKey(new Uint8Array(31))).toThrow(refusal);
  });
});

it('hides an input: two blindings of it share nothing', () => {
  const input = Buffer.from('phone:+84912345678');
  const [first, second] = elements(blind([input, input]).blinded);
  expect(hex(first as Uint8Array)).not.toBe(hex(second as Uint8Array));
});

/** The whole protocol run by the other implementation alone. */
function theirOutput(key: Uint8Array, input: Uint8Array): Uint8Array {
  const { blind: scalar, blinded } = ristretto255_oprf.oprf.blind(input);
  return ristretto255_oprf.oprf.finalize(input, scalar, ristretto255_oprf.oprf.blindEvaluate(key, blinded));
}

interface PublishedSuite {
  identifier: string;
  mode: number;
  vectors: unknown[];
}

function elements(column: Uint8Array): Uint8Array[] {
  return Array.from({ length: column.length / 32 }, (_, i) => column.subarray(i * 32, i * 32 + 32));
}

function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'));
}

function hex(value: Uint8Array): string {
  return Buffer.from(value).toString('hex');
}
