/**
 * What is one thing under several spellings becomes one row: identifiers, households, places, names.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { createIntake, type Intake } from './imports-fixture.ts';

let intake: Intake;
beforeEach(async () => {
  intake = await createIntake();
  return () => intake[Symbol.asyncDispose]();
});

const columnOf = async (statement: string) =>
  (await intake.askPlain(statement)).map((row) => Object.values(row)[0]);

describe('two spellings of one identifier', () => {
  it.each<[what: string, canonical: string, spellings: string[]]>([
    [
      'a mobile of before 2018',
      'phone:+84701234568',
      ['phone:0701234568', 'phone:01201234568', 'phone:+84 120 123 4568', 'phone:0120.1234.568'],
    ],
    [
      'another operator',
      'phone:+84391234567',
      ['phone:0391234567', 'phone:01691234567', 'phone:841691234567'],
    ],
    [
      'a land line of before 2017',
      'phone:+842438253825',
      ['phone:02438253825', 'phone:0438253825', 'phone:(04) 3825 3825', 'phone:+84438253825'],
    ],
    ['of another province', 'phone:+842043854321', ['phone:02043854321', 'phone:02403854321']],
    ['an insurance card', 'insurance:0123456789', ['insurance:GD4790123456789', 'insurance:0123456789']],
    ['of another group', 'insurance:0123456789', ['insurance:TE1010123456789', 'insurance:gd4790123456789']],
    ['a CMND of 12 digits', 'cccd:024090100003', ['cmnd:024090100003', 'cccd:024090100003']],
    ['a kind and a space', 'cccd:024090100003', ['cccd: 024090100003', 'CCCD:\u00a0024090100003']],
    ['a number with spaces', 'phone:+84912345678', ['phone:0912 345 678', 'phone: +84 912 345 678']],
  ])('%s is one: %s', async (_, canonical, spellings) => {
    for (const spelling of spellings) {
      const report = await intake.importCsv('persons', 'identifiers,name', `${spelling},An`);
      expect(report.errors, spelling).toEqual([]);
      if (!spelling.includes('\u00a0'))
        await intake.importNdjson('persons', { identifiers: [spelling], name: 'An' });
    }
    expect(await columnOf('SELECT value FROM identifiers')).toEqual([canonical]);
    expect(await columnOf('SELECT count(*) FROM records')).toEqual([1]);
  });

  it('in one cell they are one identifier, and none is linked with itself', async () => {
    const cell = 'phone:0912 345 678 cmnd:024090100003 cccd:024090100003 phone: 0912345678';
    expect(await intake.importCsv('persons', 'identifiers', cell)).toMatchObject({ accepted: 1 });
    expect(await columnOf('SELECT value FROM identifiers ORDER BY value')).toEqual([
      'cccd:024090100003',
      'phone:+84912345678',
    ]);
    expect(await columnOf('SELECT cardinality(identifier_ids) FROM records')).toEqual([2]);
  });

  it('a number without its kind is not taken for the end of what stands before it', async () => {
    const report = await intake.importCsv(
      'persons',
      'identifiers',
      'cccd:024090100003 0912345678',
      'phone:0912345678 0987654321',
      'phone:0912345678 Lan',
    );
    expect(report.errors.map(({ line, field, reason }) => `${line} ${field} ${reason}`)).toEqual([
      '2 identifiers[1] NOT_KIND_VALUE',
      '3 identifiers PHONE_VIETNAM',
      '4 identifiers[1] NOT_KIND_VALUE',
    ]);
  });

  it('an encounter of a number with its own old spelling is one of nobody', async () => {
    const report = await intake.importCsv(
      'encounters',
      'identifier_a,identifier_b,from,until',
      'phone:01201234568,phone:0701234568,2021-05-30T08:00:00Z,2021-05-30T08:15:00Z',
    );
    expect(report.errors).toMatchObject([{ field: 'identifier_b', reason: 'SAME_AS_FIELD' }]);
  });
});

/** As they are typed, and as files from other systems bring them. */
const UNSEEN = [
  'HO 12',
  'HO 12\u200b',
  'HO\u00a012',
  'HO  12',
  ' HO 12 ',
  '\u202eHO 12\u202c',
  'HO\t12',
  '\ufeffHO 12',
];

describe('differences that nobody sees', () => {
  it('make no second household', async () => {
    const rows = UNSEEN.map((household, i) => `cccd:02400000120${i},An,"${household}"`);
    const report = await intake.importCsv('persons', 'identifiers,name,household', ...rows);
    expect(report).toMatchObject({ accepted: UNSEEN.length, errors: [] });
    expect(await columnOf('SELECT name FROM households')).toEqual(['HO 12']);
    expect(await columnOf('SELECT count(DISTINCT household_id) FROM records')).toEqual([1]);
  });

  it('make no second place, and a check-in finds it under each', async () => {
    const places = await intake.importNdjson('places', ...UNSEEN.map((place) => ({ place, kind: 'cafe' })));
    expect(places).toMatchObject({ accepted: UNSEEN.length, errors: [] });
    expect(await columnOf('SELECT place FROM places')).toEqual(['HO 12']);
    const at = { identifier: 'cmnd:012345678', in_at: '2021-05-30T08:00:00Z' };
    const scans = await intake.importNdjson('check-ins', ...UNSEEN.map((place) => ({ ...at, place })));
    expect(scans).toMatchObject({ accepted: UNSEEN.length, errors: [] });
    expect(await columnOf('SELECT count(*) FROM check_ins')).toEqual([1]);
  });

  it('make no second name', async () => {
    const names = [
      'Nguyễn  Văn\u200b An',
      'Nguye\u0302\u0303n Va\u0306n An',
      '\u2067Nguyễn\u00a0Văn An\u2069',
    ];
    const rows = names.map((name, i) => ({ identifiers: `cmnd:00000000${i}`, name, address: `${name} 7` }));
    await intake.importNdjson('persons', ...rows);
    expect(await columnOf('SELECT DISTINCT name FROM records')).toEqual(['Nguyễn Văn An']);
    expect(await columnOf('SELECT DISTINCT address FROM records')).toEqual(['Nguyễn Văn An 7']);
  });

  it('are no key by themselves', async () => {
    const report = await intake.importNdjson('places', { place: '\u200b\u00a0', kind: 'cafe' });
    expect(report.errors).toMatchObject([{ field: 'place', reason: 'EMPTY' }]);
  });

  it('leave capitals: those can be seen', async () => {
    await intake.importCsv('places', 'place,kind', 'Q-1,cafe', 'q-1,cafe');
    expect(await columnOf('SELECT count(*) FROM places')).toEqual([2]);
  });
});
