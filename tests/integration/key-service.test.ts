/**
 * The hub's key service on a real database and real worker threads: what is released is counted, and no more.
 */
import { randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  evaluateBlinded,
  type KeyServiceCtx,
  LowBudgets,
  MAX_ELEMENTS,
} from '../../hub/key-service/operations.ts';
import { findKeyUse, upsertKeyBudget } from '../../hub/key-service/queries.ts';
import { RefusalLog } from '../../shared/audit/refusals.ts';
import { type Clock, systemClock } from '../../shared/clock.ts';
import { createMetrics, type Metrics, measureKeyService } from '../../shared/http/metrics.ts';
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

/** 12:00 UTC. */
const HOUR = 1_640_001_600;
const DAILY = { first_loading: 0, cases: 0, generation: 1 };
const key = deriveOprfKey(randomBytes(32));
let database: TestDatabase;
let oprf: OprfWorkers;
let seconds: number;
let logged: object[];
let ctx: KeyServiceCtx;
let refusals: RefusalLog;
let metrics: Metrics;
let audited: number;

beforeAll(async () => {
  await oprfReady();
  [database, oprf] = await Promise.all([createTestDatabase('hub'), startOprfWorkers(1, { key })]);
});
afterAll(() => Promise.all([database?.[Symbol.asyncDispose](), oprf?.[Symbol.asyncDispose]()]));
beforeEach(async () => {
  for (const table of ['key_evaluations', 'first_loadings', 'key_budgets'])
    await database.db.sql.unsafe(`DELETE FROM ${table}`);
  seconds = HOUR + 1_800;
  logged = [];
  const { db } = database;
  const log = (entry: object) => void logged.push(entry);
  const logger = { info: log, warn: log } as KeyServiceCtx['logger'];
  // A minute that does not end by itself: what is repeated within it is written when the log is closed.
  const clock: Clock = { nowMs: () => seconds * 1_000, sleep: systemClock.sleep };
  metrics = createMetrics('hub');
  refusals = new RefusalLog({ db, clock, logger });
  ctx = {
    db,
    clock,
    keys: served(oprf),
    logger,
    refusals,
    figures: measureKeyService(metrics),
    low: new LowBudgets(),
  };
  audited = (await auditEntries()).length;
});
afterEach(() => refusals[Symbol.asyncDispose]());

/** A key service with one key. */
const served = (one: Pick<OprfWorkers, 'evaluate'>) => ({ of: () => ({ generation: 1, oprf: one }) });

/** What was written into the log since the test began. */
async function recorded(): Promise<Record<string, unknown>[]> {
  return (await auditEntries()).slice(audited);
}

async function auditEntries(): Promise<Record<string, unknown>[]> {
  const rows = await database.db.sql<{ body: string }[]>`SELECT body FROM audit_records ORDER BY id`;
  return rows.map(({ body }) => {
    const { action, actor, outcome, reason, detail } = JSON.parse(body);
    return { action, actor: actor.id, outcome, reason, ...detail };
  });
}

/** A budget for every province. */
const grant = (budget: { perHour: number; perDay: number; firstLoading: number; casesPerDay?: number }) =>
  upsertKeyBudget(database.db, { province: '*', casesPerDay: 0, ...budget });

function blindMany(count: number) {
  const inputs = Array.from({ length: Math.min(count, 64) }, (_, i) => Buffer.from(`app:${i}`));
  const { blinded } = blind(inputs);
  return Buffer.concat(Array(Math.ceil(count / 64)).fill(blinded)).subarray(0, count * 32);
}

const counted = async (province: string, hour = HOUR) => {
  const [row] = await database.db.sql<{ n: number }[]>`SELECT evaluations AS n FROM key_evaluations
    WHERE province = ${province} AND hour = to_timestamp(${hour}::float8)`;
  return row?.n ?? 0;
};

describe('evaluateBlinded', () => {
  it('evaluates under the key and names its generation', async () => {
    const identifiers = ['cccd:001090123456', 'phone:+84912345678'];
    const { blinded, state } = blind(identifiers.map((identifier) => Buffer.from(identifier)));
    const { evaluated, generation } = await evaluateBlinded(ctx, { province: '24', blinded });
    expect(generation).toBe(1);
    const tokens = tokensOfOutputs(finalize(state, evaluated));
    expect(Buffer.from(tokens)).toEqual(Buffer.from(tokensUnderKey(key, identifiers)));
    expect(logged).toEqual([{ province: '24', elements: 2 }]);
    expect(await recorded()).toEqual([
      { action: 'keys.evaluated', actor: 'node/24', outcome: 'done', elements: 2, ...DAILY },
    ]);
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
    expect(await recorded()).toEqual([
      expect.objectContaining({ action: 'keys.refused', actor: 'node/24', outcome: 'refused', reason }),
    ]);
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

describe('the budgets', () => {
  const refusal = { code: 'RESOURCE_EXHAUSTED', reason: 'KEY_BUDGET' };
  const ask = (count: number, province = '24', change: Partial<KeyServiceCtx> = {}) =>
    evaluateBlinded({ ...ctx, ...change }, { province, blinded: blindMany(count) });
  const used = (province = '24') =>
    findKeyUse(database.db, {
      province,
      generation: 1,
      hour: hourOf(seconds),
      day: seconds - (seconds % 86_400),
    });
  const hourOf = (at: number) => at - (at % 3_600);

  it('end with the hour, and are each province its own', async () => {
    await grant({ perHour: 100, perDay: 1_000, firstLoading: 0 });
    await ask(60);
    await expect(ask(41)).rejects.toMatchObject(refusal);
    await ask(40);
    await expect(ask(1)).rejects.toMatchObject(refusal);
    await ask(100, '79');
    seconds = HOUR + 3_600;
    await ask(100);
    expect([await counted('24'), await counted('79')]).toEqual([100, 100]);
  });

  it('end with the day', async () => {
    await grant({ perHour: 100, perDay: 150, firstLoading: 0 });
    await ask(100);
    seconds += 3_600;
    await ask(50);
    await expect(ask(1)).rejects.toMatchObject(refusal);
    seconds += 3_600;
    await expect(ask(1)).rejects.toMatchObject(refusal);
    seconds += 86_400;
    await ask(100);
    expect(await used()).toEqual({ hour: 100, day: 100, loading: 0, cases: 0 });
  });

  it('let a province load its registers once, beyond daily use', async () => {
    await grant({ perHour: 100, perDay: 1_000, firstLoading: 300 });
    await ask(250);
    expect(await used()).toEqual({ hour: 100, day: 100, loading: 150, cases: 0 });
    await expect(ask(151)).rejects.toMatchObject(refusal);
    await ask(150);
    await expect(ask(1)).rejects.toMatchObject(refusal);
    // Daily use comes back with the hour, and the next day; the first loading never does.
    seconds += 86_400 * 400;
    await ask(100);
    await expect(ask(1)).rejects.toMatchObject(refusal);
    expect((await recorded()).map(({ elements, first_loading }) => [elements, first_loading])).toEqual([
      [250, 150],
      [151, undefined],
      [150, 150],
      [100, 0],
    ]);
  });

  it('are not passed by calls at the same time', async () => {
    await grant({ perHour: 60, perDay: 60, firstLoading: 40 });
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => ask(40)));
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(2);
    expect(await used()).toEqual({ hour: 60, day: 60, loading: 20, cases: 0 });
  });

  it('cost no evaluation once they are used up', async () => {
    let evaluations = 0;
    const evaluate: OprfWorkers['evaluate'] = (...args) => {
      evaluations++;
      return oprf.evaluate(...args);
    };
    await grant({ perHour: 10, perDay: 10, firstLoading: 0 });
    await ask(10, '24', { keys: served({ evaluate }) });
    await expect(ask(1, '24', { keys: served({ evaluate }) })).rejects.toMatchObject(refusal);
    expect(evaluations).toBe(1);
  });

  it('stop whoever guesses phone numbers, who shows in the log and in the figures', async () => {
    await grant({ perHour: 50, perDay: 50, firstLoading: 50 });
    const tries = await Promise.allSettled(Array.from({ length: 40 }, () => ask(10)));
    expect(tries.filter((one) => one.status === 'fulfilled')).toHaveLength(10);
    await refusals[Symbol.asyncDispose]();
    const entries = (await recorded()).filter(({ action }) => action === 'keys.refused');
    // A flood of refusals is two entries: the first, and how many followed.
    expect(entries.map(({ actor, reason, refusals }) => [actor, reason, refusals])).toEqual([
      ['node/24', 'KEY_BUDGET', undefined],
      ['node/24', 'KEY_BUDGET', 29],
    ]);
    const text = await metrics.metrics();
    expect(text).toContain('truyvet_key_refusals_total{province="24",reason="KEY_BUDGET",program="hub"} 30');
    expect(text).toContain('truyvet_key_evaluations_total{province="24",use="loading",program="hub"} 50');
  });

  it('keep something for cases whose traces wait, whatever else a province asks', async () => {
    const forCases = (count: number) =>
      evaluateBlinded(ctx, { province: '24', blinded: blindMany(count), forCases: true });
    await grant({ perHour: 100, perDay: 100, firstLoading: 0, casesPerDay: 30 });
    await ask(100);
    await expect(ask(1)).rejects.toMatchObject(refusal);
    await forCases(20);
    await expect(ask(1)).rejects.toMatchObject(refusal);
    await forCases(10);
    await expect(forCases(1)).rejects.toMatchObject(refusal);
    expect(await used()).toEqual({ hour: 100, day: 100, loading: 0, cases: 30 });
    seconds += 3_600;
    await expect(forCases(1)).rejects.toMatchObject(refusal);
    seconds += 86_400;
    // Beyond what is kept for them they are paid as all others.
    await forCases(130);
    expect(await used()).toEqual({ hour: 100, day: 100, loading: 0, cases: 30 });
  });

  it('warn before they are used up, once, at the hub and in the answer', async () => {
    await grant({ perHour: 100, perDay: 1_000, firstLoading: 50 });
    const warned = () => ctx.low.warnings(seconds);
    const low = ['key service: province 24: KEY_BUDGET_LOW'];
    expect([(await ask(130)).budgetLow, warned()]).toEqual([false, []]);
    expect([(await ask(1)).budgetLow, warned()]).toEqual([true, low]);
    await ask(19);
    await expect(ask(1)).rejects.toMatchObject(refusal);
    expect(logged.filter((line) => Object.keys(line).join() === 'province')).toHaveLength(1);
    expect(warned()).toEqual(low);
    seconds += 3_600;
    expect(warned()).toEqual([]);
    expect((await ask(80)).budgetLow).toBe(false);
  });

  it('of one province stand before those of all', async () => {
    await grant({ perHour: 0, perDay: 0, firstLoading: 0 });
    const more = { perHour: 10, perDay: 10, firstLoading: 0, casesPerDay: 0 };
    await upsertKeyBudget(database.db, { province: '24', ...more });
    await ask(10);
    await expect(ask(1, '79')).rejects.toMatchObject(refusal);
  });
});
