/**
 * The rotation of the key service's key at the hub, on a real database and with real keys: begun by an
 * operator, gone on with by what provinces say, ended with the last trace under the former key.
 */
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { createAuthority } from '../../deploy/pki/authority.ts';
import { KeyGenerations } from '../../hub/key-service/key-generations.ts';
import { openKeyRing } from '../../hub/key-service/key-ring.ts';
import { evaluateBlinded, LowBudgets } from '../../hub/key-service/operations.ts';
import { upsertKeyBudget } from '../../hub/key-service/queries.ts';
import { leaveBehind, readKeyGenerations, rotateKey } from '../../hub/key-service/rotating.ts';
import type { Roster } from '../../hub/provinces/roster.ts';
import { insertTrace } from '../../hub/traces/traces-queries.ts';
import { RefusalLog } from '../../shared/audit/refusals.ts';
import { type Clock, systemClock } from '../../shared/clock.ts';
import { createLogger } from '../../shared/log.ts';
import { newSerialNumber } from '../../shared/pki/issue.ts';
import { CHECK_INPUT, checkOf } from '../../shared/pseudonym/key-check.ts';
import { blind, finalize, oprfReady, tokensOfOutputs, tokensUnderKey } from '../../shared/pseudonym/oprf.ts';
import { deriveOprfKey, type OprfKey } from '../../shared/pseudonym/oprf-key.ts';
import { type OprfWorkers, startOprfWorkers } from '../../shared/pseudonym/oprf-pool.ts';
import { caPublicKey } from '../../shared/signed/ca-statement.ts';
import { signOprfStatement } from '../../shared/signed/oprf-statement.ts';
import { personWith } from '../support/callers.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { waitFor } from '../support/wait.ts';

const [first, second, third] = [1, 2, 3].map(() => deriveOprfKey(randomBytes(32))) as [
  OprfKey,
  OprfKey,
  OprfKey,
];
const authority = await createAuthority();
const operator = personWith(['hub_operator']);
const logger = createLogger('test', 'silent');
const DAY = 86_400;
let database: TestDatabase;
let oprf: OprfWorkers[];
let seconds: number;
let hub: KeyGenerations;
let enrolled: string[];
let audited: number;
const clock: Clock = {
  nowMs: () => seconds * 1_000,
  sleep: (_ms, signal) => systemClock.sleep(20, signal),
};

beforeAll(async () => {
  await oprfReady();
  const pools = [first, second, third].map((key) => startOprfWorkers(1, { key }));
  [database, ...oprf] = await Promise.all([createTestDatabase('hub'), ...pools]);
});
afterAll(() => Promise.all([database, ...oprf].map((it) => it?.[Symbol.asyncDispose]())));
beforeEach(async () => {
  seconds = 1_640_001_600;
  enrolled = ['01', '24', '79'];
  await database.db.sql`TRUNCATE key_rotations, traces, first_loadings, key_evaluations, key_budgets CASCADE`;
  audited = (await audit()).length;
  hub = await restart([1, 2]);
});
afterEach(() => hub[Symbol.asyncDispose]());

const stated = (key: OprfKey, generation: number) =>
  signOprfStatement(
    {
      ...{ version: 1, generation, check: checkOf(tokensUnderKey(key, [CHECK_INPUT])) },
      ...{ issued_at: 1, serial: newSerialNumber() },
    },
    authority.key,
  );

/** A hub whose file holds the keys of these generations. */
async function restart(generations: readonly number[], unstated: readonly number[] = []) {
  const keys = new Map([first, second, third].map((key, i) => [i + 1, key]));
  const statements = generations
    .filter((one) => !unstated.includes(one))
    .map((one) => stated(keys.get(one) as OprfKey, one));
  const ring = await openKeyRing({
    oprf: generations.map((one) => oprf[one - 1] as OprfWorkers),
    statements: await Promise.all(statements),
    ...{ caKey: caPublicKey(authority.certificate), logger },
  });
  const member = (province: string) => ({ statement: { province }, revokedAtMs: null });
  const roster = {
    get members() {
      return enrolled.map(member);
    },
  } as unknown as Roster;
  return KeyGenerations.open({ db: database.db, clock, logger, ring, roster });
}

const ctx = () => ({ db: database.db, clock, keyGenerations: hub });
const served = () => hub.served.map(({ generation }) => generation);
const audit = async () => {
  const rows = await database.db.sql<{ body: string }[]>`SELECT body FROM audit_records ORDER BY id`;
  return rows.map(({ body }) => JSON.parse(body)).filter(({ action }) => action.startsWith('oprf_key.'));
};
const trace = (id: string, keyGeneration: number) =>
  insertTrace(database.db, { id, province: '24', expiresAt: seconds + DAY, keyGeneration });
const RETIRED = { code: 'FAILED_PRECONDITION', reason: 'KEY_GENERATION_RETIRED' };

it('is begun, waits for all provinces, and for the last trace under the former key', async () => {
  expect([served(), hub.of(0).generation]).toEqual([[1], 1]);
  expect(() => hub.of(2)).toThrow(expect.objectContaining(RETIRED));
  await rotateKey(ctx(), operator);
  expect([served(), hub.of(0).generation, hub.of(2).generation]).toEqual([[2, 1], 1, 2]);
  expect(() => hub.demandToBegin(2)).toThrow(expect.objectContaining(RETIRED));
  await expect(rotateKey(ctx(), operator)).rejects.toMatchObject({ reason: 'ROTATION_UNDER_WAY' });

  await trace('a'.repeat(32), 1);
  hub.heard('01', [1, 2]);
  hub.heard('24', [1]);
  hub.heard('79', [1, 2]);
  await hub.advance();
  expect(await readKeyGenerations(ctx(), operator)).toMatchObject({
    ...{ held: [1, 2], served: [2, 1], waitsFor: ['24'], openUnderFormer: 1 },
    provinces: [{ province: '01' }, { province: '24', generations: [1] }, { province: '79' }],
  });
  expect(hub.warnings()).toEqual(['key service: OPRF_KEY_WAITS: for the tokens of 24']);
  hub.heard('24', [1, 2]);
  await waitFor('the switch', () => served().join() === '1,2');
  hub.demandToBegin(1);
  hub.demandToBegin(2);
  expect(hub.warnings()).toEqual([]);

  // A day later nothing begins under the former key; it is served for as long as a trace under it is open.
  seconds += DAY;
  expect(() => hub.demandToBegin(1)).toThrow(expect.objectContaining(RETIRED));
  await hub.advance();
  expect(served()).toEqual([1, 2]);
  await database.db.sql`UPDATE traces SET closed_at = now()`;
  // One that was let in at the last moment may not be stored yet.
  await hub.advance();
  expect(served()).toEqual([1, 2]);
  seconds += 60;
  await waitFor('the end of the former key', () => served().join() === '2');
  expect(hub.of(0).generation).toBe(2);
  expect(() => hub.of(1)).toThrow(expect.objectContaining(RETIRED));
  const acts = (await audit())
    .slice(audited)
    .map(({ action, actor, detail, reason }) => [action, actor.kind, detail ?? reason]);
  expect(acts).toEqual([
    ['oprf_key.rotated', 'person', { generation: 2, former: 1 }],
    ['oprf_key.rotated', 'person', 'ROTATION_UNDER_WAY'],
    ['oprf_key.used', 'program', { generation: 2, left_behind: [] }],
    ['oprf_key.retired', 'program', { generation: 1 }],
  ]);
});

it('goes on where it was after a restart, once provinces have spoken again', async () => {
  await rotateKey(ctx(), operator);
  for (const province of ['01', '24']) hub.heard(province, [1, 2]);
  await hub[Symbol.asyncDispose]();
  hub = await restart([1, 2]);
  hub.heard('79', [1, 2]);
  await hub.advance();
  expect(served()).toEqual([2, 1]);
  for (const province of ['01', '24']) hub.heard(province, [1, 2]);
  await waitFor('the switch', () => served().join() === '1,2');
  await hub[Symbol.asyncDispose]();
  hub = await restart([1, 2]);
  expect(served()).toEqual([1, 2]);
});

it('leaves a province behind that the operator names, and no other', async () => {
  await expect(leaveBehind(ctx(), operator, ['24'])).rejects.toMatchObject({ reason: 'NO_ROTATION' });
  await rotateKey(ctx(), operator);
  hub.heard('01', [1, 2]);
  await expect(leaveBehind(ctx(), operator, ['30'])).rejects.toMatchObject({ reason: 'PROVINCE_UNKNOWN' });
  await leaveBehind(ctx(), operator, ['24']);
  await hub.advance();
  expect(served()).toEqual([2, 1]);
  hub.heard('79', [1, 2]);
  await waitFor('the switch', () => served().join() === '1,2');
  expect(
    (await audit()).slice(audited).map(({ action, outcome, detail }) => [action, outcome, detail]),
  ).toEqual(
    expect.arrayContaining([
      ['oprf_key.left_behind', 'done', { provinces: ['24'] }],
      ['oprf_key.used', 'done', { generation: 2, left_behind: ['24'] }],
    ]),
  );
});

it('gives an older node, which says nothing of generations, one key until that is retired', async () => {
  await rotateKey(ctx(), operator);
  for (const province of ['01', '79']) hub.heard(province, [1, 2]);
  hub.heard('24', []);
  await hub.advance();
  expect([served(), hub.awaited, hub.of(0).generation]).toEqual([[2, 1], ['24'], 1]);
  await leaveBehind(ctx(), operator, ['24']);
  expect([served(), hub.of(0).generation]).toEqual([[1, 2], 1]);
  seconds += DAY + 60;
  await hub.advance();
  expect([served(), hub.of(0).generation]).toEqual([[2], 2]);
});

it('does not wait for a province that is revoked meanwhile', async () => {
  await rotateKey(ctx(), operator);
  for (const province of ['01', '24']) hub.heard(province, [1, 2]);
  enrolled = ['01', '24'];
  await waitFor('the switch', () => served().join() === '1,2');
});

it.each<[string, number[], number[]]>([
  ['no other key', [1], []],
  ['one that the CA has not stated', [1, 2], [2]],
  ['only one of before', [2, 1], []],
])('does not begin with %s', async (_what, generations, unstated) => {
  await hub[Symbol.asyncDispose]();
  hub = await restart(generations, unstated);
  await expect(rotateKey(ctx(), operator)).rejects.toMatchObject({ reason: 'NO_NEXT_KEY' });
  expect(served()).toEqual([generations[0]]);
});

it('says that a key is missing that is served', async () => {
  await rotateKey(ctx(), operator);
  await hub[Symbol.asyncDispose]();
  hub = await restart([1]);
  expect(hub.warnings()).toContain('key service: OPRF_KEY_MISSING: no key of generation 2');
  expect([served(), hub.of(1).generation]).toEqual([[1], 1]);
});

it('can be done again with the next key', async () => {
  for (const [generation, keys] of [
    [2, [1, 2]],
    [3, [2, 3]],
  ] as const) {
    await hub[Symbol.asyncDispose]();
    hub = await restart(keys);
    await rotateKey(ctx(), operator);
    for (const province of enrolled) hub.heard(province, [generation]);
    await waitFor('the switch', () => hub.rotation?.usedFrom !== null);
    seconds += DAY + 60;
    await waitFor('the end of the former', () => served().join() === String(generation));
  }
});

it('evaluates under the generation that is asked for, each with a first loading of its own', async () => {
  const { db } = database;
  await using refusals = new RefusalLog({ db, clock, logger });
  const figures = { evaluated: () => undefined, refused: () => undefined };
  const service = { db, clock, logger, refusals, figures, keys: hub, low: new LowBudgets() };
  const budget = { province: '*', perHour: 5, perDay: 5, firstLoading: 3, casesPerDay: 0 };
  await upsertKeyBudget(db, budget);
  const ask = async (count: number, generation?: number) => {
    const identifiers = Array.from({ length: count }, (_, i) => `app:${i}`);
    const { blinded, state } = blind(identifiers.map((one) => Buffer.from(one)));
    const input = { province: '24', blinded, ...(generation !== undefined && { generation }) };
    const answer = await evaluateBlinded(service, input);
    const tokens = Buffer.from(tokensOfOutputs(finalize(state, answer.evaluated)));
    return [
      answer.generation,
      tokens.equals(tokensUnderKey(answer.generation === 1 ? first : second, identifiers)),
    ];
  };
  await expect(ask(1, 2)).rejects.toMatchObject(RETIRED);
  await rotateKey(ctx(), operator);
  // As an older node asks, and as it does for the former and for the next one.
  expect([await ask(1), await ask(2, 1), await ask(2, 2)]).toEqual([
    [1, true],
    [1, true],
    [2, true],
  ]);
  // The hour is over for both; what is left are their loadings.
  expect([await ask(3, 1), await ask(2, 2)]).toEqual([
    [1, true],
    [2, true],
  ]);
  await expect(ask(1, 1)).rejects.toMatchObject({ reason: 'KEY_BUDGET' });
  expect(await ask(1, 2)).toEqual([2, true]);
  await expect(ask(1, 2)).rejects.toMatchObject({ reason: 'KEY_BUDGET' });
});
