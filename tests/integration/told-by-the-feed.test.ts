/**
 * What a program knows after its database has changed, whatever became of whoever changed it: tracing hears
 * of a commit whose answer was lost, contacts lie at the desk of their person's ward, and nothing hangs at
 * the end.
 */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importRows } from '../../node/records/intake/operations.ts';
import { openTokens } from '../../node/records/people/operations.ts';
import { IdentifierQuota } from '../../node/records/people/quota.ts';
import { AskedQuestions, type TouchedQuestion } from '../../node/tracing/asking/asked-questions.ts';
import { Changes } from '../../node/tracing/asking/changes.ts';
import { IdentifierIndex } from '../../node/tracing/asking/identifier-index.ts';
import { IdentifierIndexes } from '../../node/tracing/asking/identifier-indexes.ts';
import { listUnsubmitted } from '../../node/tracing/openings/queries.ts';
import { systemClock } from '../../shared/clock.ts';
import { type Database, openDatabase } from '../../shared/db/database.ts';
import { AppError } from '../../shared/errors.ts';
import { Feed } from '../../shared/feed/feed.ts';
import { createLogger } from '../../shared/log.ts';
import { readAdmittedOpening } from '../../shared/signed/opening.ts';
import { RULES } from '../simulation/examples.ts';
import { everybodyAt } from '../support/callers.ts';
import { losing } from '../support/losing-replies.ts';
import { createNodeHttp, type NodeHttp } from '../support/node-http.ts';
import { giveTokens, testDataKeys, tokenOfId } from '../support/sealed.ts';
import { waitFor } from '../support/wait.ts';

const clock = systemClock;
const logger = createLogger('test', 'silent');
const TRACE = 'a'.repeat(32);

/** Those that keep years: these rows are of 2021. */
const RULES_OF_YEARS = { ...RULES, retention_days: 4000 };

let node: NodeHttp;
beforeAll(async () => {
  node = await createNodeHttp();
});
afterAll(() => node[Symbol.asyncDispose]());

function csv(text: string) {
  const bytes = (async function* () {
    yield Buffer.from(text);
  })();
  return { format: 'csv' as const, bytes };
}

/** Imports rows of a kind; true if the answer came. */
async function tells(kind: 'persons' | 'check-ins', text: string, db: Database = node.db): Promise<boolean> {
  const ctx = {
    db,
    dataKeys: testDataKeys(),
    clock,
    province: '24',
    rules: { inForceAt: () => RULES_OF_YEARS },
    quota: new IdentifierQuota(clock),
  };
  const request = { kind, source: csv(text) };
  return importRows(ctx, everybodyAt('24'), request).then(
    () => true,
    () => false,
  );
}

async function follow(db: Database, touched: TouchedQuestion[]) {
  const feed = new Feed({ db, clock, logger, everyMs: 100 });
  const [indexes, asked] = [new IdentifierIndexes(), new AskedQuestions()];
  const onTouched = (questions: readonly TouchedQuestion[]) => void touched.push(...questions);
  const onTokenized = async () => undefined;
  const tokens = await openTokens({ db, dataKeys: node.dataKeys });
  const parts = { db, tokens, feed, province: '24', indexes, asked, onTouched, onTokenized };
  const changes = await Changes.start(parts);
  return { feed, changes, asked };
}

describe('a commit whose answer is lost', () => {
  it('is known to tracing: the questions that it touches are told', async () => {
    const places = { 'content-type': 'text/csv' };
    await node.call('POST', '/v1/imports/places', { text: 'place,name,kind\np1,A,cafe\n', headers: places });
    const rows =
      'identifier,place,in_at,out_at\nphone:0912345678,p1,2021-06-10T08:00:00Z,2021-06-10T09:00:00Z\n';
    expect(await tells('check-ins', rows.replace('0912345678', '0912345670'))).toBe(true);
    await giveTokens(node.db, node.dataKeys);
    const [known] = await node.db.sql<{ id: number }[]>`SELECT id FROM identifiers`;
    const touched: TouchedQuestion[] = [];
    const { feed, changes, asked } = await follow(node.db, touched);
    await using _feed = feed;
    await using _changes = changes;
    const [from, until] = [
      Date.parse('2021-06-10T00:00:00Z') / 1000,
      Date.parse('2021-06-11T00:00:00Z') / 1000,
    ];
    const question = {
      seq: 7,
      who: new Uint8Array(),
      met: tokenOfId(known?.id as number),
      metFrom: [from],
      metUntil: [until],
    };
    asked.note({ id: TRACE, expiresAt: until + 1e9 }, question);
    const version = changes.dataVersion;
    expect(await tells('check-ins', rows, losing(node.db, { commits: 1 }))).toBe(false);
    await waitFor('the question', () => touched.length > 0);
    expect(touched).toContainEqual({ traceId: TRACE, seq: 7 });
    expect(changes.dataVersion).toBeGreaterThan(version);
    // Nothing is told again of what is there already.
    touched.length = 0;
    expect(await tells('check-ins', rows)).toBe(true);
    await changes.settled();
    expect(touched).toEqual([]);
  });
});

describe('a contact', () => {
  const persons = (ward: string) =>
    tells('persons', `identifiers,name,province,ward\nphone:0912345699,An,24,${ward}\n`);
  const seenBy = async (ward: string) => {
    const { status } = await node.call('GET', `/v1/traces/${TRACE}/contacts`, {
      roles: [`ward_tracer@${ward}`],
    });
    return status;
  };

  it('follows the ward that the record of its person names, and leaves the desk where it was', async () => {
    const [old, right] = ['07210', '07213'];
    await persons(old);
    const [found] = await node.db.sql<{ id: number }[]>`SELECT max(id) AS id FROM identifiers`;
    await node.db.sql`
      INSERT INTO contacts (trace_id, contact_id, degree, first_exposed_at, last_exposed_at, seconds,
        settings, place_kinds, exposed_in, identifier_ids, ward, delivery)
      VALUES (${TRACE}, ${'b'.repeat(32)}, 1, 1, 2, 900, 1, 1, ARRAY['24'],
        ARRAY[${found?.id as number}::int],
        ${old}, 1)`;
    expect([await seenBy(old), await seenBy(right)]).toEqual([200, 404]);
    await persons(right);
    await waitFor('the new desk', async () => (await seenBy(right)) === 200);
    expect(await seenBy(old)).toBe(404);
  });

  it('of a person whose ward becomes known only later comes to a desk then', async () => {
    await tells('persons', 'identifiers,name,province,ward\nphone:0912345688,Bo,24,\n');
    const [found] = await node.db.sql<{ id: number }[]>`SELECT max(id) AS id FROM identifiers`;
    await node.db.sql`
      INSERT INTO contacts (trace_id, contact_id, degree, first_exposed_at, last_exposed_at, seconds,
        settings, place_kinds, exposed_in, identifier_ids, ward, delivery)
      VALUES (${TRACE}, ${'c'.repeat(32)}, 1, 1, 2, 900, 1, 1, ARRAY['24'],
        ARRAY[${found?.id as number}::int],
        NULL, 1)`;
    await tells('persons', 'identifiers,name,province,ward\nphone:0912345688,Bo,24,07216\n');
    await waitFor('the desk', async () => (await seenBy('07216')) === 200);
  });

  it('of a person who lives in a ward of another province stands at the desk of this one', async () => {
    await tells('persons', 'identifiers,name,ward\nphone:0912345677,Cam,07216\n');
    const [found] = await node.db.sql<{ id: number }[]>`SELECT max(id) AS id FROM identifiers`;
    await node.db.sql`
      INSERT INTO contacts (trace_id, contact_id, degree, first_exposed_at, last_exposed_at, seconds,
        settings, place_kinds, exposed_in, identifier_ids, ward, delivery)
      VALUES (${TRACE}, ${'d'.repeat(32)}, 1, 1, 2, 977, 1, 1, ARRAY['24'],
        ARRAY[${found?.id as number}::int], '07216', 1)`;
    await tells('persons', 'identifiers,name,province,ward\nphone:0912345677,Cam,79,26734\n');
    const atProvince = async () => {
      const { body } = await node.call('GET', `/v1/traces/${TRACE}/contacts?ward=24`);
      return body.contacts.filter(({ seconds }: { seconds: number }) => seconds === 977).length;
    };
    await waitFor('the desk of the province', async () => (await atProvince()) === 1);
  });
});

describe('a queue of openings', () => {
  const insert = async (count: number, refusal: string | null) => {
    for (let i = 0; i < count; i++)
      await node.db.sql`
        INSERT INTO traces (id, direction, max_degree, as_of, rules, refusal, refused_at, created_at)
        VALUES (${randomBytes(16).toString('hex')}, 'forward', 1, 0, 1, ${refusal},
          CASE WHEN ${refusal !== null} THEN now() - interval '1 hour' END, now() - interval '1 day')`;
  };

  it('is not held up by 256 traces that the hub has refused', async () => {
    await insert(256, 'OPENING_EXPIRED');
    let answer = () => {};
    node.hub.gate = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const entered = { identifiers: ['phone:0912345677'], onset_on: '2021-06-10' };
    const { body: found } = await node.call('POST', '/v1/cases', { json: entered });
    // Not accepted while the hub has not answered: as after a restart, the look at the queue finds it.
    const opened = await node.call('POST', '/v1/traces', {
      json: { cases: [found.id], direction: 'forward' },
    });
    expect(opened.status).toBe(202);
    const now = Math.floor(clock.nowMs() / 1000);
    const queue = await listUnsubmitted(node.db, { limit: 256, refusedBefore: now });
    expect(queue[0]).toBe(opened.body.id);
    expect(queue).toHaveLength(256);
    node.hub.gate = undefined;
    answer();
    await node.db.sql`DELETE FROM traces WHERE refusal = 'OPENING_EXPIRED'`;
  });

  it('is signed anew under the key in use if that of before is retired, also when corrected', async () => {
    const [code, reason] = ['FAILED_PRECONDITION', 'KEY_GENERATION_RETIRED'] as const;
    node.hub.faults.openTrace = new AppError(code, reason, 'told to refuse', { params: { generation: 1 } });
    const entered = { identifiers: ['phone:0912345680'], onset_on: '2021-06-10' };
    const { body: found } = await node.call('POST', '/v1/cases', { json: entered });
    const asked = { cases: [found.id], direction: 'forward' };
    const { body: trace } = await node.call('POST', '/v1/traces', { json: asked });
    const sent = (wanted: string) =>
      waitFor(`an opening ${wanted}`, () =>
        node.hub.received
          .map(readAdmittedOpening)
          .some((one) => one.trace_id === trace.id && `${one.revision} ${one.generation}` === wanted),
      );
    await sent('0 1');
    await node.call('PATCH', `/v1/cases/${found.id}`, { json: { onset_on: '2021-06-12' } });
    await sent('1 1');
    node.keyService.generation = 2;
    await sent('1 2');
    delete node.hub.faults.openTrace;
    const taken = () => node.hub.opened.find(({ trace_id }) => trace_id === trace.id);
    await waitFor('the hub to have it', () => taken() !== undefined);
    node.keyService.generation = 1;
    expect(taken()).toMatchObject({ generation: 2, revision: 1 });
  });
});

describe('a correction', () => {
  it.each([
    ['refused', new AppError('FAILED_PRECONDITION', 'OPENING_EXPIRED', 'told to refuse')],
    ['taken', undefined],
  ])('made while an opening is under way that is then %s is sent, too', async (_, refusal) => {
    let answer: () => void = () => undefined;
    node.hub.gate = new Promise((resolve, reject) => {
      answer = () => (refusal ? reject(refusal) : resolve());
    });
    const entered = { identifiers: ['phone:0912345671'], onset_on: '2021-06-10' };
    const { body: found } = await node.call('POST', '/v1/cases', { json: entered });
    const asked = { cases: [found.id], direction: 'forward' };
    const { body: trace } = await node.call('POST', '/v1/traces', { json: asked });
    const sent = () =>
      node.hub.opened.filter(({ trace_id }) => trace_id === trace.id).map(({ revision }) => revision);
    await waitFor('the first opening', () => sent().length === 1);
    const corrected = await node.call('PATCH', `/v1/cases/${found.id}`, { json: { onset_on: '2021-06-12' } });
    expect(corrected.status).toBe(200);
    node.hub.gate = undefined;
    answer();
    // Sooner than the look at all that waits.
    await waitFor('the second opening', () => sent().length === 2, 10_000);
    expect(sent()).toEqual([0, 1]);
    await waitFor('the second to be noted', async () => {
      const rows = await node.db.sql`SELECT FROM traces WHERE id = ${trace.id} AND revision = 1
        AND accepted_at IS NOT NULL AND refusal IS NULL`;
      return rows.length === 1;
    });
  });
});

describe('the end', () => {
  it('comes though the pool is closed under a change that was not read yet', async () => {
    const db = openDatabase(node.databaseUrl, { max: 2, name: 'closing' });
    const { feed, changes } = await follow(db, []);
    await db[Symbol.asyncDispose]();
    await persons('0912345666');
    const ended = Promise.all([changes[Symbol.asyncDispose](), feed[Symbol.asyncDispose]()]);
    const awake = new AbortController();
    const late = clock.sleep(5_000, awake.signal).then(() => 'hangs');
    expect(await Promise.race([ended.then(() => 'ended'), late])).toBe('ended');
    awake.abort();
  });

  const persons = (phone: string) => tells('persons', `identifiers,name\nphone:${phone},Chi\n`);
});

describe('the index of identifiers', () => {
  it('gives back the records of an identifier that changes often', () => {
    const index = new IdentifierIndex();
    const token = new Uint8Array(32).map((_, i) => i);
    const none = new Int32Array(2);
    index.put({ id: Int32Array.of(1, 2), token, kind: none });
    const [one, isResident] = [Int32Array.of(1, 1), new Uint8Array(2)];
    const naming = { identifier: Int32Array.of(1, 2), birth: none, household: none, principal: none };
    const rows = { ...naming, record: one, isResident };
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 500_000; i++) index.putRecords(rows, [1, 2]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
    const linked: number[] = [];
    index.eachLink(1, (to) => linked.push(to));
    expect(linked).toEqual([2]);
  });
});
