/**
 * The hub's key service on a real database and real worker threads: what is released is counted, and no more.
 */
import { randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  evaluateBlinded,
  KEY_GENERATION,
  type KeyServiceCtx,
  MAX_ELEMENTS,
} from '../../hub/keys/operations.ts';
import { findEvaluations } from '../../hub/keys/queries.ts';
import {
  blind,
  evaluate,
  finalize,
  oprfReady,
  tokensOfOutputs,
  tokensUnderKey,
} from '../../shared/pseudonym/oprf.ts';
import { deriveOprfKey } from '../../shared/pseudonym/oprf-key.ts';
import { type OprfWorkers, startOprfWorkers } from '../../shared/pseudonym/oprf-pool.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const HOUR = 1_640_001_600;
const key = deriveOprfKey(randomBytes(32));
let database: TestDatabase;
let oprf: OprfWorkers;
let seconds: number;
let logged: object[];
let ctx: KeyServiceCtx;

beforeAll(async () => {
  await oprfReady();
  [database, oprf] = await Promise.all([createTestDatabase('hub'), startOprfWorkers(1, { key })]);
});
afterAll(() => Promise.all([database?.[Symbol.asyncDispose](), oprf?.[Symbol.asyncDispose]()]));
beforeEach(async () => {
  await database.db.sql`DELETE FROM key_evaluations`;
  seconds = HOUR + 1_800;
  logged = [];
  const log = (entry: object) => void logged.push(entry);
  const clock = { nowMs: () => seconds * 1_000 };
  ctx = { db: database.db, clock, oprf, logger: { info: log, warn: log } as KeyServiceCtx['logger'] };
});

function blindMany(count: number) {
  const inputs = Array.from({ length: Math.min(count, 64) }, (_, i) => Buffer.from(`app:${i}`));
  const { blinded } = blind(inputs);
  return Buffer.concat(Array(Math.ceil(count / 64)).fill(blinded)).subarray(0, count * 32);
}

const counted = (province: string, hour = HOUR) => findEvaluations(database.db, { province, hour });

describe('evaluateBlinded', () => {
  it('evaluates under the key and names its generation', async () => {
    const identifiers = ['cccd:001090123456', 'phone:+84912345678'];
    const { blinded, state } = blind(identifiers.map((identifier) => Buffer.from(identifier)));
    const { evaluated, generation } = await evaluateBlinded(ctx, { province: '24', blinded });
    expect(generation).toBe(KEY_GENERATION);
    const tokens = tokensOfOutputs(finalize(state, evaluated));
    expect(Buffer.from(tokens)).toEqual(Buffer.from(tokensUnderKey(key, identifiers)));
    expect(logged).toEqual([{ province: '24', elements: 2 }]);
  });

  it('counts by province and hour', async () => {
    await evaluateBlinded(ctx, { province: '24', blinded: blindMany(3) });
    await evaluateBlinded(ctx, { province: '24', blinded: blindMany(4) });
    await evaluateBlinded(ctx, { province: '79', blinded: blindMany(5) });
    seconds = HOUR + 3_600;
    await evaluateBlinded(ctx, { province: '24', blinded: blindMany(6) });
    expect(
      await Promise.all([counted('24'), counted('79'), counted('24', HOUR + 3_600), counted('01')]),
    ).toEqual([7, 5, 6, 0]);
  });

  it.each<[string, () => Uint8Array, string]>([
    ['nothing', () => new Uint8Array(), 'INVALID_FIELD'],
    ['half an element', () => blindMany(2).subarray(0, 48), 'INVALID_FIELD'],
    ['one element too many', () => blindMany(MAX_ELEMENTS + 1), 'INVALID_FIELD'],
    ['the identity', () => Buffer.concat([blindMany(70), Buffer.alloc(32)]), 'OPRF_BAD_ELEMENT'],
    ['an encoding that is not canonical', () => Buffer.alloc(32, 0xff), 'OPRF_BAD_ELEMENT'],
  ])('refuses %s, counts nothing, and says so in the log', async (_name, blinded, reason) => {
    const refusal = { code: 'INVALID_ARGUMENT', reason };
    await expect(evaluateBlinded(ctx, { province: '24', blinded: blinded() })).rejects.toMatchObject(refusal);
    expect(await counted('24')).toBe(0);
    expect(logged).toEqual([expect.objectContaining({ province: '24', reason })]);
  });

  it('takes the largest request, and the loop goes on meanwhile', async () => {
    let evaluating = true;
    const blinded = blindMany(MAX_ELEMENTS);
    const work = evaluateBlinded(ctx, { province: '24', blinded }).finally(() => {
      evaluating = false;
    });
    let turns = 0;
    for (; evaluating; turns++) await setImmediate();
    const { evaluated } = await work;
    expect(evaluated).toHaveLength(MAX_ELEMENTS * 32);
    expect(Buffer.from(evaluated.subarray(-64))).toEqual(Buffer.from(evaluate(key, blinded.subarray(-64))));
    expect(turns).toBeGreaterThan(10);
  });
});

describe('the hourly budget', () => {
  const budget = { code: 'RESOURCE_EXHAUSTED', reason: 'KEY_BUDGET' };

  it('ends with the hour and is each province its own', async () => {
    const limited = { ...ctx, evaluationsPerHour: 100 };
    await evaluateBlinded(limited, { province: '24', blinded: blindMany(60) });
    await expect(evaluateBlinded(limited, { province: '24', blinded: blindMany(41) })).rejects.toMatchObject(
      budget,
    );
    await evaluateBlinded(limited, { province: '24', blinded: blindMany(40) });
    await expect(evaluateBlinded(limited, { province: '24', blinded: blindMany(1) })).rejects.toMatchObject(
      budget,
    );
    await evaluateBlinded(limited, { province: '79', blinded: blindMany(100) });
    seconds = HOUR + 3_600;
    await evaluateBlinded(limited, { province: '24', blinded: blindMany(100) });
    expect([await counted('24'), await counted('79')]).toEqual([100, 100]);
  });

  it('is not passed by calls at the same time', async () => {
    const limited = { ...ctx, evaluationsPerHour: 100 };
    const calls = Array.from({ length: 5 }, () =>
      evaluateBlinded(limited, { province: '24', blinded: blindMany(40) }),
    );
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(2);
    expect(await counted('24')).toBe(80);
  });

  it('costs no evaluation once it is used up', async () => {
    let evaluations = 0;
    const evaluate: OprfWorkers['evaluate'] = (...args) => {
      evaluations++;
      return oprf.evaluate(...args);
    };
    const limited = { ...ctx, oprf: { evaluate }, evaluationsPerHour: 10 };
    await evaluateBlinded(limited, { province: '24', blinded: blindMany(10) });
    await expect(evaluateBlinded(limited, { province: '24', blinded: blindMany(1) })).rejects.toMatchObject(
      budget,
    );
    expect(evaluations).toBe(1);
  });
});
