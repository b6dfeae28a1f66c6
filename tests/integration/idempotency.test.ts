/**
 * `Idempotency-Key` on every POST: whatever happens to the answer, what was asked for happens once.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forgetRequests, REQUESTS_KEPT_S } from '../../shared/acts/requests.ts';
import { type Database, openDatabase, withTransaction } from '../../shared/db/database.ts';
import { AppError } from '../../shared/errors.ts';
import { newId } from '../../shared/ids.ts';
import { createApps, routesOf } from '../support/http-apps.ts';
import { createNodeHttp, type NodeHttp } from '../support/node-http.ts';
import { waitFor } from '../support/wait.ts';

/** Whether the next transaction that notes a request is committed and its caller never hears of it. */
let loseReply = false;
let node: NodeHttp;
/** Beside the program: holds what it wants, and ends its connections. */
let outside: Database;
beforeAll(async () => {
  node = await createNodeHttp({ through: losingReplies });
  outside = openDatabase(node.databaseUrl, { max: 2, name: 'outside' });
});
afterAll(async () => {
  await outside[Symbol.asyncDispose]();
  await node[Symbol.asyncDispose]();
});

/** Loops have transactions of their own, which are let alone. */
function losingReplies(db: Database): Database {
  const begin = async (...args: unknown[]) => {
    const work = args.at(-1) as (tx: object) => Promise<unknown>;
    let notes = false;
    const watched = (tx: object) =>
      work(
        new Proxy(tx, {
          apply: (target, self, given: [readonly string[]]) => {
            notes ||= given[0].join('').includes('INSERT INTO idempotency');
            return Reflect.apply(target as () => unknown, self, given as never);
          },
        }),
      );
    const done = await db.sql.begin(...([...args.slice(0, -1), watched] as [never]));
    if (!loseReply || !notes) return done;
    loseReply = false;
    throw new AppError('UNAVAILABLE', 'DATABASE_UNAVAILABLE', 'lost after COMMIT');
  };
  const sql = new Proxy(db.sql, {
    get: (target, name) => (name === 'begin' ? begin : Reflect.get(target, name)),
  });
  return { ...db, sql, [Symbol.asyncDispose]: () => db[Symbol.asyncDispose]() };
}

const facts = { identifiers: ['phone:0912345678'], onset_on: '2021-06-10' };
const glass = { reason: 'contacts of a ship', area: '217', minutes: 5 };
const post = (path: string, json: unknown, key: string, subject = 'an') =>
  node.call('POST', path, { json, subject, headers: { 'idempotency-key': key } });
const count = async (table: string): Promise<number> => {
  const [row] = await node.db.sql.unsafe(`SELECT count(*)::int AS n FROM ${table}`);
  return row?.n;
};

describe('the same request again', () => {
  it('is answered as before and done once, its fields in whatever order', async () => {
    const key = newId();
    const first = await post('/v1/cases', facts, key);
    const before = await count('cases');
    const again = await post('/v1/cases', { onset_on: facts.onset_on, identifiers: facts.identifiers }, key);
    expect(first).toMatchObject({ status: 201 });
    expect(again).toMatchObject({ status: 201, body: first.body });
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
    expect(await count('cases')).toBe(before);
  });

  it('leaves one trace for one key, whoever comes first', async () => {
    const { id } = (await post('/v1/cases', facts, newId())).body;
    const key = newId();
    const json = { cases: [id], direction: 'forward' };
    const answers = await Promise.all(Array.from({ length: 5 }, () => post('/v1/traces', json, key)));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202]);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(await count('traces')).toBe(1);
  });

  it.each(['cases', 'imports/places'])(
    'with another body is refused and changes nothing: %s',
    async (what) => {
      const key = newId();
      const send = (n: number) => {
        const headers = { 'idempotency-key': key, 'content-type': 'text/csv' };
        if (what !== 'cases') return node.call('POST', `/v1/${what}`, { headers, text: placesFile(n) });
        return post('/v1/cases', { ...facts, identifiers: [`phone:091200000${n}`] }, key);
      };
      const table = what === 'cases' ? 'cases' : 'places';
      expect((await send(1)).status).toBeLessThan(300);
      const before = await count(table);
      const other = await send(2);
      expect(other).toMatchObject({
        status: 409,
        body: { reason: 'IDEMPOTENCY_KEY_REUSED', errors: [{ field: 'idempotency-key' }] },
      });
      expect(await count(table)).toBe(before);
      expect((await send(1)).status).toBeLessThan(300);
    },
  );

  it('under the same key at another path is another request', async () => {
    const key = newId();
    await post('/v1/cases', facts, key);
    expect(await post('/v1/break-glass', glass, key)).toMatchObject({ status: 409 });
  });

  it("is the caller's own", async () => {
    const key = newId();
    const mine = await post('/v1/cases', facts, key, 'an');
    const theirs = await post('/v1/cases', facts, key, 'binh');
    expect(theirs.status).toBe(201);
    expect(theirs.body.id).not.toBe(mine.body.id);
  });

  it('that was refused is judged anew', async () => {
    const key = newId();
    const json = { cases: [newId()], direction: 'forward' };
    expect(await post('/v1/traces', json, key)).toMatchObject({ status: 404 });
    expect(await post('/v1/traces', json, key)).toMatchObject({ status: 404 });
  });

  it('never shows a secret again, and says so', async () => {
    const key = newId();
    const json = { name: 'PC-Covid', scopes: ['cases.write'] };
    const first = await post('/v1/service-accounts', json, key);
    const again = await post('/v1/service-accounts', json, key);
    expect(first.body.key).toMatch(/^tvk_/);
    expect(again).toMatchObject({ status: 201, body: { ...first.body, key: null } });
    const rows = await node.db.sql`SELECT i::text AS row FROM idempotency i`;
    expect(JSON.stringify(rows)).not.toContain(first.body.key);
  });

  it('is answered by the import report of the first time, and nothing is read twice', async () => {
    const headers = { 'idempotency-key': newId(), 'content-type': 'text/csv' };
    const text = `${placesFile(7)}p8,Quán,no such kind,\n`;
    const first = await node.call('POST', '/v1/imports/places', { text, headers });
    expect(first.body).toMatchObject({ accepted: 1, rejected: 1, errors: [{ line: 3, field: 'kind' }] });
    const records = await count('audit_records');
    const again = await node.call('POST', '/v1/imports/places', { text, headers });
    expect(again).toMatchObject({ status: 200, body: first.body });
    expect(await count('audit_records')).toBe(records);
  });
});

const placesFile = (n: number) => `place,name,kind,ward\np${n},Quán,cafe,\n`;

describe('keys', () => {
  it.each(['', 'a'.repeat(65), 'khóa', 'a\tb'])(
    'must be 1 to 64 printable characters, not %j',
    async (key) => {
      const answer = await node.call('POST', '/v1/cases', {
        json: facts,
        headers: { 'idempotency-key': Buffer.from(key).toString('latin1') },
      });
      expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: 'idempotency-key' }] } });
    },
  );

  it('are kept as digests: people put names into them', async () => {
    await post('/v1/cases', facts, 'Nguyen Van An 0912345678');
    const rows = await node.db.sql`SELECT i::text AS row FROM idempotency i`;
    expect(JSON.stringify(rows)).not.toMatch(/Nguyen|0912345678/);
  });

  it('say nothing of what was asked: equal requests under other keys have nothing in common', async () => {
    for (const key of ['one', 'two']) await post('/v1/cases', facts, key);
    const digests = await node.db.sql`
      SELECT DISTINCT digest FROM idempotency
      WHERE key IN (encode(sha256('one'), 'hex'), encode(sha256('two'), 'hex'))`;
    expect(digests).toHaveLength(2);
  });

  it('are forgotten after 72 hours, the oldest first and never all at once', async () => {
    const [newest] = await node.db.sql`SELECT max(at)::bigint AS now FROM idempotency`;
    const now = newest?.now as number;
    const kept = await count('idempotency');
    await node.db.sql`
      INSERT INTO idempotency (caller, key, digest, at)
      SELECT 'person old', n::text, sha256(''), ${now - REQUESTS_KEPT_S - 1} FROM generate_series(1, 5) n`;
    const forget = () => withTransaction(node.db, (tx) => forgetRequests(tx, now, 3));
    expect([await forget(), await forget(), await forget()]).toEqual([3, 2, 0]);
    expect(await count('idempotency')).toBe(kept);
  });

  it.each(['node', 'hub'] as const)('are documented for every POST of the %s', (program) => {
    const apps = createApps(async () => Promise.reject(new Error('nobody is asked')));
    const posts = routesOf(apps[program]).filter(({ method }) => method === 'POST');
    expect(posts.length).toBeGreaterThan(5);
    for (const { path, operation } of posts) {
      const parameters = (operation.parameters ?? []) as { name: string; in: string }[];
      expect([path, parameters.map(({ name }) => name)]).toEqual([
        path,
        expect.arrayContaining(['idempotency-key']),
      ]);
    }
  });
});

// At the end: a connection that was cut off may still be handed to the next who asks for one.
describe('a crash', () => {
  it('between commit and answer: the retry gets the answer, and nothing twice', async () => {
    const key = newId();
    const before = await count('cases');
    loseReply = true;
    expect(await post('/v1/cases', facts, key)).toMatchObject({ status: 503 });
    expect(await count('cases')).toBe(before + 1);
    const again = await post('/v1/cases', facts, key);
    expect(again.status).toBe(201);
    expect((await node.call('GET', `/v1/cases/${again.body.id}`)).status).toBe(200);
    expect(await count('cases')).toBe(before + 1);
  });

  it('before commit: the retry does it', async () => {
    const key = newId();
    const before = await count('cases');
    const release = await holdTable('cases');
    const cut = post('/v1/cases', facts, key);
    await terminateWaiting();
    await release();
    expect(await cut).toMatchObject({ status: 503 });
    expect(await count('cases')).toBe(before);
    expect(await post('/v1/cases', facts, key)).toMatchObject({ status: 201 });
    expect(await count('cases')).toBe(before + 1);
  });

  it('of the first of two: the second, which waited, does it', async () => {
    const key = newId();
    const before = await count('cases');
    const release = await holdTable('cases');
    const first = post('/v1/cases', facts, key);
    const second = waiting(1).then(() => post('/v1/cases', facts, key));
    await waiting(2);
    // The older of the two waits for the table, the younger for its key.
    await outside.sql`
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock' ORDER BY xact_start LIMIT 1`;
    await release();
    expect([(await first).status, (await second).status]).toEqual([503, 201]);
    expect(await count('cases')).toBe(before + 1);
  });
});

/** Keeps others from writing into a table until the answer is called. */
async function holdTable(name: string): Promise<() => Promise<void>> {
  const held = deferred();
  const released = deferred();
  const ended = withTransaction(outside, async (tx) => {
    await tx.sql.unsafe(`LOCK TABLE ${name} IN SHARE MODE`);
    held.resolve();
    await released.promise;
  });
  await held.promise;
  return () => {
    released.resolve();
    return ended;
  };
}

function deferred() {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

const waiting = (n: number) =>
  waitFor(`${n} that wait for a lock`, async () => {
    const rows = await outside.sql`
      SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    return rows.length >= n;
  });

async function terminateWaiting(): Promise<void> {
  await waiting(1);
  await outside.sql`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'`;
}
