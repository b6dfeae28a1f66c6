/**
 * What good rows become in the database: keys, merging, "an empty cell never erases", and what tracing hears.
 */
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { createIntake, type Intake } from './imports-fixture.ts';

let intake: Intake;
beforeEach(async () => {
  intake = await createIntake();
  return () => intake[Symbol.asyncDispose]();
});

const rowsOf = async (statement: string) =>
  (await intake.askPlain(statement)).map((row): unknown[] => Object.values(row));
const idOf = async (value: string) =>
  (await intake.askPlain<{ id: number }>(`SELECT id FROM identifiers WHERE value = '${value}'`))[0]
    ?.id as number;
const sorted = (ids: readonly number[]) => [...new Set(ids)].sort((a, b) => a - b);

const RECORDS = `
  SELECT name, born_on, stated_sex, province, ward, address, birth_year, sex,
    (SELECT string_agg(value, ' ' ORDER BY position)
     FROM record_identifiers JOIN identifiers i ON i.id = identifier_id WHERE record_id = r.id)
  FROM records r WHERE retracted_at IS NULL ORDER BY r.id`;
const namesAndIdentifiers = async () => (await rowsOf(RECORDS)).map((row) => [row[0], row.at(-1)]);
const CHECK_INS = `
  SELECT value, place, to_char(to_timestamp(in_at), 'HH24:MI') AS in,
    to_char(to_timestamp(out_at), 'HH24:MI') AS out,
    to_char(to_timestamp(next_in_at), 'HH24:MI') AS next
  FROM check_ins c JOIN identifiers i ON i.id = identifier_id JOIN places p ON p.id = place_id
  ORDER BY 1, 2, 3`;

describe('persons', () => {
  const HEADER = 'identifiers,name,born_on,sex,province,ward,address,household';
  const AN = 'cccd:001090123456 phone:0912345678 app:0B0E7A5C-3C1D-4F7E-9A55-1D2C3B4A5F60';

  it('are records of all their identifiers, housed under the first by kind', async () => {
    const report = await intake.importCsv(
      'persons',
      HEADER,
      `phone:0912345678 ${AN},Nguyễn Văn An,1991-02-28,nam,24,07225,"Thôn Đông, xã An Hà",H1`,
    );
    expect(report).toEqual({ accepted: 1, rejected: 0, errors: [], warnings: [] });
    const ids = 'phone:+84912345678 cccd:001090123456 app:0b0e7a5c-3c1d-4f7e-9a55-1d2c3b4a5f60';
    // What was stated is kept, what the citizen id carries counts.
    expect(await rowsOf(RECORDS)).toEqual([
      ['Nguyễn Văn An', '1991-02-28', 'male', '24', '07225', 'Thôn Đông, xã An Hà', 1990, 'male', ids],
    ]);
    const housed = `
      SELECT value, h.name FROM records JOIN households h ON h.id = household_id
      JOIN identifiers i ON i.id = principal_id`;
    expect(await rowsOf(housed)).toEqual([['cccd:001090123456', 'H1']]);
    const heard = await intake.takeHeard();
    expect(sorted(heard.identifiers)).toHaveLength(3);
  });

  it('of one set of identifiers are one record; later values replace, empty cells never erase', async () => {
    await intake.importCsv('persons', HEADER, 'cmnd:012345678 phone:0912345678,An,1990-02,,24,,,');
    await intake.importCsv('persons', HEADER, 'phone:0912345678 cmnd:012345678,Chi,,nữ,,,Phố Mới,');
    expect((await rowsOf(RECORDS)).map((row) => row.slice(0, 8))).toEqual([
      ['Chi', '1990-02', 'female', '24', null, 'Phố Mới', 1990, 'female'],
    ]);
    const kept = await rowsOf('SELECT version, identifier_ids FROM record_versions');
    expect(kept).toEqual([[1, [await idOf('cmnd:012345678'), await idOf('phone:+84912345678')]]]);
  });

  it('of handles alone are told apart by name', async () => {
    const rows = ['phone:0912345678,An,,,,,,', 'phone:0912345678,Ba,,,,,,', 'phone:0912345678,An,1990,,,,,'];
    await intake.importCsv('persons', HEADER, ...rows);
    expect((await rowsOf(RECORDS)).map((row) => row.slice(0, 2))).toEqual([
      ['An', '1990'],
      ['Ba', null],
    ]);
  });

  it('of one number of the file are one record, whatever they name: the last row stands', async () => {
    const header = `record,${HEADER}`;
    await intake.importCsv('persons', header, 'HS 7,cccd:001090000001 phone:0912345678,An,,,24,,,H1');
    await intake.takeHeard();
    await intake.importCsv('persons', header, 'HS 7,phone:0912345678 cccd:001090000002,,,,,,,');
    expect(await namesAndIdentifiers()).toEqual([['An', 'phone:+84912345678 cccd:001090000002']]);
    expect(sorted((await intake.takeHeard()).identifiers)).toEqual([1, 2, 3]);
    const other = await intake.importCsv(
      'persons',
      header,
      'HS 8,phone:0912345678 cccd:001090000002,Ba,,,,,,',
    );
    expect(other.accepted).toBe(1);
    expect(await namesAndIdentifiers()).toHaveLength(2);
  });

  it('that share an identifier stay two', async () => {
    await intake.importCsv(
      'persons',
      HEADER,
      'cccd:001090000001 phone:0912345678,An,,,,,,',
      'insurance:TE1240012400000 phone:0912345678,Bé,2015,m,,,,',
    );
    expect(await namesAndIdentifiers()).toEqual([
      ['An', 'cccd:001090000001 phone:+84912345678'],
      ['Bé', 'insurance:0012400000 phone:+84912345678'],
    ]);
  });

  it.each([
    ['one after the other', 'cccd:001090000001 cccd:001090000002 phone:0912345678'],
    ['apart', 'cccd:001090000001 phone:0912345678 cccd:001090000002'],
    ['last', 'phone:0912345678 insurance:0123456789 cccd:001090000002 cccd:001090000001'],
    ['three', 'cccd:001090000001 cccd:001090000002 cccd:001090000003'],
    ['one of them as a CMND of twelve digits', 'cccd:001090000001 cmnd:001090000002'],
    ['in capitals and with a space', 'CCCD: 001090000001 cccd:001090000002'],
    ['beside the first once more', 'cccd:001090000001 cccd:001090000001 cccd:001090000002'],
  ])('with several citizen ids are refused by name, and change nothing: %s', async (_, identifiers) => {
    const reports = [
      await intake.importCsv('persons', HEADER, `${identifiers},An,,,,,,`),
      await intake.importNdjson('persons', { identifiers, name: 'An' }),
    ];
    for (const { accepted, errors } of reports)
      expect([accepted, errors]).toMatchObject([0, [{ field: 'identifiers', reason: 'SEVERAL_CCCD' }]]);
    expect(await rowsOf('SELECT FROM identifiers')).toEqual([]);
  });

  it.each([
    ['a month that has not begun', 'cmnd:012345678,An,2021-07,nam,,,,', 'born_on', 'IN_FUTURE'],
    ['no month', 'cmnd:012345678,An,1990-13,nam,,,,', 'born_on', 'NO_SUCH_DATE'],
    ['half a year', 'cmnd:012345678,An,199,nam,,,,', 'born_on', 'NOT_A_BIRTHDAY'],
    ['another word for a sex', 'cmnd:012345678,An,1990,gái,,,,', 'sex', 'NOT_ONE_OF'],
  ])('with %s are taken without it, which is named, and are compared by neither', async (...given) => {
    const [, row, field, reason] = given;
    const { accepted, warnings } = await intake.importCsv('persons', HEADER, row);
    expect([accepted, warnings]).toMatchObject([1, [{ line: 2, field, reason }]]);
    const [bornOn, sex] = field === 'sex' ? ['1990', null] : [null, 'male'];
    const stored = ['An', bornOn, sex, null, null, null, null, null, 'cmnd:012345678'];
    expect(await rowsOf(RECORDS)).toEqual([stored]);
  });

  it.each([
    ['male M nam NAM', 'male'],
    ['female f NỮ nu', 'female'],
    ['other khác Khac', 'other'],
  ])('say a sex as %s', async (words, sex) => {
    const rows = words.split(' ').map((word, i) => `cmnd:00000000${i},An,1990,${word},,,,`);
    await intake.importCsv('persons', HEADER, ...rows);
    const found = await rowsOf('SELECT DISTINCT sex, birth_year FROM records');
    expect(found).toEqual([[sex, 1990]]);
  });

  it('moving house tells tracing of all who live in both households', async () => {
    await intake.importCsv(
      'persons',
      'identifiers,household',
      'cmnd:000000001,H1',
      'cmnd:000000002,H1',
      'cmnd:000000003,H2',
    );
    await intake.takeHeard();
    await intake.importCsv('persons', 'identifiers,household', 'cmnd:000000001,H2');
    expect(sorted((await intake.takeHeard()).identifiers)).toEqual([1, 2, 3]);
    await intake.importCsv('persons', 'identifiers,household', 'cmnd:000000004,H1');
    expect(sorted((await intake.takeHeard()).identifiers)).toEqual(
      sorted([await idOf('cmnd:000000002'), await idOf('cmnd:000000004')]),
    );
  });

  it('moving to another province tells tracing of all identifiers, another name does not', async () => {
    await intake.importCsv('persons', HEADER, `${AN},An,,,24,,,`);
    await intake.takeHeard();
    await intake.importCsv('persons', HEADER, `${AN},Ann,,,,,,`, 'phone:0912345678,Ann,,,,,,');
    expect((await intake.takeHeard()).identifiers).toEqual([]);
    await intake.importCsv('persons', HEADER, `${AN},,,,79,,,`);
    expect(sorted((await intake.takeHeard()).identifiers)).toHaveLength(3);
  });
});

describe('places', () => {
  it('keep what an empty cell does not say and take another value', async () => {
    await intake.importCsv(
      'places',
      'place,name,kind,ward,capacity,latitude,longitude',
      'P1,Chợ,market,07210,10,21.5,106',
    );
    await intake.importCsv('places', 'place,capacity,name', 'P1,20,');
    expect(await rowsOf('SELECT place, name, kind, ward, capacity, latitude, longitude FROM places')).toEqual(
      [['P1', 'Chợ', 1, '07210', 20, 21.5, 106]],
    );
    expect((await intake.takeHeard()).stays).toEqual([]);
  });

  it('of another kind change all stays there', async () => {
    await intake.importCsv('places', 'place,kind', 'P1,market', 'P2,market');
    await intake.importCsv('places', 'place,kind', 'P2,bar');
    const [stays] = (await intake.takeHeard()).stays;
    expect(stays).toEqual({
      identifierIds: [],
      placeIds: [2],
      from: [0],
      until: [0xffffffff],
      before: [0xffffffff],
    });
  });
});

describe('check-ins', () => {
  const HEADER = 'identifier,place,in_at,out_at,home_province';
  const on20 = (time: string) => `2021-05-20T${time}:00Z`;
  const scan = (place: string, inAt: string, outAt = '', home = '') =>
    `phone:0912345678,${place},${on20(inAt)},${outAt && on20(outAt)},${home}`;

  beforeEach(async () => {
    await intake.importCsv('places', 'place,kind', 'P1,cafe', 'P2,bar');
  });

  it('take in an unknown identifier and reject an unknown place', async () => {
    const report = await intake.importCsv('check-ins', HEADER, scan('P1', '08:00'), scan('P9', '09:00'));
    expect(report).toEqual({
      accepted: 1,
      rejected: 1,
      errors: [{ line: 3, field: 'place', reason: 'UNKNOWN_PLACE' }],
      warnings: [],
    });
    expect(await rowsOf(CHECK_INS)).toEqual([['phone:+84912345678', 'P1', '08:00', null, null]]);
    expect(await intake.takeHeard()).toMatchObject({ identifiers: [1] });
  });

  it('arrive out of order, get an out late, and of two outs the later stands', async () => {
    await intake.importCsv('check-ins', HEADER, scan('P1', '12:00'), scan('P2', '09:00'));
    await intake.importCsv('check-ins', HEADER, scan('P1', '08:00'));
    await intake.takeHeard();
    await intake.importCsv('check-ins', HEADER, scan('P1', '10:00', '11:00'), scan('P1', '10:00', '10:30'));
    expect(await rowsOf(CHECK_INS)).toEqual([
      ['phone:+84912345678', 'P1', '08:00', null, '09:00'],
      ['phone:+84912345678', 'P1', '10:00', '11:00', null],
      ['phone:+84912345678', 'P1', '12:00', null, null],
      ['phone:+84912345678', 'P2', '09:00', null, '10:00'],
    ]);
    const at = (time: string) => Date.parse(on20(time)) / 1000;
    expect((await intake.takeHeard()).stays).toEqual([
      {
        identifierIds: [1, 1],
        placeIds: [1, 2],
        from: [at('10:00'), at('09:00')],
        until: [at('11:00'), at('10:00')],
        before: [at('10:00'), at('12:00')],
      },
    ]);
    await intake.importCsv('check-ins', HEADER, scan('P1', '08:00', '09:00'), scan('P1', '10:00', '10:45'));
    expect((await rowsOf(CHECK_INS)).slice(0, 2)).toEqual([
      ['phone:+84912345678', 'P1', '08:00', '09:00', null],
      ['phone:+84912345678', 'P1', '10:00', '11:00', null],
    ]);
  });

  it('may say a home province, which changes nothing', async () => {
    await intake.importCsv('check-ins', HEADER, scan('P1', '10:00', '', '79'));
    await intake.takeHeard();
    const report = await intake.importCsv('check-ins', HEADER, scan('P1', '10:00', '', '01'));
    expect(report).toMatchObject({ accepted: 1, rejected: 0 });
    expect(await intake.takeHeard()).toMatchObject({ identifiers: [], stays: [] });
  });

  it('an out equal to the in is an empty stay and accepted', async () => {
    const report = await intake.importCsv('check-ins', HEADER, scan('P1', '08:00', '08:00'));
    expect(report.accepted).toBe(1);
  });

  it('equal a recomputation from all rows, whatever came in which order and batches', async () => {
    const DAY = 86_400;
    const instant = fc.oneof(
      fc.integer({ min: 0, max: 12 }),
      fc.nat(40).map((n) => n * (DAY / 2)),
    );
    const row = fc.record({
      who: fc.constantFrom('cmnd:000000001', 'cmnd:000000002'),
      place: fc.constantFrom('P1', 'P2'),
      at: instant,
      length: fc.option(fc.nat(20)),
    });
    const batches = fc.array(fc.array(row, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 4 });
    const iso = (at: number) => new Date((1_620_000_000 + at) * 1000).toISOString();
    await fc.assert(
      fc.asyncProperty(batches, async (files) => {
        await intake.db.sql`TRUNCATE check_ins`;
        for (const file of files) {
          const lines = file.map(({ who, place, at, length }) =>
            [who, place, iso(at), length === null ? '' : iso(at + length), ''].join(','),
          );
          await intake.importCsv('check-ins', HEADER, ...lines);
        }
        const stored = await intake.db.sql`
          SELECT c.*, (
            SELECT min(n.in_at) FROM check_ins n WHERE n.identifier_id = c.identifier_id
              AND n.in_at > c.in_at AND n.in_at <= c.in_at + 604800
              AND c.out_at IS NULL
          ) AS expected FROM check_ins c`;
        for (const { next_in_at, expected } of stored) expect(next_in_at).toBe(expected);
        const outs = new Map<string, number>();
        for (const { who, place, at, length } of files.flat()) {
          const name = `${who} ${place} ${at}`;
          outs.set(name, Math.max(outs.get(name) ?? -1, length === null ? -1 : at + length));
        }
        expect(stored.map(({ out_at }) => out_at ?? -1).sort()).toEqual(
          [...outs.values()].map((out) => (out < 0 ? -1 : out + 1_620_000_000)).sort(),
        );
      }),
      { numRuns: 60 },
    );
  });
});

describe('encounters', () => {
  const HEADER = 'identifier_a,identifier_b,from,until,rssi';
  const FROM_UNTIL = '2021-05-20T08:00:00Z,2021-05-20T08:15:00Z';

  it('are the unordered pair and the interval', async () => {
    const report = await intake.importCsv(
      'encounters',
      HEADER,
      `cmnd:000000001,cmnd:000000002,${FROM_UNTIL},-70`,
      `cmnd:000000002,cmnd:000000001,${FROM_UNTIL},`,
    );
    expect(report).toEqual({ accepted: 2, rejected: 0, errors: [], warnings: [] });
    expect(
      await rowsOf('SELECT identifier_a, identifier_b, until_at - from_at, rssi FROM encounters'),
    ).toEqual([[1, 2, 900, -70]]);
    expect(await intake.takeHeard()).toMatchObject({ encounters: [[1, 2]] });
    await intake.importCsv('encounters', HEADER, `cmnd:000000002,cmnd:000000001,${FROM_UNTIL},-60`);
    expect(await rowsOf('SELECT rssi FROM encounters')).toEqual([[-60]]);
  });

  it('that end when they begin are accepted', async () => {
    const instant = '2021-05-20T08:00:00Z';
    const empty = `cmnd:000000001,cmnd:000000002,${instant},${instant},`;
    expect((await intake.importCsv('encounters', HEADER, empty)).accepted).toBe(1);
  });
});
