import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { CompactSign, compactVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import { HUB_ORIGIN, nodeOrigin, openCheckpoint, readCheckpoint, signCheckpoint } from './checkpoint.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const other = generateKeyPairSync('ed25519');
const ORIGIN = nodeOrigin('24');
const CHECKPOINT = { size: 1234, root: createHash('sha256').update('x').digest() };
const note = signCheckpoint(CHECKPOINT, ORIGIN, privateKey);

const REFUSED = { code: 'PERMISSION_DENIED', reason: 'BAD_CHECKPOINT' };
const refusal = (text: string, origin = ORIGIN, key: KeyObject = publicKey) => {
  try {
    return openCheckpoint(text, origin, key);
  } catch (error) {
    return error;
  }
};

describe('a checkpoint', () => {
  test('is a signed note whose text anybody can rebuild', () => {
    const root = CHECKPOINT.root.toString('base64');
    const text = `truyvet/audit/node/24\n1234\n${root}\n`;
    expect(note.startsWith(`${text}\n— truyvet/audit/node/24 `)).toBe(true);
    const signature = Buffer.from(note.split(' ')[2] as string, 'base64');
    expect(signature.subarray(4)).toEqual(sign(null, Buffer.from(text), privateKey));
    const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
    const id = createHash('sha256').update('truyvet/audit/node/24\n\x01').update(raw).digest();
    expect(signature.subarray(0, 4)).toEqual(id.subarray(0, 4));
  });

  test('opens under the key and the name of its log', () => {
    expect(openCheckpoint(note, ORIGIN, publicKey)).toEqual(CHECKPOINT);
    expect(openCheckpoint(note, ORIGIN, privateKey)).toEqual(CHECKPOINT);
    const empty = { size: 0, root: createHash('sha256').digest() };
    expect(openCheckpoint(signCheckpoint(empty, HUB_ORIGIN, privateKey), HUB_ORIGIN, publicKey)).toEqual(
      empty,
    );
  });

  test.each([
    ['another size', note.replace('1234', '1235')],
    ['another root', note.replace(/\n[A-Za-z0-9+/]{43}=\n/, `\n${'A'.repeat(43)}=\n`)],
    ['a root with stray bits', note.replace(/(.)=\n\n/, (_, c) => `${c === 'B' ? 'C' : 'B'}=\n\n`)],
    ['a size with a zero in front', note.replace('1234', '01234')],
    ['an extension line', note.replace('\n\n', '\nextension\n\n')],
    ['a second signature', note + note.slice(note.indexOf('—'))],
    ['no signature', note.slice(0, note.indexOf('—'))],
    ['nothing', ''],
    ['a megabyte', `${'x'.repeat(1e6)}${note}`],
    ['text before it', `x\n${note}`],
    ['text after it', `${note}x`],
  ])('is refused with %s', (_, text) => {
    expect(refusal(text)).toMatchObject(REFUSED);
  });

  test('of one log is none of another, under the same key', () => {
    expect(refusal(note, HUB_ORIGIN)).toMatchObject(REFUSED);
    expect(refusal(note, nodeOrigin('79'))).toMatchObject(REFUSED);
    expect(refusal(note.replace(' truyvet/audit/node/24 ', ' truyvet/audit/hub '))).toMatchObject(REFUSED);
    const renamed = note.replaceAll('node/24', 'node/79');
    expect(refusal(renamed, nodeOrigin('79'))).toMatchObject(REFUSED);
    expect(readCheckpoint(renamed, nodeOrigin('79')).size).toBe(1234);
  });

  test('signed by another key is refused, also when it names ours', () => {
    const foreign = signCheckpoint(CHECKPOINT, ORIGIN, other.privateKey);
    expect(refusal(foreign)).toMatchObject(REFUSED);
    const [line, signature = ''] = foreign.split(`— ${ORIGIN} `);
    const id = Buffer.from(note.split(' ')[2] as string, 'base64').subarray(0, 4);
    const bytes = Buffer.concat([id, Buffer.from(signature, 'base64').subarray(4)]);
    expect(refusal(`${line}— ${ORIGIN} ${bytes.toString('base64')}\n`)).toMatchObject(REFUSED);
  });

  test('is no opening, no warrant and no rules, and those are no checkpoint', async () => {
    const [text = '', last = ''] = note.split('\n— ');
    const signature = Buffer.from(last.split(' ')[1] as string, 'base64').subarray(4);
    const header = Buffer.from('{"alg":"EdDSA"}').toString('base64url');
    for (const jws of [
      `${header}.${Buffer.from(text).toString('base64url')}.${signature.toString('base64url')}`,
      `${text}.${signature.toString('base64url')}`,
    ]) {
      await expect(compactVerify(jws, createPublicKey(privateKey))).rejects.toThrow();
    }
    const payload = new TextEncoder().encode(text);
    const opening = await new CompactSign(payload).setProtectedHeader({ alg: 'EdDSA' }).sign(privateKey);
    const signed = Buffer.from(opening.split('.')[2] as string, 'base64url');
    const id = Buffer.from(last.split(' ')[1] as string, 'base64').subarray(0, 4);
    const posed = `${text}\n— ${ORIGIN} ${Buffer.concat([id, signed]).toString('base64')}\n`;
    expect(refusal(posed)).toMatchObject(REFUSED);
    expect(refusal(opening)).toMatchObject(REFUSED);
  });
});
