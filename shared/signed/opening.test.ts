/**
 * Openings and warrants: what is signed is what is read, and every way of bending one is refused by its
 * reason.
 */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type Opening,
  openingSha256,
  readAdmittedOpening,
  signOpening,
  signWarrant,
  verifyOpening,
  verifyWarrant,
  type Warrant,
  type WarrantKeys,
} from './opening.ts';
import { VerifiedWarrants } from './opening-cache.ts';
import { loadPrivateKey, loadProvinceKeys, loadPublicKey } from './opening-keys.ts';

const NOW = 1_640_000_000;
const TRACE = '0123456789abcdef0123456789abcdef';

const [province24, province79, hub, stranger] = [0, 1, 2, 3].map(() => generateKeyPairSync('ed25519')) as [
  Pair,
  Pair,
  Pair,
  Pair,
];
const provinces = loadProvinceKeys({
  keys: [jwk(province24.publicKey, '24'), jwk(province79.publicKey, '79')],
});
const keys: WarrantKeys = { provinces, hub: loadPublicKey(JSON.stringify(jwk(hub.publicKey, 'hub'))) };

const opening: Opening = {
  version: 1,
  trace_id: TRACE,
  revision: 0,
  province: '24',
  direction: 'forward',
  rules: 1,
  max_degree: 2,
  as_of: NOW - 60,
  expires_at: NOW + 86_400,
  purpose: 'contact_tracing',
  generation: 1,
  index: [
    {
      case_ref: 'b7e0b0a4-6f0c-4a9e-9a53-111111111111',
      pseudonym: 'ab'.repeat(16),
      from: 100,
      until: NOW - 60,
    },
    { case_ref: 'b7e0b0a4-6f0c-4a9e-9a53-222222222222', pseudonym: 'cd'.repeat(16), from: 900, until: 800 },
  ],
};

async function warranted(change: Partial<Warrant> = {}, text?: string) {
  const jws = text ?? (await signOpening(opening, province24.privateKey));
  const warrant: Warrant = {
    trace_id: TRACE,
    revision: 0,
    opening_sha256: openingSha256(jws),
    issued_at: NOW,
    expires_at: NOW + 3_600,
    budget: { questions: 1_000, persons: 1_000_000 },
    ...change,
  };
  return { warrant, pair: { opening: jws, countersignature: await signWarrant(warrant, hub.privateKey) } };
}

describe('an opening', () => {
  it('says what its province signed, an empty window included', async () => {
    const jws = await signOpening(opening, province24.privateKey);
    expect(await verifyOpening(jws, provinces, NOW)).toEqual(opening);
    expect(readAdmittedOpening(jws)).toEqual(opening);
  });

  it('holds until its expiry and not at it', async () => {
    const jws = await signOpening(opening, province24.privateKey);
    await verifyOpening(jws, provinces, opening.expires_at - 1);
    await expectRefusal(verifyOpening(jws, provinces, opening.expires_at), 'OPENING_EXPIRED');
  });

  it.each<[string, string, (jws: string) => string | Promise<string>]>([
    ['of a province without a key', 'OPENING_UNKNOWN_PROVINCE', () => forge({}, { kid: '01' })],
    [
      'signed by another province in its own name',
      'OPENING_WRONG_PROVINCE',
      () => forge({}, { kid: '79' }, province79),
    ],
    ['signed by another province', 'OPENING_BAD_SIGNATURE', () => forge({}, {}, province79)],
    ['signed by a stranger', 'OPENING_BAD_SIGNATURE', () => forge({}, {}, stranger)],
    [
      'that brings its own key',
      'OPENING_MALFORMED',
      () => forge({}, { jwk: jwk(stranger.publicKey, '24') }, stranger),
    ],
    ['signed by the hub', 'OPENING_BAD_SIGNATURE', () => forge({}, {}, hub)],
    ['widened to a degree more', 'OPENING_BAD_SIGNATURE', (jws) => altered(jws, { max_degree: 3 })],
    ['with a later end', 'OPENING_BAD_SIGNATURE', (jws) => altered(jws, { expires_at: NOW + 9e6 })],
    [
      'with another index case',
      'OPENING_BAD_SIGNATURE',
      (jws) => altered(jws, { index: [opening.index[1]] }),
    ],
    [
      'with an earlier window',
      'OPENING_BAD_SIGNATURE',
      (jws) => altered(jws, { index: [{ ...opening.index[0], from: 0 }] }),
    ],
    [
      'with a bit of its signature turned',
      'OPENING_BAD_SIGNATURE',
      (jws) => {
        const [head, body, signature] = jws.split('.') as [string, string, string];
        const bytes = Buffer.from(signature, 'base64url');
        bytes[0] = (bytes[0] as number) ^ 1;
        return `${head}.${body}.${bytes.toString('base64url')}`;
      },
    ],
    ['that has expired', 'OPENING_EXPIRED', () => forge({ expires_at: NOW })],
    [
      'without signature, alg none',
      'OPENING_MALFORMED',
      (jws) => `${base64url({ alg: 'none', kid: '24', typ: 'truyvet-opening' })}.${jws.split('.')[1]}.`,
    ],
    ['under HMAC with the public key', 'OPENING_MALFORMED', () => forge({}, { alg: 'HS256' })],
    ['with another algorithm', 'OPENING_MALFORMED', () => forge({}, { alg: 'ES256' })],
    ['without kid', 'OPENING_MALFORMED', () => forge({}, { kid: undefined })],
    ['without typ', 'OPENING_MALFORMED', () => forge({}, { typ: undefined })],
    ['with the type of a warrant', 'OPENING_MALFORMED', () => forge({}, { typ: 'truyvet-warrant' })],
    ['with an unknown critical header', 'OPENING_MALFORMED', () => forge({}, { crit: ['more'], more: 1 })],
    ['in a second spelling', 'OPENING_MALFORMED', (jws) => secondSpelling(jws)],
    ['with two parts', 'OPENING_MALFORMED', (jws) => jws.split('.').slice(0, 2).join('.')],
    ['with four parts', 'OPENING_MALFORMED', (jws) => `${jws}.AA`],
    ['with a space behind', 'OPENING_MALFORMED', (jws) => `${jws} `],
    ['of no text', 'OPENING_MALFORMED', () => ''],
    ['of a megabyte', 'OPENING_MALFORMED', () => forgeText(JSON.stringify(opening) + ' '.repeat(1 << 20))],
    ['that is not JSON', 'OPENING_MALFORMED', () => forgeText('opening')],
    ['that is not UTF-8', 'OPENING_MALFORMED', () => forgeText(Buffer.of(0x22, 0xff, 0x22))],
  ])('%s is refused: %s', async (_name, reason, bend) => {
    const jws = await bend(await signOpening(opening, province24.privateKey));
    await expectRefusal(verifyOpening(jws, provinces, NOW), reason);
  });

  const { purpose: _purpose, ...withoutPurpose } = opening;
  it.each<[string, unknown]>([
    ['no object', null],
    ['version', { ...opening, version: 2 }],
    ['trace_id', { ...opening, trace_id: TRACE.toUpperCase() }],
    ['revision', { ...opening, revision: -1 }],
    ['revision', { ...opening, revision: 10_000 }],
    ['revision', { ...opening, revision: 0.5 }],
    ['province', { ...opening, province: '024' }],
    ['direction', { ...opening, direction: 'sideways' }],
    ['rules', { ...opening, rules: 0 }],
    ['max_degree', { ...opening, max_degree: 0 }],
    ['max_degree', { ...opening, max_degree: 5 }],
    ['as_of', { ...opening, as_of: 2 ** 32 }],
    ['as_of', { ...opening, as_of: '1640000000' }],
    ['expires_at', { ...opening, expires_at: Number.NaN }],
    ['purpose', withoutPurpose],
    ['purpose', { ...opening, purpose: 'Nguyen Van A, ward 5' }],
    ['generation', { ...opening, generation: 0 }],
    ['federation_key', { ...opening, federation_key: 0 }],
    ['index', { ...opening, index: [] }],
    ['index', { ...opening, index: Array(3_001).fill(opening.index[0]) }],
    ['index[0].until', { ...opening, index: [{ ...opening.index[0], until: -1 }] }],
    ['index[0].pseudonym', { ...opening, index: [{ ...opening.index[0], pseudonym: 'ab' }] }],
    ['index[0].case_ref', { ...opening, index: [{ ...opening.index[0], case_ref: 'phone:+84912345678' }] }],
    ['index', { ...opening, index: [{ ...opening.index[0], until: opening.as_of + 1 }] }],
    ['opening', { ...opening, 'phone:+84912345678': 'Nguyen Van A' }],
  ])('with a bad %s is neither signed nor believed', async (field, value) => {
    const refusal = field === 'no object' ? {} : { details: [expect.objectContaining({ field })] };
    const thrown = await verifyOpening(forgeText(JSON.stringify(value)), provinces, NOW).catch(
      (error) => error,
    );
    expect(thrown).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'OPENING_MALFORMED', ...refusal });
    expect(JSON.stringify([thrown.message, thrown.details])).not.toMatch(/84912345678|Nguyen/);
    expect(() => signOpening(value as Opening, province24.privateKey)).toThrow(
      expect.objectContaining(refusal),
    );
  });

  it('may look past as_of backward only', async () => {
    const index = [{ ...opening.index[0], until: opening.as_of + 1 }] as Opening['index'];
    const backward: Opening = { ...opening, direction: 'backward', index };
    const jws = await signOpening(backward, province24.privateKey);
    expect(await verifyOpening(jws, provinces, NOW)).toEqual(backward);
  });
});

describe('a warrant', () => {
  it('says what province and hub signed', async () => {
    const { warrant, pair } = await warranted();
    expect(await verifyWarrant(pair, keys, NOW)).toEqual({ opening, warrant });
  });

  it.each<[string, string, () => Promise<{ pair: { opening: string; countersignature: string } }>]>([
    [
      'over another opening',
      'WARRANT_MISMATCH',
      async () => {
        const other = await signOpening({ ...opening, max_degree: 3 }, province24.privateKey);
        return { pair: { ...(await warranted()).pair, opening: other } };
      },
    ],
    ['naming another trace', 'WARRANT_MISMATCH', () => warranted({ trace_id: 'f'.repeat(32) })],
    ['naming another revision', 'WARRANT_MISMATCH', () => warranted({ revision: 1 })],
    ['that has expired', 'WARRANT_EXPIRED', () => warranted({ expires_at: NOW })],
    [
      'over an expired opening',
      'OPENING_EXPIRED',
      async () => warranted({}, await signOpening({ ...opening, expires_at: NOW }, province24.privateKey)),
    ],
    ['over a forged opening', 'OPENING_BAD_SIGNATURE', () => warranted({}, forge({}, {}, stranger))],
    [
      'signed by a province',
      'WARRANT_BAD_SIGNATURE',
      async () => {
        const { warrant, pair } = await warranted();
        return { pair: { ...pair, countersignature: await signWarrant(warrant, province24.privateKey) } };
      },
    ],
    [
      'that is the opening again',
      'WARRANT_MALFORMED',
      async () => {
        const { pair } = await warranted();
        return { pair: { ...pair, countersignature: pair.opening } };
      },
    ],
    [
      'that is another word of the hub',
      'WARRANT_MALFORMED',
      async () => {
        const { warrant, pair } = await warranted();
        const header = { alg: 'EdDSA', kid: 'hub', typ: 'truyvet-rules' };
        return { pair: { ...pair, countersignature: signText(header, JSON.stringify(warrant), hub) } };
      },
    ],
    [
      'without a budget',
      'WARRANT_MALFORMED',
      async () => {
        const { warrant, pair } = await warranted();
        const header = { alg: 'EdDSA', kid: 'hub', typ: 'truyvet-warrant' };
        const text = JSON.stringify({ ...warrant, budget: { questions: 0, persons: 1 } });
        return { pair: { ...pair, countersignature: signText(header, text, hub) } };
      },
    ],
  ])('%s is refused: %s', async (_name, reason, bend) => {
    const { pair } = await bend();
    await expectRefusal(verifyWarrant(pair, keys, NOW), reason);
    await expectRefusal(new VerifiedWarrants(keys).verify(pair, NOW), reason);
  });
});

describe('VerifiedWarrants', () => {
  it('remembers a pair, not that it was in force', async () => {
    const { warrant, pair } = await warranted();
    const verified = new VerifiedWarrants(keys);
    const first = await verified.verify(pair, NOW);
    expect(first).toEqual({ opening, warrant });
    expect(await verified.verify({ ...pair }, warrant.expires_at - 1)).toBe(first);
    await expectRefusal(verified.verify(pair, warrant.expires_at), 'WARRANT_EXPIRED');
  });

  it('does not take one half of a pair for the whole', async () => {
    const { pair } = await warranted();
    const other = await warranted({ budget: { questions: 1, persons: 1 } });
    const verified = new VerifiedWarrants(keys);
    await verified.verify(pair, NOW);
    const { warrant } = await verified.verify(other.pair, NOW);
    expect(warrant.budget.questions).toBe(1);
    const countersignature = other.pair.countersignature.replace(/.{4}$/, 'AAAA');
    await expectRefusal(
      verified.verify({ ...pair, countersignature }, NOW),
      'WARRANT_MALFORMED',
      'WARRANT_BAD_SIGNATURE',
    );
  });

  it('forgets the least recently used beyond its capacity', async () => {
    const pairs = await Promise.all(
      [1, 2, 3].map((n) => warranted({ budget: { questions: n, persons: 1 } })),
    );
    const [a, b, c] = pairs.map(({ pair }) => pair) as [Text, Text, Text];
    const verified = new VerifiedWarrants(keys, 2);
    const first = await verified.verify(a, NOW);
    const second = await verified.verify(b, NOW);
    expect(await verified.verify(a, NOW)).toBe(first);
    await verified.verify(c, NOW);
    expect(await verified.verify(a, NOW)).toBe(first);
    expect(await verified.verify(b, NOW)).not.toBe(second);
  });
});

describe('keys', () => {
  const good = jwk(province24.publicKey, '24');
  const secret = province24.privateKey.export({ format: 'jwk' });
  const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });

  it('reads a private key from text and from JSON', async () => {
    for (const given of [JSON.stringify(secret), secret]) {
      const jws = await signOpening(opening, loadPrivateKey(given));
      expect(await verifyOpening(jws, provinces, NOW)).toEqual(opening);
    }
  });

  it.each<[string, () => unknown]>([
    ['text that is not JSON', () => loadPublicKey('-----BEGIN PUBLIC KEY-----')],
    ['another kind of key', () => loadPublicKey(p256)],
    ['a broken key', () => loadPublicKey({ ...good, x: 'AAAA' })],
    ['a private key for a public one', () => loadPublicKey(secret)],
    ['a private key in a key set', () => loadProvinceKeys({ keys: [{ ...secret, kid: '24' }] })],
    ['a public key for a private one', () => loadPrivateKey(good)],
    ['a broken private key', () => loadPrivateKey({ ...secret, d: 'AAAA' })],
    ['a key for a key set', () => loadProvinceKeys(good)],
    ['a kid that is no province', () => loadProvinceKeys({ keys: [jwk(province24.publicKey, 'hub')] })],
    ['two keys for a province', () => loadProvinceKeys({ keys: [good, jwk(province79.publicKey, '24')] })],
  ])('refuses %s without quoting it', (_name, load) => {
    const thrown = thrownBy(load);
    expect(thrown).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'BAD_KEY' });
    expect(thrown.message).not.toContain(secret.d);
  });
});

type Pair = { publicKey: KeyObject; privateKey: KeyObject };
type Text = { opening: string; countersignature: string };

function jwk(key: KeyObject, kid: string) {
  return { ...key.export({ format: 'jwk' }), kid };
}

/** An opening with changed words or header, signed without the checks of `signOpening`. */
function forge(change: Partial<Opening>, header: object = {}, pair = province24): string {
  const text = JSON.stringify({ ...opening, ...change });
  return signText({ alg: 'EdDSA', kid: '24', typ: 'truyvet-opening', ...header }, text, pair);
}

function forgeText(text: string | Buffer): string {
  return signText({ alg: 'EdDSA', kid: '24', typ: 'truyvet-opening' }, text, province24);
}

/** Compact JWS by hand. */
function signText(header: object, text: string | Buffer, pair: Pair): string {
  const signed = `${base64url(header)}.${Buffer.from(text).toString('base64url')}`;
  return `${signed}.${sign(null, Buffer.from(signed), pair.privateKey).toString('base64url')}`;
}

/** The same signature over other words. */
function altered(jws: string, change: object): string {
  const [header, , signature] = jws.split('.');
  return `${header}.${base64url({ ...opening, ...change })}.${signature}`;
}

/**
 * The last of 86 characters carries four unused bits: a different text that decodes to the same signature.
 */
function secondSpelling(jws: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const spelled = jws.slice(0, -1) + alphabet[alphabet.indexOf(jws.at(-1) as string) + 1];
  const signatures = [jws, spelled].map((text) => Buffer.from(text.split('.')[2] as string, 'base64url'));
  expect(signatures[0]).toEqual(signatures[1]);
  return spelled;
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function thrownBy(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

async function expectRefusal(promise: Promise<unknown>, ...reasons: string[]): Promise<void> {
  const thrown = await promise.then(
    () => ({ reason: 'accepted', code: '' }),
    (error) => error,
  );
  expect(reasons).toContain(thrown.reason);
  expect(thrown.code).toBe(thrown.reason.endsWith('_MALFORMED') ? 'INVALID_ARGUMENT' : 'PERMISSION_DENIED');
}
