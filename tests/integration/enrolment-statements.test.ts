/**
 * What a node believes of other provinces: only what its pinned CA has signed, the later statement before the
 * earlier one, revoked until then; with a hub that lies. Real database; the hub's list is the test's.
 */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ListedProvinces, ProvinceBook } from '../../node/federation/provinces/operations.ts';
import { systemClock } from '../../shared/clock.ts';
import { AppError } from '../../shared/errors.ts';
import type { ProvinceStatement } from '../../shared/signed/province-statement.ts';
import { signProvinceStatement } from '../../shared/signed/province-statement.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { silent } from '../support/enrolment-hub.ts';
import { waitFor } from '../support/wait.ts';

const p256 = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ca = p256();
const opening = () => generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x as string;

const stated = (province: string, change: Partial<ProvinceStatement> = {}): ProvinceStatement => ({
  version: 1,
  ...{ province, issued_at: 1_000, serial: '1'.repeat(32), tls_spki_sha256: '2'.repeat(64) },
  opening: { kty: 'OKP', crv: 'Ed25519', x: opening() },
  enrolment: { kty: 'OKP', crv: 'X25519', x: Buffer.alloc(32, 3).toString('base64url') },
  ...change,
});
const sign = (statement: ProvinceStatement, key: KeyObject = ca.privateKey) =>
  signProvinceStatement(statement, key);

let database: TestDatabase;
let listed: ListedProvinces;
let away: boolean;
const own = stated('24');

const openBook = () =>
  ProvinceBook.open({
    ...{ db: database.db, clock: systemClock, logger: silent, caKey: ca.publicKey, own },
    source: async () => {
      if (away) throw new AppError('UNAVAILABLE', 'PEER_UNREACHABLE', 'away');
      return listed;
    },
  });
const keyOf = (book: ProvinceBook, province: string) => book.get(province)?.export({ format: 'jwk' }).x;
const list = (...provinces: [statement: string, revokedAt?: number][]) => {
  listed = {
    version: listed.version + 1,
    provinces: provinces.map(([statement, revokedAt = 0]) => ({ statement, revokedAt })),
  };
};
const audited = async () => {
  const rows = await database.db.sql<{ body: string }[]>`SELECT body FROM audit_records ORDER BY id`;
  return rows.map(({ body }) => JSON.parse(body)).map((e) => [e.action, e.reason ?? e.detail?.province]);
};

beforeEach(async () => {
  database = await createTestDatabase('node');
  listed = { version: 1, provinces: [] };
  away = false;
});
afterEach(() => database[Symbol.asyncDispose]());

test('statements of the CA are kept, on record, for when the hub is away', async () => {
  const statement = stated('79');
  list([await sign(statement)]);
  const book = await openBook();
  expect(keyOf(book, '24')).toBe(own.opening.x);
  expect(book.get('79')).toBeUndefined();
  await book.refresh();
  expect(keyOf(book, '79')).toBe(statement.opening.x);
  away = true;
  expect(keyOf(await openBook(), '79')).toBe(statement.opening.x);
  expect(await audited()).toEqual([['statement.accepted', '79']]);
});

describe('a forged hub', () => {
  test('introduces no province without the key of the CA', async () => {
    list([await sign(stated('79'), p256().privateKey)], ['not.a.statement']);
    const book = await openBook();
    await book.refresh();
    await book.refresh();
    expect(book.get('79')).toBeUndefined();
    expect(await audited()).toEqual([
      ['statement.refused', 'STATEMENT_BAD_SIGNATURE'],
      ['statement.refused', 'STATEMENT_BAD_SIGNATURE'],
    ]);
  });

  test('plants none in the database either', async () => {
    const forged = await sign(stated('79'), p256().privateKey);
    await database.db.sql`
      INSERT INTO known_provinces (province, statement, stated_at) VALUES ('79', ${forged}, 1)`;
    expect((await openBook()).get('79')).toBeUndefined();
  });

  test('changes no key with an earlier statement, nor with another of the same second', async () => {
    const [good, earlier, same] = [stated('79'), stated('79', { issued_at: 999 }), stated('79')];
    const book = await openBook();
    list([await sign(good)]);
    await book.refresh();
    list([await sign(earlier)], [await sign(same)]);
    await book.refresh();
    expect(keyOf(book, '79')).toBe(good.opening.x);
    expect((await audited()).slice(1)).toEqual([
      ['statement.refused', 'STATEMENT_NOT_NEWER'],
      ['statement.refused', 'STATEMENT_NOT_NEWER'],
    ]);
  });

  test('says nothing about the province itself', async () => {
    list([await sign(stated('24', { issued_at: 5_000 })), 7_000]);
    const book = await openBook();
    await book.refresh();
    expect(keyOf(book, '24')).toBe(own.opening.x);
  });
});

test('a changed key is taken over with a later statement, on record', async () => {
  const later = stated('79', { issued_at: 1_001 });
  const book = await openBook();
  list([await sign(stated('79'))]);
  await book.refresh();
  list([await sign(later)]);
  await book.refresh();
  expect(keyOf(book, '79')).toBe(later.opening.x);
  const rows = await database.db.sql<
    { body: string }[]
  >`SELECT body FROM audit_records ORDER BY id DESC LIMIT 1`;
  expect(JSON.parse(rows[0]?.body ?? '')).toMatchObject({
    action: 'statement.accepted',
    detail: { fingerprint: expect.any(String), fingerprint_before: expect.any(String) },
  });
});

test('a revoked province counts for nothing until a later statement', async () => {
  const statement = await sign(stated('79'));
  const book = await openBook();
  const heard: string[] = [];
  book.onRevoked((province) => heard.push(province));
  list([statement]);
  await book.refresh();
  list([statement, 2_000]);
  await book.refresh();
  expect(heard).toEqual(['79']);
  expect(book.get('79')).toBeUndefined();
  expect(book.statementOf('79')).toBeUndefined();
  // The hub takes it back, or somebody who sits in it.
  list([statement]);
  await book.refresh();
  expect(book.get('79')).toBeUndefined();
  expect((await openBook()).get('79')).toBeUndefined();
  const later = stated('79', { issued_at: 3_000 });
  list([await sign(later)]);
  await book.refresh();
  expect(keyOf(book, '79')).toBe(later.opening.x);
  expect((await audited()).map(([action]) => action)).toEqual([
    ...['statement.accepted', 'province.revoked', 'statement.accepted'],
  ]);
});

test('the hub’s hint is enough, and a hub that was away is asked again', async () => {
  away = true;
  const book = await openBook();
  book.start();
  const statement = stated('79');
  list([await sign(statement)]);
  away = false;
  await waitFor('the province', () => keyOf(book, '79') === statement.opening.x);
  const later = stated('01');
  list([await sign(statement)], [await sign(later)]);
  book.hint(listed.version);
  await waitFor('the next', () => keyOf(book, '01') === later.opening.x);
  await book[Symbol.asyncDispose]();
});
