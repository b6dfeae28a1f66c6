import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { CompactEncrypt, CompactSign, importJWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { toAppError } from '../errors.ts';
import {
  admitKey,
  checkValueOf,
  type FederationKey,
  type KeyHolder,
  recipientOf,
  unwrapFederationKey,
  wrapFederationKey,
  wrapRecipient,
} from './federation-key.ts';
import { keysSha256, signApproval, verifyApproval } from './key-approval.ts';

const NOW = 1_795_651_200;
const KEY: FederationKey = { generation: 2, key: new Uint8Array(32).fill(7), useFrom: NOW + 86_400 };

interface Province {
  readonly holder: KeyHolder;
  readonly openingKey: KeyObject;
  readonly enrolmentKey: KeyObject;
}

function province(province: string): Province {
  const opening = generateKeyPairSync('ed25519');
  const enrolment = generateKeyPairSync('x25519');
  const holder = {
    province,
    opening: opening.publicKey.export({ format: 'jwk' }),
    enrolment: enrolment.publicKey.export({ format: 'jwk' }),
  } as KeyHolder;
  return { holder, openingKey: opening.privateKey, enrolmentKey: enrolment.privateKey };
}

const [m24, m79, m01] = [province('24'), province('79'), province('01')];
/** What the hub could make: keys of its own under a province's name. */
const forger = province('24');

const from24 = { province: '24', openingKey: m24.openingKey };
const enrolled = new Map([m24, m79, m01].map(({ holder }) => [holder.province, holder]));

function unwrapAs(me: Province, wrap: string, trusted: ReadonlyMap<string, KeyHolder> = enrolled) {
  const { holder, enrolmentKey } = me;
  return unwrapFederationKey(wrap, { me: holder, enrolmentKey, giver: (code) => trusted.get(code) });
}

const wrapFor = (to: Province) => wrapFederationKey({ key: KEY, from: from24, to: to.holder, issuedAt: NOW });

/** The payload of a good wrap from 24 to 79. */
async function payload(change: object = {}): Promise<object> {
  const key = Buffer.from(KEY.key).toString('base64url');
  const recipient = await recipientOf(m79.holder);
  const ends = { from: '24', to: '79', recipient, issued_at: NOW };
  return { version: 1, generation: 2, key, use_from: KEY.useFrom, ...ends, ...change };
}

interface Forgery {
  readonly content?: unknown;
  readonly signer?: KeyObject;
  readonly inner?: object;
  readonly outer?: object;
  readonly encryptTo?: Province;
}

/** A wrap by hand: every part may be changed. */
async function forge(parts: Forgery = {}): Promise<string> {
  const { content = await payload(), signer = m24.openingKey, encryptTo = m79 } = parts;
  const inner = { alg: 'EdDSA', kid: '24', typ: 'truyvet-federation-key', ...parts.inner };
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  const signed = await new CompactSign(Buffer.from(text)).setProtectedHeader(inner).sign(signer);
  return seal(signed, parts.outer, encryptTo);
}

async function seal(text: string, outer: object = {}, to = m79): Promise<string> {
  const kid = await recipientOf(to.holder);
  const header = { alg: 'ECDH-ES+A256KW', enc: 'A256GCM', typ: 'truyvet-key-wrap', kid, ...outer };
  const jwk = to.holder.enrolment;
  return new CompactEncrypt(Buffer.from(text))
    .setProtectedHeader(header)
    .encrypt(await importJWK(jwk, header.alg));
}

async function reasonOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'accepted',
    (error) => toAppError(error).reason,
  );
}

describe('a wrapped federation key', () => {
  it('reaches the province that it is for, and says who gave it', async () => {
    const received = await unwrapAs(m79, await wrapFor(m79));
    expect(received).toEqual({ ...KEY, from: '24', issuedAt: NOW, key: expect.anything() });
    expect(Buffer.from(received.key)).toEqual(Buffer.from(KEY.key));
    expect(await reasonOf(unwrapAs(m79, await forge()))).toBe('accepted');
  });

  it('shows the key in no spelling on its outside', async () => {
    const wrap = await wrapFor(m79);
    const bytes = wrap.split('.').map((part) => Buffer.from(part, 'base64url').toString('latin1'));
    for (const spelling of ['hex', 'base64', 'base64url', 'latin1'] as const) {
      const needle = Buffer.from(KEY.key).toString(spelling);
      expect([wrap, ...bytes].some((text) => text.includes(needle))).toBe(false);
    }
  });

  const fields: [string, object][] = [
    ['version', { version: 2 }],
    ['generation zero', { generation: 0 }],
    ['generation in text', { generation: '2' }],
    ['a short key', { key: 'AAAA' }],
    ['another spelling of the key', { key: `${Buffer.from(KEY.key).toString('base64url').slice(0, -1)}d` }],
    ['use_from', { use_from: -1 }],
    ['issued_at', { issued_at: undefined }],
    ['no receiver', { to: undefined }],
    ['a field too many', { note: 'x' }],
  ];
  it.each(fields)('is refused with a wrong %s', async (_name, change) => {
    expect(await reasonOf(unwrapAs(m79, await forge({ content: await payload(change) })))).toBe(
      'WRAP_MALFORMED',
    );
  });

  it.each<[string, () => Promise<string>, string]>([
    ['for another province', () => wrapFor(m01), 'WRAP_NOT_FOR_ME'],
    ['relabelled by the hub', async () => relabel(await wrapFor(m01)), 'WRAP_NOT_FOR_ME'],
    ['encrypted to another key', () => forge({ encryptTo: m01 }), 'WRAP_NOT_FOR_ME'],
    [
      'passed on by its receiver',
      async () => forge({ content: await payload({ to: '01' }) }),
      'WRAP_REDIRECTED',
    ],
    [
      'made for an earlier key',
      async () => forge({ content: await payload({ recipient: 'A'.repeat(43) }) }),
      'WRAP_REDIRECTED',
    ],
    [
      'in the name of another',
      async () => forge({ content: await payload({ from: '01' }) }),
      'WRAP_REDIRECTED',
    ],
    ['under another kid', () => forge({ inner: { kid: '01' } }), 'WRAP_BAD_SIGNATURE'],
    ['by a province that is unknown', () => forge({ inner: { kid: '99' } }), 'WRAP_UNKNOWN_GIVER'],
    ['by the hub', () => forge({ inner: { kid: 'hub' }, signer: forger.openingKey }), 'WRAP_UNKNOWN_GIVER'],
    ['by the hub as 24', () => forge({ signer: forger.openingKey }), 'WRAP_BAD_SIGNATURE'],
    ['signed for another purpose', () => forge({ inner: { typ: 'truyvet-opening' } }), 'WRAP_MALFORMED'],
    ['of another kind outside', () => forge({ outer: { typ: 'JWE' } }), 'WRAP_MALFORMED'],
    ['with a weaker cipher', () => forge({ outer: { enc: 'A128CBC-HS256' } }), 'WRAP_MALFORMED'],
    ['with a weaker agreement', () => forge({ outer: { alg: 'ECDH-ES' } }), 'WRAP_MALFORMED'],
    ['not signed', async () => seal(JSON.stringify(await payload())), 'WRAP_MALFORMED'],
    ['not JSON', () => forge({ content: 'key' }), 'WRAP_MALFORMED'],
    ['no JWE but a JWS', async () => (await forge()).split('.').slice(0, 3).join('.'), 'WRAP_MALFORMED'],
    ['no JOSE', async () => 'hello', 'WRAP_MALFORMED'],
    ['empty', async () => '', 'WRAP_MALFORMED'],
    ['endless', async () => `${await wrapFor(m79)}${'A'.repeat(5_000)}`, 'WRAP_MALFORMED'],
  ])('is refused %s', async (_name, make, reason) => {
    expect(await reasonOf(unwrapAs(m79, await make()))).toBe(reason);
  });

  it('is refused from a revoked province', async () => {
    const left = new Map([['01', m01.holder]]);
    expect(await reasonOf(unwrapAs(m79, await wrapFor(m79), left))).toBe('WRAP_UNKNOWN_GIVER');
  });

  it.each([0, 1, 2, 3, 4])('is refused with part %i altered', async (part) => {
    const parts = (await wrapFor(m79)).split('.');
    const bytes = Buffer.from(parts[part] as string, 'base64url');
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
    parts[part] = bytes.toString('base64url');
    expect(await reasonOf(unwrapAs(m79, parts.join('.')))).toMatch(/^WRAP_(NOT_FOR_ME|MALFORMED)$/);
  });

  it('says in no error what it holds', async () => {
    const wrap = await forge({ content: await payload({ generation: 0 }) });
    const error = await unwrapAs(m79, wrap).catch((thrown) => thrown);
    const text = `${error.message} ${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`;
    expect(text).not.toContain(Buffer.from(KEY.key).toString('base64url'));
  });
});

describe('a generation', () => {
  const at = (generation: number, fill = generation) => ({
    ...KEY,
    generation,
    key: new Uint8Array(32).fill(fill),
  });
  it.each<[string, FederationKey[], FederationKey, string]>([
    ['the first', [], at(3), 'new'],
    ['the next', [at(1)], at(2), 'new'],
    ['a later one', [at(1), at(2)], at(9), 'new'],
    ['one that is held', [at(1), at(2)], at(1), 'held'],
    ['an older one', [at(2), at(3)], at(1), 'FEDERATION_KEY_OLD'],
    ['one between', [at(1), at(3)], at(2), 'FEDERATION_KEY_OLD'],
    ['another key of the newest', [at(1), at(2)], at(2, 9), 'FEDERATION_KEY_CONFLICT'],
    ['another key of an older one', [at(1), at(2)], at(1, 9), 'FEDERATION_KEY_CONFLICT'],
  ])('%s is %s', async (_name, held, received, outcome) => {
    expect(
      await Promise.resolve()
        .then(() => admitKey(held, received))
        .catch((e) => e.reason),
    ).toBe(outcome);
  });

  it('has a check value that depends on key and number and is not the key', () => {
    const values = [at(1), at(2), at(1, 2), at(2, 1)].map(checkValueOf);
    expect(new Set(values).size).toBe(4);
    expect(values[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(checkValueOf(at(1))).toBe(values[0]);
    expect(Buffer.from(at(1).key).toString('hex')).not.toContain(values[0]);
  });
});

describe('an approval', () => {
  const approved = () => signApproval(from24, m79.holder, NOW);

  it('says whose keys are whose', async () => {
    expect(await verifyApproval(await approved(), m24.holder)).toEqual({
      ...{ version: 1, from: '24', to: '79', issued_at: NOW },
      keys_sha256: keysSha256(m79.holder),
    });
  });

  it('does not speak of other keys under the same name', () => {
    const other = province('79').holder;
    expect(keysSha256(other)).not.toBe(keysSha256(m79.holder));
    expect(keysSha256({ ...m79.holder, enrolment: other.enrolment })).not.toBe(keysSha256(m79.holder));
    expect(keysSha256({ ...m79.holder, opening: other.opening })).not.toBe(keysSha256(m79.holder));
    expect(keysSha256({ ...m79.holder, province: '01' })).not.toBe(keysSha256(m79.holder));
  });

  const sign = (header: object, change: object = {}, key = m24.openingKey) => {
    const words = { version: 1, from: '24', to: '79', keys_sha256: keysSha256(m79.holder), issued_at: NOW };
    const protectedHeader = { alg: 'EdDSA', kid: '24', typ: 'truyvet-key-approval', ...header };
    const bytes = Buffer.from(JSON.stringify({ ...words, ...change }));
    return new CompactSign(bytes).setProtectedHeader(protectedHeader).sign(key);
  };
  it.each<[string, () => Promise<string>, string]>([
    ['that is good', () => sign({}), 'accepted'],
    ['by the hub', () => sign({}, {}, forger.openingKey), 'APPROVAL_BAD_SIGNATURE'],
    ['in the name of another', () => sign({}, { from: '01' }), 'APPROVAL_BAD_SIGNATURE'],
    ['under another kid', () => sign({ kid: '01' }), 'APPROVAL_BAD_SIGNATURE'],
    ['signed for another purpose', () => sign({ typ: 'truyvet-federation-key' }), 'APPROVAL_BAD_SIGNATURE'],
    ['with a field too many', () => sign({}, { forever: true }), 'APPROVAL_MALFORMED'],
    ['of nobody', () => sign({}, { to: 'hub' }), 'APPROVAL_MALFORMED'],
    ['of no keys', () => sign({}, { keys_sha256: '' }), 'APPROVAL_MALFORMED'],
    ['that is endless', async () => 'A'.repeat(3_000), 'APPROVAL_MALFORMED'],
    ['that is no JWS', async () => 'hello', 'APPROVAL_BAD_SIGNATURE'],
  ])('%s: %s', async (_name, make, reason) => {
    expect(await reasonOf(verifyApproval(await make(), m24.holder))).toBe(reason);
  });
});

it('tells the recipient of a wrap from its outside', async () => {
  expect(wrapRecipient(await wrapFor(m79))).toBe(await recipientOf(m79.holder));
});

/** The hub writes 79's thumbprint on a wrap for another. */
async function relabel(wrap: string): Promise<string> {
  const [header, ...rest] = wrap.split('.');
  const words = JSON.parse(Buffer.from(header as string, 'base64url').toString());
  const relabelled = JSON.stringify({ ...words, kid: await recipientOf(m79.holder) });
  return [Buffer.from(relabelled).toString('base64url'), ...rest].join('.');
}
