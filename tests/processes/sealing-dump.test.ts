/**
 * What a thief of a node's disk finds: a filled database on a server of its own, dumped table by table and
 * read file by file with its write-ahead log. Planted people are searched for in both, and the search is
 * shown to find a word that lies open.
 */
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EmbeddedPostgres, startPostgres } from '../../deploy/postgres/embedded.ts';
import { MIGRATIONS } from '../../node/app.ts';
import { enterCase } from '../../node/casework/cases/operations.ts';
import { openBreakGlass } from '../../node/desk/break-glass/operations.ts';
import { admitKeyRing } from '../../node/sealing/operations.ts';
import { resealAll } from '../../node/sealing/reseal.ts';
import { systemClock } from '../../shared/clock.ts';
import { type Database, openDatabase } from '../../shared/db/database.ts';
import { migrateDatabase } from '../../shared/db/migrate.ts';
import { intakeOn } from '../integration/imports-fixture.ts';
import { personWith } from '../support/callers.ts';
import { findNeedles, needlesOf } from '../support/needles.ts';
import { testDataKeys, testKeyRing } from '../support/sealed.ts';

const DIGITS = ['086420975311', '086420975312', '086420975'];
const PHONES = ['+84966246801', '+84966246802'];
const WORDS = {
  ...{ passport: 'C8642097X', insurance: '0864209753', app: '0facade0-8642-4975-8bcd-864209753100' },
  ...{ names: ['Đặng Canary Mai', 'CANARY VO THI SAU'], address: 'Ngõ Canary 8642, Phố Huế' },
  ...{ household: 'canary-household-8642', placeName: 'Nhà bà Canary Sáu', born: '1948-06-24' },
  reason: 'F0 nói đã ở nhà ông Canary Lý cả tuần',
};
const CANARIES = [
  ...DIGITS,
  // With the digits that every spelling of the number shares.
  ...PHONES.map((phone) => phone.slice(3)),
  ...[WORDS.passport, WORDS.insurance, WORDS.app, ...WORDS.names, WORDS.address],
  ...[WORDS.household, WORDS.placeName, WORDS.born, WORDS.reason],
  'Canary Lý',
];
/** The province's id of a place, which is not sealed: the search must find it. */
const OPEN = 'open-place-id-8642';

let dataDir: string;
let server: EmbeddedPostgres;
let db: Database;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'truyvet-disk-'));
  server = await startPostgres({ dataDir, temporary: true });
  await server.createDatabase('node');
  db = openDatabase(server.url('node'), { max: 4, name: 'test' });
  await migrateDatabase(db, MIGRATIONS);
  await fill();
  await db.sql.unsafe('CHECKPOINT');
});
afterAll(async () => {
  await db?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
});

/** Imports of every kind, a case and a break-glass, half of it re-sealed under a second generation. */
async function fill(): Promise<void> {
  const dataKeys = testDataKeys();
  const context = { db, clock: systemClock };
  dataKeys.adopt(testKeyRing(1), await admitKeyRing(context, testKeyRing(1)));
  const { ctx, importCsv } = intakeOn(db, dataKeys);
  const [a, b] = DIGITS.map((digits) => `cccd:${digits}`) as [string, string];
  const [x, y] = PHONES.map((phone) => `phone:${phone}`) as [string, string];
  const { names, address, household, born, passport, insurance, app, placeName } = WORDS;
  const card = `insurance:DN486${insurance}`;
  await importCsv('places', 'place,name,kind', `${OPEN},${placeName},home`);
  await importCsv(
    'persons',
    'identifiers,name,born_on,sex,province,ward,address,household',
    `${a} ${x} cmnd:${DIGITS[2]},${names[0]},${born},female,24,,"${address}",${household}`,
    `${b} passport:VNM:${passport} ${card},${names[1]},${born},,24,,"${address}",${household}`,
  );
  await importCsv(
    'check-ins',
    'identifier,place,in_at,out_at',
    `${y},${OPEN},2021-05-20T08:00:00+07:00,`,
    `app:${app},${OPEN},2021-05-20T08:00:00+07:00,2021-05-20T09:00:00+07:00`,
  );
  await importCsv(
    'encounters',
    'identifier_a,identifier_b,from,until',
    `${x},${y},2021-05-20T08:00:00Z,2021-05-20T09:00:00Z`,
  );
  const cases = {
    ...ctx,
    clock: systemClock,
    province: '24',
    traces: { reopen: never, ofContacts: async () => [] },
  };
  await enterCase(cases, personWith(['epidemiologist@24']), {
    ...{ identifiers: [a, x], onsetOn: '2021-05-21', sampledAt: null, isolatedAt: null, ward: null },
  });
  await openBreakGlass({ ...ctx, clock: systemClock, province: '24' }, personWith(['ward_tracer@07210']), {
    ...{ reason: WORDS.reason, area: '216', minutes: 30 },
  });
  dataKeys.adopt(testKeyRing(2), await admitKeyRing(context, testKeyRing(2)));
  const batches = resealAll({ db, dataKeys, logger: { error: never } });
  await batches.next();
  await batches.return(0);
}

function never(): never {
  throw new Error('not called here');
}

/** Every table of the database as COPY writes it. */
async function dump(): Promise<Buffer[]> {
  const tables = await db.sql<{ name: string }[]>`
    SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) AS name FROM information_schema.tables
    WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE'`;
  expect(tables.length).toBeGreaterThan(20);
  const texts: Buffer[] = [];
  for (const { name } of tables) {
    const stream = await db.sql.unsafe(`COPY (SELECT * FROM ${name}) TO STDOUT`).readable();
    for await (const chunk of stream) texts.push(chunk as Buffer);
  }
  return [Buffer.concat(texts)];
}

/** All files of the database, the write-ahead log, and what the server keeps beside them. */
async function disk(): Promise<Buffer[]> {
  const [row] = await db.sql<{ folder: string }[]>`
    SELECT regexp_replace(pg_relation_filepath('identifiers'::regclass), '/[0-9]+$', '') AS folder`;
  const folders = [row?.folder as string, 'pg_wal', 'pg_stat', 'global'];
  const files: Buffer[] = [];
  for (const folder of folders) {
    for (const entry of await readdir(join(dataDir, folder), { withFileTypes: true })) {
      if (entry.isFile()) files.push(withoutEnd(await readFile(join(dataDir, folder, entry.name))));
    }
  }
  expect(files.reduce((sum, { length }) => sum + length, 0)).toBeGreaterThan(4e6);
  return files;
}

/** Log files are made long and filled little by little: without the zeros that come last. */
function withoutEnd(file: Buffer): Buffer {
  let end = file.length;
  while (end > 0 && file[end - 1] === 0) end--;
  return file.subarray(0, end);
}

test('the people are there for who has the keys', async () => {
  const [row] = await db.sql`
    SELECT (SELECT count(*)::int FROM identifiers) AS identifiers,
      (SELECT count(*)::int FROM records) AS records,
      (SELECT count(*)::int FROM break_glass) AS glass,
      (SELECT count(DISTINCT key_generation)::int FROM identifiers) AS generations`;
  expect(row).toEqual({ identifiers: 8, records: 3, glass: 1, generations: 1 });
});

test('a dump of all tables names nobody', async () => {
  const found = findNeedles(await dump(), await needlesOf([...CANARIES, OPEN]));
  expect(found.filter((what) => !what.startsWith(OPEN))).toEqual([]);
  expect(found).toContain(`${OPEN} (utf-8)`);
});

test('nor do the files on the disk and the write-ahead log', async () => {
  const needles = await needlesOf([...CANARIES, OPEN]);
  const plain = needles.filter(({ form }) => !/HTTP|reversed|number|packed/.test(form));
  const found = findNeedles(await disk(), plain);
  expect(found.filter((what) => !what.startsWith(OPEN))).toEqual([]);
  expect(found).toContain(`${OPEN} (utf-8)`);
});

test('a value that lies open is found in both, in hex and base64 too', async () => {
  const planted = ['Canary Planted One', 'Canary Planted Two', 'Canary Planted Tri'];
  const disguises = [
    Buffer.from(planted[0] as string),
    Buffer.from(Buffer.from(planted[1] as string).toString('base64')),
    Buffer.from(planted[2] as string, 'utf16le'),
  ];
  for (const bytes of disguises) {
    await db.sql`INSERT INTO people (name_sealed, key_generation) VALUES (${bytes}, 1)`;
  }
  await db.sql.unsafe('CHECKPOINT');
  const needles = await needlesOf(planted);
  const inDump = findNeedles(await dump(), needles);
  expect(inDump).toEqual(
    expect.arrayContaining([`${planted[0]} (utf-8 hex)`, `${planted[2]} (utf-16le hex)`]),
  );
  expect(findNeedles(await disk(), needles)).toEqual(
    expect.arrayContaining([
      `${planted[0]} (utf-8)`,
      `${planted[1]} (utf-8 base64)`,
      `${planted[2]} (utf-16le)`,
    ]),
  );
});
