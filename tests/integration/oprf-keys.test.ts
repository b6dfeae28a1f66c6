/**
 * The pinned OPRF key on a real database, with real evaluations: no token of another key is ever stored,
 * whatever a hub says of its key or does with it.
 */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAuthority } from '../../deploy/pki/authority.ts';
import { OprfKeys } from '../../node/federation/oprf-keys/operations.ts';
import { ensureIdentifiers } from '../../node/records/people/operations.ts';
import { evaluateBatch, probeKey } from '../../node/records/people/tokens-evaluation.ts';
import { listUntokenized } from '../../node/records/people/tokens-queries.ts';
import { systemClock } from '../../shared/clock.ts';
import { withTransaction } from '../../shared/db/database.ts';
import { createLogger } from '../../shared/log.ts';
import { newSerialNumber } from '../../shared/pki/issue.ts';
import { CHECK_INPUT, checkOf } from '../../shared/pseudonym/key-check.ts';
import { evaluate, oprfReady, tokensUnderKey } from '../../shared/pseudonym/oprf.ts';
import { deriveOprfKey, type OprfKey } from '../../shared/pseudonym/oprf-key.ts';
import { type OprfWorkers, startOprfWorkers } from '../../shared/pseudonym/oprf-pool.ts';
import { caPublicKey } from '../../shared/signed/ca-statement.ts';
import { signOprfStatement } from '../../shared/signed/oprf-statement.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { sealTokens, testDataKeys } from '../support/sealed.ts';

const dataKeys = testDataKeys();
const [own, others] = [deriveOprfKey(randomBytes(32)), deriveOprfKey(randomBytes(32))];
const [authority, stranger] = await Promise.all([createAuthority(), createAuthority('another')]);
const never = new AbortController().signal;
const CHANGED = { code: 'FAILED_PRECONDITION', reason: 'OPRF_KEY_CHANGED' };

let database: TestDatabase;
let oprf: OprfWorkers;
beforeAll(async () => {
  await oprfReady();
  [database, oprf] = await Promise.all([createTestDatabase('node'), startOprfWorkers(1)]);
});
afterAll(() => Promise.all([database, oprf].map((it) => it?.[Symbol.asyncDispose]())));
beforeEach(async () => {
  await database.db.sql`TRUNCATE identifiers, oprf_keys RESTART IDENTITY CASCADE`;
});

const checkUnder = (key: OprfKey) => checkOf(tokensUnderKey(key, [CHECK_INPUT]));
const stated = (key: OprfKey, generation = 1, by = authority) =>
  signOprfStatement(
    { version: 1, generation, check: checkUnder(key), issued_at: 1, serial: newSerialNumber() },
    by.key,
  );
const told = async (key: OprfKey, { generation = 1, statement = '' } = {}) => ({
  ...{ generation, check: checkUnder(key), statement },
});
const open = (statements: readonly string[] = []) => {
  const { db } = database;
  const caKey = caPublicKey(authority.certificate);
  const logger = createLogger('test', 'silent');
  return OprfKeys.open({ db, clock: systemClock, logger, caKey }, statements);
};

async function insert(count: number): Promise<void> {
  const values = Array.from({ length: count }, () => `app:${crypto.randomUUID()}`);
  await withTransaction(database.db, ({ sql, emit }) =>
    ensureIdentifiers({ sql, emit, sealer: dataKeys.sealer }, values),
  );
}

/** A key service whose `key` evaluates each element. */
function evaluatingUnder(keys: OprfKeys, key: OprfKey | ((i: number) => OprfKey), generation = 1) {
  const keyOf = typeof key === 'function' ? key : () => key;
  const evaluating = async (blinded: Uint8Array) => {
    const parts = Array.from({ length: blinded.length / 32 }, (_, i) =>
      evaluate(keyOf(i), blinded.subarray(i * 32, i * 32 + 32)),
    );
    return { evaluated: Buffer.concat(parts), generation };
  };
  return { db: database.db, dataKeys, oprf, keys, evaluate: evaluating };
}

/** Tokenizes all that has no token; `key` evaluates each element. */
async function tokenize(keys: OprfKeys, key: OprfKey | ((i: number) => OprfKey), generation = 1) {
  const { db } = database;
  const batch = await listUntokenized({ sql: db.sql, sealer: dataKeys.sealer }, { after: 0, limit: 100 });
  const options = evaluatingUnder(keys, key, generation);
  const { tokens } = await evaluateBatch(options, batch, { purpose: 'all', signal: never });
  await sealTokens({ db, dataKeys }, { ids: batch.map(({ id }) => id), tokens, generation });
}

const untokenized = async () => (await database.db.sql`SELECT FROM identifiers WHERE token IS NULL`).length;

describe('a hub with another key than the one that the CA states', () => {
  it.each<[string, (keys: OprfKeys) => Promise<void>]>([
    ['that evaluates under it', (keys) => tokenize(keys, others)],
    [
      'that says it has the pinned one',
      async (keys) => {
        await keys.heard([await told(own)]);
        await tokenize(keys, others);
      },
    ],
    ['that calls it a new generation', (keys) => tokenize(keys, others, 2)],
    [
      'that has a stranger state it',
      async (keys) => {
        await keys.heard([
          await told(others, { generation: 2, statement: await stated(others, 2, stranger) }),
        ]);
        await tokenize(keys, others, 2);
      },
    ],
    [
      'that has the CA state it under the same generation',
      async (keys) => {
        await keys.heard([await told(others, { statement: await stated(others) })]);
        await tokenize(keys, others);
      },
    ],
  ])('%s is refused, and no token of it is stored', async (_what, act) => {
    await insert(3);
    const keys = await open([await stated(own)]);
    await expect(act(keys)).rejects.toMatchObject(CHANGED);
    expect([await untokenized(), keys.refusal]).toEqual([3, 'OPRF_KEY_CHANGED']);
    expect(() => keys.demand()).toThrow(expect.objectContaining(CHANGED));
    expect(keys.warnings()).toHaveLength(1);
  });

  it('is refused at its first word, and again in the next life of the node', async () => {
    await (await open([await stated(own)])).heard([]);
    const keys = await open();
    await keys.heard([await told(others)]);
    expect(keys.refusal).toBe('OPRF_KEY_CHANGED');
    await keys.heard([await told(own)]);
    expect([keys.refusal, keys.warnings()]).toEqual(['', []]);
  });

  it('is heard again when it evaluates under the pinned key', async () => {
    await insert(2);
    const keys = await open([await stated(own)]);
    await expect(tokenize(keys, others)).rejects.toMatchObject(CHANGED);
    // Saying so is not enough.
    await keys.heard([await told(own)]);
    expect(keys.refusal).toBe('OPRF_KEY_CHANGED');
    await tokenize(keys, own);
    expect([await untokenized(), keys.refusal]).toEqual([0, '']);
  });

  it('cannot tell the check from identifiers: half a batch under another key shows in half', async () => {
    const keys = await open([await stated(own)]);
    let seen = 0;
    for (let i = 0; i < 32; i++) {
      await insert(1);
      await tokenize(keys, (place) => (place === 0 ? others : own)).catch(() => seen++);
      await database.db.sql`TRUNCATE identifiers CASCADE`;
    }
    expect(seen).toBeGreaterThan(4);
    expect(seen).toBeLessThan(28);
  });
});

describe('a node that was enrolled before keys were stated', () => {
  it('pins the key that makes its own tokens again, and refuses another one', async () => {
    await insert(2);
    await database.db.sql`UPDATE identifiers SET token = NULL`;
    const values = await listUntokenized(
      { sql: database.db.sql, sealer: dataKeys.sealer },
      { after: 0, limit: 9 },
    );
    const tokens = tokensUnderKey(
      own,
      values.map(({ value }) => value),
    );
    const ids = values.map(({ id }) => id);
    await sealTokens({ db: database.db, dataKeys }, { ids, tokens, generation: 1 });
    const first = await open();
    // Though nothing waits for a token.
    await probeKey(evaluatingUnder(first, own), never);
    expect(first.isOpen).toBe(false);
    await database.db.sql`TRUNCATE oprf_keys`;
    await insert(1);
    const keys = await open();
    await expect(tokenize(keys, others)).rejects.toMatchObject(CHANGED);
    expect([keys.isOpen, await untokenized()]).toEqual([true, 1]);
    await tokenize(keys, own);
    expect([keys.isOpen, keys.refusal, await untokenized()]).toEqual([false, '', 0]);
    await insert(1);
    await expect(tokenize(await open(), others)).rejects.toMatchObject(CHANGED);
  });

  it('pins what the CA states later, once, on the record', async () => {
    const keys = await open();
    const statement = await stated(own);
    await keys.heard([await told(own, { statement })]);
    await keys.heard([await told(own, { statement })]);
    expect(keys.isOpen).toBe(false);
    const entries = await database.db.sql<{ detail: object }[]>`
      SELECT body::jsonb -> 'detail' AS detail FROM audit_records
      WHERE body::jsonb ->> 'action' = 'oprf_key.pinned' ORDER BY id DESC LIMIT 2`;
    expect(entries[0]?.detail).toEqual({ generation: 1, check: checkUnder(own), stated: true });
  });
});
