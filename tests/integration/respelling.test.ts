/**
 * Identifiers that were stored before there was one spelling: what they become when the node starts.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { ensureIdentifiers, enterIntake } from '../../node/records/people/operations.ts';
import { prepareRecords } from '../../node/records/people/preparing.ts';
import { respellIdentifiers } from '../../node/records/people/respelling.ts';
import { SOURCES } from '../../node/records/people/rules.ts';
import { withTransaction } from '../../shared/db/database.ts';
import { createLogger } from '../../shared/log.ts';
import { giveTokens } from '../support/sealed.ts';
import { createIntake, type Intake, NOW } from './imports-fixture.ts';

let intake: Intake;
beforeEach(async () => {
  intake = await createIntake();
  return () => intake[Symbol.asyncDispose]();
});

const respell = () => respellIdentifiers({ ...intake.ctx, clock: { nowMs: () => NOW * 1000 } });

/** As a node of before has left them: under any spelling, with tokens. */
async function held(...values: string[]): Promise<void> {
  await withTransaction(intake.db, async (tx) => {
    await ensureIdentifiers(await enterIntake(tx, intake.dataKeys), values);
  });
  await giveTokens(intake.db, intake.dataKeys);
  await intake.db.sql`
    UPDATE identifier_respelling SET done_until = 0, last_id = (SELECT max(id) FROM identifiers)`;
}

/** Numbers of kinds as they are stored. */
const [CCCD, CMND, INSURANCE, PHONE] = [1, 2, 4, 5];

const stored = async () =>
  (
    await intake.askPlain<{ value: string; token: string | null }>(
      'SELECT value, kind, token IS NULL AS fresh FROM identifiers ORDER BY id',
    )
  ).map((row) => Object.values(row));

describe('identifiers of before', () => {
  it('are spelled anew, and get another token; those that were right stay as they are', async () => {
    await held(
      ...['phone:+841201234568', 'phone:+84912345678', 'insurance:GD4790123456789', 'cmnd:024090100003'],
      ...['phone:+84438253825', 'cmnd:012345678', 'insurance:GD4790123456'],
    );
    expect(await respell()).toBe(4);
    expect(await stored()).toEqual([
      ['phone:+84701234568', PHONE, true],
      ['phone:+84912345678', PHONE, false],
      ['insurance:0123456789', INSURANCE, true],
      ['cccd:024090100003', CCCD, true],
      ['phone:+842438253825', PHONE, true],
      ['cmnd:012345678', CMND, false],
      ['insurance:GD4790123456', INSURANCE, false],
    ]);
    expect((await intake.takeHeard()).identifiers.toSorted()).toEqual([1, 3, 4, 5]);
    const found = await intake.importCsv(
      'persons',
      'identifiers',
      'phone:01201234568',
      'insurance:0123456789',
    );
    expect(found.accepted).toBe(2);
    expect(await stored()).toHaveLength(7);
  });

  it('of which both spellings are held stay two rows, as one person', async () => {
    await held(
      'phone:+841201234568',
      'phone:+84701234568',
      'insurance:GD4790123456789',
      'insurance:TE1010123456789',
    );
    await intake.importCsv('persons', 'identifiers,name', 'phone:0701234568,An');
    await intake.takeHeard();
    expect(await respell()).toBe(3);
    expect((await stored()).map(([value]) => value)).toEqual([
      'phone:+841201234568',
      'phone:+84701234568',
      'insurance:0123456789',
      'insurance:TE1010123456789',
    ]);
    const linked = async () =>
      (await intake.db.sql`SELECT source, identifier_ids FROM records ORDER BY id`).map(Object.values);
    const links = [
      [SOURCES.import, [2]],
      [SOURCES.legacy, [2, 1]],
      [SOURCES.legacy, [3, 4]],
    ];
    expect(await linked()).toEqual(links);
    expect([...new Set((await intake.takeHeard()).identifiers)].toSorted()).toEqual([1, 2, 3, 4]);
    // The row of the file, under either spelling, is the record that it was.
    await intake.importCsv('persons', 'identifiers,name', 'phone:01201234568,An', 'phone:0701234568,An');
    expect(await linked()).toEqual(links);
  });

  it('are gone through once, a batch at a time, and again from where it broke off', async () => {
    const old = (n: number) => `phone:+84120${String(n).padStart(7, '0')}`;
    await held(...Array.from({ length: 2_500 }, (_, n) => old(n)));
    await intake.db
      .sql`ALTER TABLE identifiers ADD CONSTRAINT broken CHECK (id <> 1700 OR token IS NOT NULL)`;
    await expect(respell()).rejects.toMatchObject({ reason: 'DATABASE_ERROR' });
    const done = async () =>
      (await intake.db.sql`SELECT done_until FROM identifier_respelling`)[0]?.done_until;
    expect(await done()).toBe(1_000);
    await intake.db.sql`ALTER TABLE identifiers DROP CONSTRAINT broken`;
    expect(await respell()).toBe(1_500);
    const before = await intake.dump();
    expect(await respell()).toBe(0);
    expect(await intake.dump()).toEqual(before);
    expect(await done()).toBe(2_500);
    const log = await intake.db.sql`SELECT body FROM audit_records WHERE body LIKE '%respelled%'`;
    expect(log).toHaveLength(3);
    expect(JSON.stringify(log)).not.toMatch(/84120|8470/);
  });

  it('are right before records of before are completed: a citizen id says birth and sex', async () => {
    await held('cmnd:024090100003');
    await intake.db.sql`
      INSERT INTO records (source, source_key, identifier_ids, at, key_generation)
      VALUES (${SOURCES.legacy}, 'l', ARRAY[1], 0, 0)`;
    await prepareRecords({ ...intake.ctx, logger: createLogger('test', 'silent') });
    const said = await intake.db.sql`SELECT birth_year, sex FROM records`;
    expect(said).toEqual([{ birth_year: 1990, sex: 'male' }]);
  });

  it('are none in a database that is new', async () => {
    expect(await respell()).toBe(0);
  });
});
