/**
 * A database of the release before records: people, links, households and cases become records that link,
 * house and name as much as was known and no more.
 */

import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openTokens, readHolders, readRecordsOf } from '../../node/records/people/operations.ts';
import { prepareRecords } from '../../node/records/people/preparing.ts';
import { readIdentifiers } from '../../node/tracing/asking/queries.ts';
import { systemClock } from '../../shared/clock.ts';
import { migrateDatabase } from '../../shared/db/migrate.ts';
import { createLogger } from '../../shared/log.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { createTestDatabase } from '../support/database.ts';
import { testDataKeys, tokenOfId } from '../support/sealed.ts';

const MIGRATIONS = join(packageRoot, 'node', 'db', 'migrations');
const CASE = '0190b6c2-5c1e-7a4b-9f3d-6f0f3f2c8a11';

/** The migrations before the one that makes records; they include what lies in `shared`. */
async function migrationsBefore() {
  const root = await mkdtemp(join(tmpdir(), 'truyvet-migrations-'));
  const path = join(root, 'node', 'db', 'migrations');
  const shared = ['shared', 'db', 'migrations'];
  await cp(MIGRATIONS, path, { recursive: true });
  await cp(join(packageRoot, ...shared), join(root, ...shared), { recursive: true });
  const names = (await readdir(path)).sort();
  const later = names.slice(names.findIndex((name) => name.endsWith('_records.sql')));
  for (const name of later) await rm(join(path, name));
  return { path, [Symbol.asyncDispose]: () => rm(root, { recursive: true }) };
}

it('become records of source legacy, completed when the node has its keys', async () => {
  await using database = await createTestDatabase('empty');
  await using before = await migrationsBefore();
  const { db } = database;
  const dataKeys = testDataKeys();
  await migrateDatabase(db, before.path);
  const values = ['cccd:024190000001', 'phone:+84912000001', 'insurance:TE12345678', 'cccd:024090000002'];
  const { sealer } = dataKeys;
  const numbers = values.map((_, i) => i + 1);
  const sealed = sealer.seal('identifiers.value', numbers, values);
  const indexes = sealer.index('identifiers.value', values);
  const [home] = sealer.seal('households.name', [1], ['HO 1']);
  const [homeIndex] = sealer.index('households.name', ['HO 1']);
  await db.sql`
    INSERT INTO households (name_sealed, name_index, key_generation)
    VALUES (${home as Buffer}, ${Buffer.from(homeIndex as string, 'hex')}, 1)`;
  for (const [i, value] of values.entries()) {
    await db.sql`
      INSERT INTO identifiers (value_sealed, value_index, key_generation, is_cccd, household_id)
      VALUES (${sealed[i] as Buffer}, ${Buffer.from(indexes[i] as string, 'hex')}, 1,
        ${value.startsWith('cccd')}, ${i === 0 ? 1 : null})`;
  }
  // A parent and a child had become one person over a phone; and somebody's citizen id was typed twice.
  await db.sql`INSERT INTO links VALUES (1, 2), (2, 3), (1, 4)`;
  const [name] = sealer.seal('people.name', [1], ['Nguyễn Thị Mẹ']);
  await db.sql`
    INSERT INTO people (sex, province, ward, name_sealed, key_generation)
    VALUES ('female', '24', '07210', ${name as Buffer}, 1)`;
  await db.sql`INSERT INTO people_identifiers (person_id, identifier_id) VALUES (1, 1), (1, 2), (1, 3)`;
  await db.sql`INSERT INTO cases (id, onset_on, ward) VALUES (${CASE}, '2021-06-01', '07210')`;
  await db.sql`INSERT INTO case_identifiers VALUES (${CASE}, 0, 1), (${CASE}, 1, 2)`;

  const token = tokenOfId(3);
  await db.sql`UPDATE identifiers SET token = ${token}, token_generation = 1 WHERE id = 3`;

  await migrateDatabase(db, MIGRATIONS);
  const logger = createLogger('test', 'silent');
  for (const _ of [1, 2]) await prepareRecords({ db, dataKeys, logger, clock: systemClock });

  const rows = await db.sql<Record<string, unknown>[]>`
    SELECT source, identifier_ids AS named, province, ward, birth_year, sex, household_id, principal_id,
      key_generation FROM records ORDER BY source, cardinality(identifier_ids), identifier_ids, household_id`;
  const mother = { birth_year: 1990, sex: 'female' };
  expect(rows.map(({ key_generation, ...row }) => row)).toEqual([
    {
      source: 2,
      named: [1, 2],
      province: null,
      ward: '07210',
      ...mother,
      household_id: null,
      principal_id: null,
    },
    { source: 99, named: [1], province: null, ward: null, ...mother, household_id: 1, principal_id: 1 },
    {
      source: 99,
      named: [1],
      province: '24',
      ward: '07210',
      ...mother,
      household_id: null,
      principal_id: null,
    },
    ...[2, 3].map((id) => ({
      ...{ source: 99, named: [id], province: '24', ward: '07210', birth_year: null, sex: null },
      ...{ household_id: null, principal_id: null },
    })),
    {
      source: 99,
      named: [1, 2],
      province: null,
      ward: null,
      ...mother,
      household_id: null,
      principal_id: null,
    },
    ...[{ source: 99, named: [2, 3], province: null, ward: null, birth_year: null, sex: null }].map(
      (row) => ({
        ...row,
        ...{ household_id: null, principal_id: null },
      }),
    ),
  ]);
  expect(rows.every(({ key_generation }) => key_generation === 1)).toBe(true);
  expect((await db.sql`SELECT kind FROM identifiers ORDER BY id`).map(({ kind }) => kind)).toEqual([
    1, 5, 4, 1,
  ]);
  expect(await db.sql`SELECT FROM people`).toHaveLength(0);
  // Tokens of before lay open.
  expect(await db.sql`SELECT id, length(token) AS bytes FROM identifiers WHERE token IS NOT NULL`).toEqual([
    { id: 3, bytes: 24 },
  ]);
  const opened = await readIdentifiers(db, await openTokens({ db, dataKeys }), { generation: 1 });
  expect([...opened.id, Buffer.compare(opened.token, token)]).toEqual([3, 0]);

  const holders = await readHolders({ db, dataKeys }, numbers);
  const namesOf = (id: number) => (holders.get(id) ?? []).flatMap(({ person }) => person.name ?? []);
  expect([1, 2, 3, 4].map(namesOf)).toEqual([...Array(3).fill(['Nguyễn Thị Mẹ']), []]);
  const found = await readRecordsOf({ db, dataKeys }, 'cccd:024190000001', { limit: 9, wards: undefined });
  expect(found.map(({ source, household }) => `${source} ${household}`).sort()).toEqual([
    ...['case null', 'legacy HO 1', 'legacy null', 'legacy null'],
  ]);
});
