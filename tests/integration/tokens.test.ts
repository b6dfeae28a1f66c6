/**
 * The tokenizer on a real database, with real workers and a real evaluator: every identifier gets the token
 * that somebody with the key would compute, whatever fails on the way.
 */
import { randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { evaluateBlinded, LowBudgets } from '../../hub/key-service/operations.ts';
import { IDENTIFIERS_TOKENIZED } from '../../node/records/kinds.ts';
import { ensureIdentifiers } from '../../node/records/people/operations.ts';
import {
  createTokenizer,
  type EvaluateTerms,
  type Tokenizer,
  type TokenizerOptions,
} from '../../node/records/people/tokens.ts';
import { RefusalLog } from '../../shared/audit/refusals.ts';
import { type Clock, systemClock } from '../../shared/clock.ts';
import { withTransaction } from '../../shared/db/database.ts';
import { AppError } from '../../shared/errors.ts';
import { createMetrics, measureKeyService } from '../../shared/http/metrics.ts';
import { oprfReady, tokensUnderKey } from '../../shared/pseudonym/oprf.ts';
import { deriveOprfKey } from '../../shared/pseudonym/oprf-key.ts';
import { type OprfWorkers, startOprfWorkers } from '../../shared/pseudonym/oprf-pool.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { losing } from '../support/losing-replies.ts';
import { askPlain, testDataKeys } from '../support/sealed.ts';
import { waitFor } from '../support/wait.ts';

const key = deriveOprfKey(randomBytes(32));
const unavailable = () => new AppError('UNAVAILABLE', 'HUB_UNREACHABLE', 'hub: not reached');
const dataKeys = testDataKeys();
const BATCH = 200;
const never = new AbortController().signal;
/** Waits at once, except for the quiet look-around of an idle loop. */
const quickClock: Clock = {
  nowMs: systemClock.nowMs,
  sleep: (ms, signal) => (ms >= 3_000 ? systemClock.sleep(ms, signal) : setImmediate()),
};

let database: TestDatabase;
let hub: OprfWorkers;
let node: OprfWorkers;
let running: Tokenizer[];
let warnings: unknown[];

beforeAll(async () => {
  await oprfReady();
  [database, hub, node] = await Promise.all([
    createTestDatabase('node'),
    startOprfWorkers(1, { key }),
    startOprfWorkers(1),
  ]);
});
afterAll(() => Promise.all([database, hub, node].map((it) => it?.[Symbol.asyncDispose]())));
beforeEach(async () => {
  running = [];
  warnings = [];
  await database.db.sql`TRUNCATE identifiers, feed RESTART IDENTITY CASCADE`;
});
afterEach(() => Promise.all(running.map((tokenizer) => tokenizer[Symbol.asyncDispose]())));

function start(change: Partial<Omit<TokenizerOptions, 'dataKeys'>> = {}): Tokenizer {
  const keys = {
    ...{ isOpen: false, refusal: '', told: [], prove: async () => undefined },
    reject: () => expect.fail('another key'),
  };
  const logger = { info: () => {}, warn: (...args: unknown[]) => void warnings.push(args) };
  const tokenizer = createTokenizer({
    ...{ db: database.db, dataKeys, keys },
    clock: systemClock,
    feed: { wakes: () => () => undefined },
    oprf: node,
    evaluate,
    batch: BATCH,
    logger: logger as unknown as TokenizerOptions['logger'],
    ...change,
  });
  running.push(tokenizer);
  return tokenizer;
}

async function evaluate(blinded: Uint8Array, { signal }: EvaluateTerms) {
  return { evaluated: await hub.evaluate(blinded, signal), generation: 1 };
}

/** Adds `count` identifiers; their ids. */
async function insert(count: number, kind = 'cccd'): Promise<number[]> {
  const values = Array.from({ length: count }, (_, i) => `${kind}:${String(i + 1).padStart(12, '0')}`);
  const { created } = await withTransaction(database.db, ({ sql, emit }) =>
    ensureIdentifiers({ sql, emit, sealer: dataKeys.sealer }, values),
  );
  return [...created];
}

/** Every identifier has the token that its value gives under the key. */
async function expectAllTokenized(count: number, generation = 1): Promise<void> {
  const rows = await askPlain<{ value: string; token: Buffer; token_generation: number }>(
    database.db,
    dataKeys,
    `SELECT value, coalesce(token, '') AS token, token_generation FROM identifiers ORDER BY id`,
  );
  expect(rows).toHaveLength(count);
  const expected = tokensUnderKey(
    key,
    rows.map((row) => row.value),
  );
  expect(Buffer.concat(rows.map((row) => row.token)).equals(expected)).toBe(true);
  expect(new Set(rows.map((row) => row.token_generation))).toEqual(new Set([generation]));
}

describe('the tokenizer', () => {
  it('tokenizes what is there at its start, and later what flush finds', async () => {
    await insert(210);
    const tokenizer = start();
    await tokenizer.flush(never);
    await expectAllTokenized(210);
    await insert(3, 'phone');
    await tokenizer.flush(never);
    await expectAllTokenized(213);
    expect(warnings).toEqual([]);
  });

  it('tokenizes when woken, without being waited for', async ({ signal }) => {
    const tokenizer = start();
    await tokenizer.flush(never);
    await insert(5);
    tokenizer.wake();
    await until(async () => (await untokenized()) === 0, signal);
    await expectAllTokenized(5);
  });

  it('asks nothing of the hub when there is nothing to do', async () => {
    let asked = 0;
    const tokenizer = start({
      evaluate: (...args) => {
        asked++;
        return evaluate(...args);
      },
    });
    await insert(2);
    await Promise.all([tokenizer.flush(never), tokenizer.flush(never)]);
    const askedBefore = asked;
    await Promise.all(Array.from({ length: 20 }, () => tokenizer.flush(never)));
    expect([askedBefore > 0, asked - askedBefore]).toEqual([true, 0]);
  });

  it('goes through the real key service, which counts each identifier once', async () => {
    await using hubDatabase = await createTestDatabase('hub');
    const logger = { info: () => {}, warn: () => {} };
    const db = hubDatabase.db;
    await using refusals = new RefusalLog({ db, clock: systemClock, logger });
    const figures = measureKeyService(createMetrics('hub'));
    const keys = { of: () => ({ generation: 1, oprf: hub }) };
    const ctx = { db, clock: systemClock, keys, logger, refusals, figures, low: new LowBudgets() };
    await insert(250);
    const tokenizer = start({
      evaluate: (blinded, { signal }) => evaluateBlinded(ctx, { province: '24', blinded, signal }),
    });
    await tokenizer.flush(never);
    await expectAllTokenized(250);
    const [row] = await hubDatabase.db.sql`SELECT sum(evaluations)::int AS n FROM key_evaluations`;
    // And what each of the two batches was checked by.
    expect(row).toEqual({ n: 252 });
  });

  it('stores the generation that the hub names', async () => {
    await insert(2);
    await start({ evaluate: async (...args) => ({ ...(await evaluate(...args)), generation: 7 }) }).flush(
      never,
    );
    await expectAllTokenized(2, 7);
  });

  it('may run twice over one database', async () => {
    await insert(410);
    const [one, other] = [start(), start()];
    await Promise.all([one.flush(never), other.flush(never)]);
    await expectAllTokenized(410);
  });
});

describe('the feed', () => {
  const told = async (through = Number.MAX_SAFE_INTEGER): Promise<number[]> => {
    const events = await database.db.sql<{ body: number[] }[]>`
      SELECT body FROM feed WHERE kind = ${IDENTIFIERS_TOKENIZED.name} AND id <= ${through}`;
    return events.flatMap(({ body }) => body).toSorted(ascending);
  };

  it('tells of every identifier by the event that flush names', async () => {
    const ids = await insert(210);
    const through = await start().flush(never);
    expect(await told(through)).toEqual(ids);
  });

  it('tells of an identifier once, also when the answer to a commit is lost', async () => {
    const ids = await insert(10);
    const db = losing(database.db, { commits: 2 });
    await start({ db, clock: quickClock }).flush(never);
    expect(await told()).toEqual(ids);
    // Those who wait hear of the tokens; that the pass failed is said only when it ends.
    await waitFor('the warning', () => warnings.length > 0);
    expect(warnings).toHaveLength(1);
  });

  it('is waited for of one batch though the next one is through', async () => {
    await insert(201);
    const held = withResolvers<void>();
    let done = false;
    const holding: TokenizerOptions['evaluate'] = async (blinded, terms) => {
      if (blinded.length > 100 * 32) await held.promise;
      return evaluate(blinded, terms);
    };
    const tokenizer = start({ evaluate: holding });
    const flushed = tokenizer.flush(never).then(() => {
      done = true;
    });
    while ((await untokenized()) > BATCH) await setImmediate();
    // Ample time for the second lane to tell all who wait for no more than is stored.
    for (let i = 0; i < 50; i++) await untokenized();
    const early = done;
    held.resolve();
    await flushed;
    expect(early).toBe(false);
    await expectAllTokenized(201);
  });
});

describe('while the hub cannot be reached', () => {
  it('tries again, a pause after each failure, until all have their token', async () => {
    const log: string[] = [];
    const clock: Clock = {
      ...quickClock,
      sleep: (ms, signal) => {
        // Without the quiet look-around of the loops.
        if (ms < 3_000) log.push(ms >= 200 ? 'pause' : 'hurry');
        return quickClock.sleep(ms, signal);
      },
    };
    let failures = 3;
    const failing: TokenizerOptions['evaluate'] = (...args) => {
      log.push('asked');
      return failures-- > 0 ? Promise.reject(unavailable()) : evaluate(...args);
    };
    await insert(10);
    await start({ clock, evaluate: failing }).flush(never);
    await expectAllTokenized(10);
    expect(log.join(' ')).toMatch(/^(asked pause ((pause|hurry) )?){3}asked( pause)?$/);
  });

  it('lets a flush give up, saying why', async () => {
    await insert(1);
    const patience = new AbortController();
    let asked = 0;
    const tokenizer = start({
      clock: quickClock,
      evaluate: async () => {
        if (++asked === 3) patience.abort();
        throw unavailable();
      },
    });
    const pending = { code: 'UNAVAILABLE', reason: 'TOKENS_PENDING', cause: { reason: 'HUB_UNREACHABLE' } };
    await expect(tokenizer.flush(patience.signal)).rejects.toMatchObject(pending);
    await expect(tokenizer.flush(AbortSignal.abort())).rejects.toMatchObject({ reason: 'TOKENS_PENDING' });
  });

  it('stops at once when told to, and so do those who wait', async () => {
    await insert(1);
    const asked = withResolvers<void>();
    const tokenizer = start({
      evaluate: (_blinded, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(unavailable()));
          asked.resolve();
        }),
    });
    const pending = expect(tokenizer.flush(never)).rejects.toMatchObject({ reason: 'TOKENS_PENDING' });
    await asked.promise;
    await tokenizer[Symbol.asyncDispose]();
    await pending;
    await expect(tokenizer.flush(never)).rejects.toMatchObject({ reason: 'TOKENS_PENDING' });
  });
});

describe('while the budget at the key service is spent', () => {
  const spent = () => new AppError('RESOURCE_EXHAUSTED', 'KEY_BUDGET', 'told to fail');
  const budget = { isSpent: true };
  /** Identifiers in a batch. */
  const FEW = 5;
  /** Elements of each request for cases. */
  const asked: number[] = [];
  const evaluating: TokenizerOptions['evaluate'] = (blinded, terms) => {
    if (terms.purpose === 'cases') asked.push(blinded.length / 32);
    return budget.isSpent && terms.purpose === 'all' ? Promise.reject(spent()) : evaluate(blinded, terms);
  };

  it('gives the identifiers of cases their tokens, warns, and says at once how many have none', async () => {
    budget.isSpent = true;
    const ids = await insert(8);
    const tokenizer = start({ evaluate: evaluating, batch: FEW });
    await waitFor('the refusal', () => tokenizer.warnings().length > 0);
    expect(tokenizer.warnings()).toEqual(['key service: KEY_BUDGET: identifiers wait']);
    await tokenizer.hurry([ids[7] as number, ids[6] as number], never);
    await tokenizer.hurry([ids[7] as number], never);
    expect(asked).toEqual([3]);
    expect(await tokenizer.soon(never)).toMatchObject({ count: 6, first: ids[0], last: ids[5] });
    budget.isSpent = false;
    tokenizer.wake();
    await waitFor('tokens', async () => (await untokenized()) === 0);
    await expectAllTokenized(8);
    await waitFor('no warning', () => tokenizer.warnings().length === 0);
  });

  it('asks for the identifiers of many cases in batches', async () => {
    budget.isSpent = true;
    const ids = await insert(2 * FEW + 1);
    asked.length = 0;
    await start({ evaluate: evaluating, batch: FEW }).hurry(ids, never);
    expect([asked, await untokenized()]).toEqual([[FEW + 1, FEW + 1, 2], 0]);
  });

  it('asks a hub that is refused for nothing but its key', async () => {
    const asked: number[] = [];
    const keys = {
      isOpen: false,
      refusal: 'OPRF_KEY_CHANGED',
      told: [],
      reject: () => expect.fail('another key'),
    };
    const prove = async () => {
      if (asked.length > 2) keys.refusal = '';
      else throw new AppError('FAILED_PRECONDITION', 'OPRF_KEY_CHANGED', 'told to fail');
    };
    await insert(7);
    const counting: TokenizerOptions['evaluate'] = (blinded, terms) => {
      asked.push(blinded.length / 32);
      return evaluate(blinded, terms);
    };
    await start({
      clock: quickClock,
      keys: {
        ...keys,
        prove,
        get refusal() {
          return keys.refusal;
        },
      },
      evaluate: counting,
    }).flush(never);
    expect(asked).toEqual([1, 1, 1, 8]);
  });

  it('warns when little is left, once in the log', async () => {
    await insert(3);
    const tokenizer = start({
      evaluate: async (...args) => ({ ...(await evaluate(...args)), budgetLow: true }),
    });
    await tokenizer.flush(never);
    await insert(2, 'phone');
    await tokenizer.flush(never);
    expect([tokenizer.warnings(), warnings.length]).toEqual([['key service: KEY_BUDGET_LOW'], 1]);
  });
});

describe('what goes wrong is never stored', () => {
  it.each<[string, (evaluated: Uint8Array) => Uint8Array]>([
    ['one element too few', (evaluated) => evaluated.subarray(32)],
    ['elements that are none', (evaluated) => evaluated.map(() => 0)],
  ])('%s from the hub', async (_name, spoil) => {
    let spoiled = 0;
    await insert(5);
    const tokenizer = start({
      clock: quickClock,
      evaluate: async (...args) => {
        const answer = await evaluate(...args);
        return spoiled++ > 0 ? answer : { ...answer, evaluated: spoil(answer.evaluated) };
      },
    });
    await tokenizer.flush(never);
    await expectAllTokenized(5);
    expect(JSON.stringify(warnings)).toContain('OPRF_BAD_ELEMENT');
    expect(JSON.stringify(warnings)).not.toContain('cccd');
  });

  it('a worker that is lost', async () => {
    const mortal = await startOprfWorkers(1);
    let first = true;
    const oprf: TokenizerOptions['oprf'] = {
      blind: async (identifiers) => {
        const batch = await (first ? mortal : node).blind(identifiers);
        if (first) await mortal[Symbol.asyncDispose]();
        first = false;
        return batch;
      },
    };
    await insert(5);
    await start({ clock: quickClock, oprf }).flush(never);
    await expectAllTokenized(5);
    expect(JSON.stringify(warnings)).toContain('OPRF_CLOSED');
  });
});

describe('beside other transactions', () => {
  it('does not wait for locked identifiers with others in its hands, and gets them later', async ({
    signal,
  }) => {
    const ids = await insert(50);
    const [first, last] = [ids[0] as number, ids[49] as number];
    const tokenizer = start({ clock: quickClock });
    // A foreign key holds the last one, as an import does, and then wants the first: waiting would deadlock.
    await database.db.sql.begin(async (sql) => {
      await sql`INSERT INTO cases (id, onset_on) VALUES (gen_random_uuid(), '2021-12-01')`;
      await sql`INSERT INTO case_identifiers SELECT id, 0, ${last} FROM cases`;
      tokenizer.wake();
      await until(async () => (await untokenized()) === 1, signal);
      await sql`INSERT INTO case_identifiers SELECT id, 1, ${first} FROM cases`;
    });
    await tokenizer.flush(never);
    await expectAllTokenized(50);
    await database.db.sql`TRUNCATE cases CASCADE`;
  });
});

async function untokenized(): Promise<number> {
  const [row] = await database.db.sql<{ n: number }[]>`
    SELECT count(*)::int AS n FROM identifiers WHERE token IS NULL`;
  return row?.n ?? 0;
}

/** Waits for a condition until the test is given up. */
async function until(condition: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  while (!(await condition())) {
    signal.throwIfAborted();
    await setImmediate();
  }
}

function withResolvers<T>() {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

function ascending(a: number, b: number): number {
  return a - b;
}
