/**
 * A node whose tokens go from one generation of the key service's key to the next, on a real database and
 * with real keys: at no instant is anybody missing from a generation that it answers in.
 */
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { findIdentifierValues } from '../../node/records/people/identifiers-queries.ts';
import { ensureIdentifiers, findTokens, openTokens } from '../../node/records/people/operations.ts';
import { createTokenizer, type Tokenizer, type TokenizerOptions } from '../../node/records/people/tokens.ts';
import { NODE_KINDS } from '../../node/rooms.ts';
import { AskedQuestions } from '../../node/tracing/asking/asked-questions.ts';
import { Changes } from '../../node/tracing/asking/changes.ts';
import { IdentifierIndexes } from '../../node/tracing/asking/identifier-indexes.ts';
import { type Clock, systemClock } from '../../shared/clock.ts';
import { withTransaction } from '../../shared/db/database.ts';
import { AppError } from '../../shared/errors.ts';
import { Feed } from '../../shared/feed/feed.ts';
import { createLogger } from '../../shared/log.ts';
import { evaluate, oprfReady, tokensUnderKey } from '../../shared/pseudonym/oprf.ts';
import { deriveOprfKey, type OprfKey } from '../../shared/pseudonym/oprf-key.ts';
import { type OprfWorkers, startOprfWorkers } from '../../shared/pseudonym/oprf-pool.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testDataKeys } from '../support/sealed.ts';
import { waitFor } from '../support/wait.ts';

const dataKeys = testDataKeys();
const keys = new Map([1, 2, 3].map((generation) => [generation, deriveOprfKey(randomBytes(32))]));
const keyOf = (generation: number) => keys.get(generation) as OprfKey;
const never = new AbortController().signal;
const logger = createLogger('test', 'silent');
const BATCH = 10;
/** Tries again soon. */
const clock: Clock = {
  nowMs: systemClock.nowMs,
  sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 50), signal),
};

let database: TestDatabase;
let oprf: OprfWorkers;
let told: number[];
let evaluated: Map<number, number>;
let running: AsyncDisposable[];

beforeAll(async () => {
  await oprfReady();
  [database, oprf] = await Promise.all([createTestDatabase('node'), startOprfWorkers(1)]);
});
afterAll(() => Promise.all([database, oprf].map((it) => it?.[Symbol.asyncDispose]())));
beforeEach(async () => {
  const { sql } = database.db;
  await sql`TRUNCATE identifiers, feed RESTART IDENTITY CASCADE`;
  await sql`UPDATE token_generations SET current = 1, next = NULL, is_complete = false, is_moved = true`;
  [told, evaluated, running] = [[1], new Map(), []];
});
afterEach(async () => {
  for (const one of running) await one[Symbol.asyncDispose]();
});

/** The hub's key service. */
const evaluating: TokenizerOptions['evaluate'] = async (blinded, { generation = 0 }) => {
  const used = generation === 0 ? Math.min(...told) : generation;
  if (!told.includes(used))
    throw new AppError('FAILED_PRECONDITION', 'KEY_GENERATION_RETIRED', 'told so', {
      params: { generation: used },
    });
  evaluated.set(used, (evaluated.get(used) ?? 0) + blinded.length / 32);
  return { evaluated: evaluate(keyOf(used), blinded), generation: used };
};

function start(change: Partial<TokenizerOptions> = {}): Tokenizer {
  const pinned = { isOpen: false, refusal: '', prove: async () => undefined };
  const tokenizer = createTokenizer({
    ...{ db: database.db, dataKeys, clock, logger, oprf, batch: BATCH, evaluate: evaluating },
    feed: { wakes: () => () => undefined },
    keys: {
      ...pinned,
      get told() {
        return told;
      },
      reject: () => expect.fail('another key'),
    },
    ...change,
  });
  running.push(tokenizer);
  return tokenizer;
}

let created = 0;
async function insert(count: number): Promise<number[]> {
  const values = Array.from({ length: count }, () => `cccd:${String(++created).padStart(12, '0')}`);
  const found = await withTransaction(database.db, ({ sql, emit }) =>
    ensureIdentifiers({ sql, emit, sealer: dataKeys.sealer }, values),
  );
  return [...found.created];
}

const state = async () => {
  const [row] = await database.db.sql`
    SELECT current, next, is_complete AS complete, is_moved AS moved FROM token_generations`;
  return row;
};
const reached = (what: object) => async () => {
  expect(await state()).toMatchObject(what);
  return true;
};

/** How many identifiers have the token that the key of this generation gives; fails if one has another. */
async function holding(generation: number): Promise<number> {
  const { sql } = database.db;
  const ids = (await sql<{ id: number }[]>`SELECT id FROM identifiers ORDER BY id`).map(({ id }) => id);
  const tokens = await findTokens({ db: database.db, dataKeys }, ids, generation);
  const values = await findIdentifierValues({ sql, sealer: dataKeys.sealer }, ids);
  for (const [id, token] of tokens)
    expect(Buffer.from(token)).toEqual(
      Buffer.from(tokensUnderKey(keyOf(generation), [values.get(id) as string])),
    );
  return tokens.size;
}

/** The memory that questions are answered from. */
async function remember() {
  const { db } = database;
  const indexes = new IdentifierIndexes();
  const feed = new Feed({ db, clock, logger, everyMs: 20, kinds: NODE_KINDS });
  const changes = await Changes.start({
    ...{ db, feed, province: '24', indexes, asked: new AskedQuestions() },
    tokens: await openTokens({ db, dataKeys }),
    ...{ onTouched: () => undefined, onTokenized: async () => undefined },
  });
  running.push(changes, feed);
  const settled = async () => {
    await changes.settled();
    return [...indexes.all].map(([generation, index]) => [generation, index.size]);
  };
  return { settled };
}

it('goes to the next generation, and answers in both until the former is retired', async () => {
  const before = await remember();
  const tokenizer = start();
  await insert(35);
  await tokenizer.flush(never);
  expect([await holding(1), await tokenizer.generationInUse()]).toEqual([35, 1]);

  told = [2, 1];
  tokenizer.wake();
  await waitFor('the next tokens', reached({ current: 1, next: 2, complete: true }));
  expect([await holding(1), await holding(2), await tokenizer.generationInUse()]).toEqual([35, 35, 1]);
  expect(await before.settled()).toEqual([
    [1, 35],
    [2, 35],
  ]);

  told = [1, 2];
  await insert(5);
  await tokenizer.flush(never);
  expect([await holding(1), await holding(2), await tokenizer.generationInUse()]).toEqual([40, 40, 2]);
  const both = [
    [1, 40],
    [2, 40],
  ];
  // And who starts now.
  expect([await before.settled(), await (await remember()).settled()]).toEqual([both, both]);

  told = [2];
  tokenizer.wake();
  await waitFor('the end of the former', reached({ current: 2, next: null, moved: true }));
  await insert(1);
  await tokenizer.flush(never);
  expect([await holding(1), await holding(2)]).toEqual([0, 41]);
  expect([await before.settled(), await (await remember()).settled()]).toEqual([[[2, 41]], [[2, 41]]]);
  const rows = await database.db.sql`SELECT FROM identifiers WHERE next_token IS NOT NULL`;
  expect(rows).toHaveLength(0);
  // Nobody was evaluated twice under one generation, but for the checks of each batch.
  expect([(evaluated.get(1) ?? 0) < 60, (evaluated.get(2) ?? 0) < 60]).toEqual([true, true]);
});

it.each([0, 1, 2, 3])('goes on where it was when it is stopped after %i evaluations', async (stops) => {
  await insert(35);
  const first = start();
  await first.flush(never);
  await first[Symbol.asyncDispose]();
  told = [2, 1];
  let left = stops;
  const stopping = start({
    evaluate: async (...args) => {
      if (--left < 0) throw new AppError('UNAVAILABLE', 'HUB_UNREACHABLE', 'hub: not reached');
      return evaluating(...args);
    },
  });
  await waitFor('the stop', () => left < 0);
  await stopping[Symbol.asyncDispose]();
  expect(await holding(1)).toBe(35);
  start();
  await waitFor('the next tokens', reached({ complete: true }));
  expect([await holding(1), await holding(2)]).toEqual([35, 35]);
});

it('is not complete without those who come meanwhile', async () => {
  await insert(60);
  const tokenizer = start();
  await tokenizer.flush(never);
  told = [2, 1];
  tokenizer.wake();
  let isComplete = false;
  const coming = (async () => {
    while (!isComplete) {
      await insert(7);
      await tokenizer.flush(never);
    }
    return true;
  })();
  await waitFor('the next tokens', async () => {
    // In one look: whoever has a token has both, from the moment on that the node answers in both.
    const [row] = await database.db.sql`
      SELECT g.is_complete AS complete, (SELECT count(*)::int FROM identifiers
        WHERE token IS NOT NULL AND next_generation IS DISTINCT FROM 2) AS without FROM token_generations g`;
    if (row?.complete) expect(row.without).toBe(0);
    isComplete = row?.complete;
    return isComplete;
  });
  expect(await coming).toBe(true);
  expect(await holding(2)).toBe(await holding(1));
});

it('is not complete without whom somebody else held while it passed', async () => {
  const [held] = await insert(25);
  const tokenizer = start();
  await tokenizer.flush(never);
  await withTransaction(database.db, async ({ sql }) => {
    await sql`SELECT FROM identifiers WHERE id = ${held as number} FOR UPDATE`;
    told = [2, 1];
    tokenizer.wake();
    // 25 and a check in each of three batches; then it has passed, and begins with the one that is left.
    await waitFor('a second pass', async () => (evaluated.get(2) ?? 0) > 28 || (await state())?.complete);
    expect([await holding(2), await state()]).toMatchObject([24, { next: 2, complete: false }]);
  });
  await waitFor('the next tokens', reached({ complete: true }));
  expect([await holding(1), await holding(2)]).toEqual([25, 25]);
});

it('keeps nobody without a token while the budget for the next ones is spent', async () => {
  await insert(15);
  let isSpent = true;
  const tokenizer = start({
    evaluate: async (blinded, terms) => {
      if (isSpent && terms.generation === 2)
        throw new AppError('RESOURCE_EXHAUSTED', 'KEY_BUDGET', 'told so');
      return evaluating(blinded, terms);
    },
  });
  await tokenizer.flush(never);
  told = [2, 1];
  tokenizer.wake();
  await waitFor('the rotation', reached({ next: 2 }));
  await insert(5);
  await tokenizer.flush(never);
  expect([await holding(1), await holding(2), tokenizer.warnings()]).toEqual([20, 0, []]);
  isSpent = false;
  await waitFor('the next tokens', reached({ complete: true }));
  expect(await holding(2)).toBe(20);
});

it('comes back after all of it, and begins with the identifiers of its cases', async () => {
  const ids = await insert(25);
  const tokenizer = start();
  await tokenizer.flush(never);
  await tokenizer[Symbol.asyncDispose]();
  told = [3];
  let isHeld = true;
  const back = start({
    evaluate: async (blinded, terms) => {
      if (isHeld && terms.purpose === 'all')
        throw new AppError('RESOURCE_EXHAUSTED', 'KEY_BUDGET', 'told so');
      return evaluating(blinded, terms);
    },
  });
  await waitFor('the rotation', reached({ current: 1, next: 3 }));
  await back.hurry(ids.slice(3, 5), never, 3);
  expect([await holding(3), await back.generationInUse()]).toEqual([2, 3]);
  isHeld = false;
  await insert(4);
  await waitFor('its tokens', reached({ current: 3, next: null, moved: true }));
  await back.flush(never);
  expect([await holding(1), await holding(3)]).toEqual([0, 29]);
});

it('gives up a rotation that the hub has forgotten, and does the next', async () => {
  await insert(12);
  const tokenizer = start();
  await tokenizer.flush(never);
  told = [2, 1];
  tokenizer.wake();
  await waitFor('the next tokens', reached({ next: 2, complete: true }));
  told = [1];
  tokenizer.wake();
  await waitFor('the end of it', reached({ current: 1, next: null }));
  await insert(2);
  await tokenizer.flush(never);
  told = [3, 1];
  tokenizer.wake();
  await waitFor('other next tokens', reached({ next: 3, complete: true }));
  expect([await holding(1), await holding(2), await holding(3)]).toEqual([14, 0, 14]);
});

it('stores nothing that was made for other generations than it answers in by then', async () => {
  await insert(12);
  let reachedAt = 0;
  let release = () => {};
  let held: Promise<void> | undefined;
  const tokenizer = start({
    evaluate: async (blinded, terms) => {
      if (held && terms.generation === 1) reachedAt++;
      if (terms.generation === 1) await held;
      return evaluating(blinded, terms);
    },
  });
  await tokenizer.flush(never);
  held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await insert(3);
  tokenizer.wake();
  await waitFor('a batch under the current key alone', () => reachedAt > 0);
  told = [2, 1];
  tokenizer.wake();
  await waitFor('the next tokens', reached({ complete: true }));
  release();
  await tokenizer.flush(never);
  expect([await holding(1), await holding(2)]).toEqual([15, 15]);
});
