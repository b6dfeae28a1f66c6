/**
 * What nothing that stands names any more is erased after the rules' time: records that were withdrawn, what
 * records said before, identifiers with their tokens, households; whatever is imported meanwhile. As the
 * program's role.
 */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withdrawRecordOf } from '../../node/records/corrections/operations.ts';
import { PeopleErasing } from '../../node/records/people/erasing.ts';
import { openTokens } from '../../node/records/people/operations.ts';
import { AskedQuestions } from '../../node/tracing/asking/asked-questions.ts';
import { Changes } from '../../node/tracing/asking/changes.ts';
import type { IdentifierIndex } from '../../node/tracing/asking/identifier-index.ts';
import { IdentifierIndexes } from '../../node/tracing/asking/identifier-indexes.ts';
import { systemClock } from '../../shared/clock.ts';
import { type Database, openDatabase, retryConflicts } from '../../shared/db/database.ts';
import { Feed } from '../../shared/feed/feed.ts';
import { newId } from '../../shared/ids.ts';
import { createLogger } from '../../shared/log.ts';
import { RULES } from '../simulation/examples.ts';
import { everybodyAt } from '../support/callers.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { extent } from '../support/extent.ts';
import { askPlain, sealTokens, testDataKeys, tokenOfId } from '../support/sealed.ts';
import { intakeOn, NOW } from './imports-fixture.ts';

const DAY = 86_400;
let database: TestDatabase;
let db: Database;
let intake: ReturnType<typeof intakeOn>;
beforeEach(async () => {
  database = await createTestDatabase('node');
  db = openDatabase(database.programUrl, { max: 6, name: 'program' });
  intake = intakeOn(db, testDataKeys());
  await intake.importCsv('places', 'place,kind', 'P1,cafe');
});
afterEach(async () => {
  await db[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

/** One sweep through all, so many days after now. */
async function erase(days: number): Promise<void> {
  const clock = { nowMs: () => Date.now() + days * DAY * 1000 };
  const people = new PeopleErasing({ db, clock, rules: { inForceAt: () => RULES } });
  while (await retryConflicts(() => people.erase()));
}

const plain = <Row extends object>(statement: string) =>
  askPlain<Row>(database.db, intake.dataKeys, statement);
const values = async () =>
  (await plain<{ value: string }>('SELECT value FROM identifiers ORDER BY 1')).map((row) => row.value);
const rows = async (table: string) => (await db.sql.unsafe(`SELECT FROM ${table}`)).length;
const people = (...lines: string[]) =>
  intake.importCsv('persons', 'record,identifiers,name,household', ...lines);
const withdraw = async (name: string) => {
  const [found] = await plain<{ id: number }>(
    `SELECT id FROM records WHERE record = '${name}' AND retracted_at IS NULL`,
  );
  if (found === undefined) return;
  await withdrawRecordOf({ ...intake.ctx, clock: systemClock }, everybodyAt('24'), found.id).catch(
    (error) => {
      // Somebody else withdrew it, and it was erased.
      if (error.reason !== 'NO_SUCH_RECORD') throw error;
    },
  );
};
const receipts = async () =>
  (
    await db.sql<{ body: string }[]>`SELECT body FROM audit_records WHERE body LIKE '%.erased"%' ORDER BY id`
  ).map(({ body }) => JSON.parse(body));
const at = new Date((NOW - DAY) * 1000).toISOString();

describe('people', () => {
  it('whom nothing names go, with what was said of them; who is named stays', async () => {
    await people(
      'A,cmnd:100000001 phone:+84912000001,An,H1',
      'B,cmnd:100000002,Bình,H2',
      'C,cmnd:100000003,Chi,',
    );
    // A mistyped number that was corrected, and a name that was.
    await people('C,cmnd:100000004,Chi,');
    await people('C,cmnd:100000004,Chi Mai,');
    await withdraw('A');
    await intake.importCsv('check-ins', 'identifier,place,in_at', `phone:+84912000001,P1,${at}`);
    await intake.importCsv(
      'encounters',
      'identifier_a,identifier_b,from,until',
      `cmnd:100000005,cmnd:100000006,${at},${at}`,
    );
    const before = await intake.dump();
    await erase(29);
    expect(await intake.dump()).toEqual(before);
    await erase(31);
    expect(await values()).toEqual([
      ...['cmnd:100000002', 'cmnd:100000004', 'cmnd:100000005', 'cmnd:100000006', 'phone:+84912000001'],
    ]);
    expect([await rows('records'), await rows('record_versions'), await rows('households')]).toEqual([
      2, 0, 1,
    ]);
    expect(await receipts()).toMatchObject([
      { action: 'records.erased', detail: { records: 1, versions: 2 }, on: [{}, {}] },
      { action: 'identifiers.erased', detail: { identifiers: 2 } },
      { action: 'households.erased', detail: { households: 1 } },
    ]);
    // What was seen is dropped by weeks, not here: then nobody is left who was only seen.
    await database.db.sql`TRUNCATE check_ins, encounters`;
    await erase(31);
    expect(await values()).toEqual(['cmnd:100000002', 'cmnd:100000004']);
  });

  it('that a case, a contact or an older word of a record names stay', async () => {
    await people('A,cmnd:100000001,An,', 'B,cmnd:100000002,Bình,', 'C,cmnd:100000003,Chi,');
    const ids = await db.sql<{ id: number }[]>`SELECT id FROM identifiers ORDER BY id`;
    const [one, two, three] = ids.map(({ id }) => id) as [number, number, number];
    const id = newId();
    await db.sql`INSERT INTO cases (id, onset_on) VALUES (${id}, '2021-05-10')`;
    await db.sql`INSERT INTO case_identifiers (case_id, position, identifier_id) VALUES (${id}, 0, ${one})`;
    await db.sql`
      INSERT INTO contacts (trace_id, contact_id, degree, first_exposed_at, last_exposed_at, seconds,
      settings, place_kinds, exposed_in, identifier_ids, delivery)
      VALUES ('t', 'c', 1, 1, 2, 1, 1, 1, '{24}', ${[two]}::int[], 1)`;
    for (const name of ['A', 'B', 'C']) await withdraw(name);
    await erase(31);
    expect(await values()).toEqual(['cmnd:100000001', 'cmnd:100000002']);
    expect(three).toBeGreaterThan(two);
    await people('D,cmnd:100000007,Dung,');
    await people('D,cmnd:100000008,Dung,');
    await db.sql`UPDATE record_versions SET at = at - ${90 * DAY}`;
    await erase(29);
    expect(await values()).toContain('cmnd:100000007');
    await erase(31);
    expect(await values()).not.toContain('cmnd:100000007');
  });

  it('are kept while somebody is followed up by them', async () => {
    await people('1,cmnd:100000008,An,1');
    await db.sql`
      WITH made AS (
        INSERT INTO follow_ups (public_id, identifier_ids, reason, state, began_at, opened_at)
        VALUES (gen_random_uuid(), '{}', 1, 2, 0, 0) RETURNING id)
      INSERT INTO follow_up_identifiers (identifier_id, follow_up_id)
      SELECT i.id, made.id FROM made, (SELECT max(id) AS id FROM identifiers) i`;
    await withdraw('1');
    await erase(31);
    expect(await values()).toContain('cmnd:100000008');
    await db.sql`DELETE FROM follow_up_identifiers`;
    await erase(31);
    expect(await values()).not.toContain('cmnd:100000008');
  });

  it('are looked for in every column that names identifiers', async () => {
    const columns = await db.sql<{ name: string }[]>`
      SELECT DISTINCT table_name || '.' || column_name AS name FROM information_schema.columns
      WHERE table_schema = 'public' AND table_name !~ '_\\d{4}_\\d\\d_\\d\\d$'
        AND column_name ~ '^(identifier_(id|ids|a|b)|principal_id)$' ORDER BY 1`;
    // A table that is new here is to be asked in `listUnnamed` too.
    expect(columns.map(({ name }) => name)).toEqual([
      ...['case_identifiers.identifier_id', 'check_ins.identifier_id', 'contacts.identifier_ids'],
      ...['encounters.identifier_a', 'encounters.identifier_b', 'follow_up_identifiers.identifier_id'],
      ...['follow_ups.identifier_ids', 'record_identifiers.identifier_id'],
      ...['record_versions.identifier_ids', 'records.identifier_ids', 'records.principal_id'],
      'superseded_case_identifiers.identifier_id',
    ]);
  });

  it('are not erased under somebody who imports them', { timeout: 120_000 }, async () => {
    const identifier = fc.integer({ min: 1, max: 6 }).map((n) => `cmnd:10000000${n}`);
    const work = fc.oneof(
      fc.record({ what: fc.constant('met' as const), a: identifier, b: identifier }),
      fc.record({ what: fc.constant('seen' as const), a: identifier, b: identifier }),
      fc.record({ what: fc.constant('said' as const), a: identifier, b: identifier }),
      fc.record({ what: fc.constant('forgotten' as const), a: identifier, b: identifier }),
    );
    const doing = async ({ what, a, b }: { what: string; a: string; b: string }) => {
      if (what === 'seen') await intake.importCsv('check-ins', 'identifier,place,in_at', `${a},P1,${at}`);
      if (what === 'said') await people(`${a},${[...new Set([a, b])].join(' ')},An,${b}`);
      if (what === 'met' && a !== b)
        await intake.importCsv('encounters', 'identifier_a,identifier_b,from,until', `${a},${b},${at},${at}`);
      if (what === 'forgotten') {
        await withdraw(a);
        await db.sql`DELETE FROM check_ins`;
        await db.sql`DELETE FROM encounters`;
      }
    };
    const property = fc.asyncProperty(fc.array(work, { minLength: 8, maxLength: 40 }), async (works) => {
      const queue = [...works];
      const importers = Array.from({ length: 3 }, async () => {
        for (let next = queue.shift(); next; next = queue.shift()) await doing(next);
      });
      let importing = true;
      const eraser = (async () => {
        while (importing) await erase(31);
      })();
      await Promise.all(importers).finally(() => {
        importing = false;
      });
      await eraser;
      const dangling = await db.sql`
        SELECT id FROM (SELECT identifier_id AS id FROM check_ins UNION SELECT identifier_a FROM encounters
          UNION SELECT identifier_b FROM encounters UNION SELECT unnest(identifier_ids) FROM records
          UNION SELECT unnest(identifier_ids) FROM record_versions) named
        WHERE NOT EXISTS (SELECT FROM identifiers i WHERE i.id = named.id)`;
      expect([...dangling]).toEqual([]);
    });
    await fc.assert(property, { numRuns: extent({ quick: 2, all: 60 }) });
  });

  it('are forgotten by the memory that answers, until they come again', async () => {
    await people('A,cmnd:100000001,An,', 'B,cmnd:100000002,Bình,');
    const token = tokenOfId(1);
    // Whoever comes last has it: it is told of once more.
    const tokenize = async () => {
      const [last] = await db.sql<{ id: number }[]>`SELECT max(id) AS id FROM identifiers`;
      const ids = [last?.id as number];
      await sealTokens({ db, dataKeys: intake.dataKeys }, { ids, tokens: token, generation: 1 });
    };
    await withdraw('B');
    await tokenize();
    const indexes = new IdentifierIndexes();
    await using feed = new Feed({
      db,
      clock: systemClock,
      logger: createLogger('test', 'silent'),
      everyMs: 20,
    });
    await using changes = await Changes.start({
      ...{ db, feed, province: '24', indexes, asked: new AskedQuestions() },
      tokens: await openTokens(intake),
      ...{ onTouched: () => undefined, onTokenized: async () => undefined },
    });
    const known = () => (indexes.find(1) as IdentifierIndex).idsOf(token)[0] as number;
    const first = known();
    expect(first).toBeGreaterThan(0);
    await erase(31);
    await changes.settled();
    expect([known(), indexes.find(1)?.has(first)]).toEqual([-1, false]);
    await people('B,cmnd:100000002,Bình,');
    await tokenize();
    await people('B,cmnd:100000002,Bình Minh,H1');
    await changes.settled();
    expect(known()).toBeGreaterThan(first);
  });
});
