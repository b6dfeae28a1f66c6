import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ImportKind } from '../../node/records/intake/rows.ts';
import { createIntake, type Intake } from './imports-fixture.ts';

const GOOD: Record<ImportKind, Record<string, string>> = {
  persons: {
    identifiers: 'cccd:001090123456 phone:0912345678',
    name: 'Nguyễn Văn An',
    born_on: '1990-02-28',
    sex: 'nam',
    province: '24',
    ward: '07225',
    address: 'Thôn Đông',
    household: 'H1',
  },
  places: {
    place: 'Q1',
    name: 'Chợ',
    kind: 'market',
    ward: '07210',
    capacity: '100',
    latitude: '21.28',
    longitude: '106.19',
  },
  'check-ins': {
    identifier: 'phone:0912345678',
    place: 'P1',
    in_at: '2021-05-30T08:00:00+07:00',
    out_at: '2021-05-30T09:00:00+07:00',
    home_province: '79',
  },
  encounters: {
    identifier_a: 'app:0b0e7a5c-3c1d-4f7e-9a55-1d2c3b4a5f60',
    identifier_b: 'phone:0912345678',
    from: '2021-05-30T08:00:00Z',
    until: '2021-05-30T08:15:00Z',
    rssi: '-70',
  },
};

const INSTANTS = [
  ['2021-05-30', 'NOT_AN_INSTANT'],
  ['2021-05-30T08:00:00', 'NOT_AN_INSTANT'],
  ['30/05/2021 08:00', 'NOT_AN_INSTANT'],
  ['1622336400', 'NOT_AN_INSTANT'],
  ['2021-02-30T08:00:00Z', 'NO_SUCH_DATE'],
  ['2021-05-30T25:00:00Z', 'NOT_A_TIME'],
  ['1969-12-31T23:59:59Z', 'YEAR_OUT_OF_BOUNDS {"least":1970,"most":2106}'],
  ['2200-01-01T00:00:00Z', 'YEAR_OUT_OF_BOUNDS {"least":1970,"most":2106}'],
] as const;

const IDENTIFIERS = [
  ['0912345678', 'NOT_KIND_VALUE'],
  ['cccd:12345', 'CCCD_FORM'],
  ['cmnd:٠١٢٣٤٥٦٧٨', 'NOT_ASCII'],
  ['facebook:lan', 'UNKNOWN_IDENTIFIER_KIND {"kinds":"cccd, cmnd, phone, passport, insurance, app"}'],
  ['phone:12', 'PHONE_START'],
  [`app:${'0'.repeat(200)}`, 'TOO_LONG {"most":100}'],
] as const;

const BAD: [ImportKind, field: string, cell: string, reason: string][] = [
  ['persons', 'identifiers', '', 'REQUIRED'],
  ['persons', 'identifiers', '  ', 'REQUIRED'],
  ...IDENTIFIERS.map(([cell, reason]): [ImportKind, string, string, string] => [
    'persons',
    'identifiers',
    cell,
    reason,
  ]),
  ['persons', 'identifiers[1]', 'phone:0912345678 cccd:12345', 'CCCD_FORM'],
  [
    'persons',
    'identifiers',
    Array.from({ length: 21 }, (_, i) => `cmnd:${100_000_000 + i}`).join(' '),
    'TOO_MANY {"most":20}',
  ],
  ['persons', 'ward', '99999', 'UNKNOWN_WARD'],
  ['persons', 'ward', 'x'.repeat(101), 'UNKNOWN_WARD'],
  ['persons', 'ward', 'Quế Nham', 'UNKNOWN_WARD'],
  ['persons', 'ward', '213', 'UNKNOWN_WARD'],
  ['persons', 'ward', '072100', 'UNKNOWN_WARD'],
  ['persons', 'ward', '7210', 'ZERO_LOST {"meant":"07210"}'],
  ['persons', 'ward', '1', 'ZERO_LOST {"meant":"00001"}'],
  ['persons', 'ward', '2021:7210', 'ZERO_LOST {"meant":"07210"}'],
  ['persons', 'ward', '2025:07210', 'CODE_OF_OTHER_YEAR {"year":"2021"}'],
  ['persons', 'ward', '2021:', 'UNKNOWN_WARD'],
  ['persons', 'ward', '26734', 'WARD_ELSEWHERE {"found":"79","expected":"24"}'],
  ['persons', 'ward', '2021:00001', 'WARD_ELSEWHERE {"found":"01","expected":"24"}'],
  ['places', 'place', '', 'REQUIRED'],
  ['places', 'place', 'x'.repeat(201), 'TOO_LONG {"most":200}'],
  ['places', 'kind', 'pub', 'UNKNOWN_PLACE_KIND {"kind":"pub"}'],
  ['places', 'kind', 'Lê Thị Lan', 'UNKNOWN_PLACE_KIND {"kind":"…"}'],
  ['places', 'kind', 'toString', 'UNKNOWN_PLACE_KIND {"kind":"…"}'],
  ['places', 'kind', '', 'NEW_PLACE_KIND'],
  ['places', 'ward', '12345', 'UNKNOWN_WARD'],
  ['places', 'ward', '7210', 'ZERO_LOST {"meant":"07210"}'],
  ['places', 'ward', '00001', 'WARD_ELSEWHERE {"found":"01","expected":"24"}'],
  ...IDENTIFIERS.map(([cell, reason]): [ImportKind, string, string, string] => [
    'check-ins',
    'identifier',
    cell,
    reason,
  ]),
  ['check-ins', 'identifier', '', 'REQUIRED'],
  ['check-ins', 'identifier', 'phone:0912345678 phone:0912345679', 'PHONE_VIETNAM'],
  ['check-ins', 'place', '', 'REQUIRED'],
  ['check-ins', 'place', 'nowhere', 'UNKNOWN_PLACE'],
  ['check-ins', 'in_at', '', 'REQUIRED'],
  ...INSTANTS.map(([cell, reason]): [ImportKind, string, string, string] => [
    'check-ins',
    'in_at',
    cell,
    reason,
  ]),
  ...INSTANTS.map(([cell, reason]): [ImportKind, string, string, string] => [
    'check-ins',
    'out_at',
    cell,
    reason,
  ]),
  ['check-ins', 'in_at', '1970-01-01T00:00:00Z', 'OLDER_THAN_KEPT {"days":30}'],
  ['check-ins', 'in_at', '2012-05-30T08:00:00+07:00', 'OLDER_THAN_KEPT {"days":30}'],
  ['check-ins', 'in_at', '2021-05-01T23:59:59Z', 'OLDER_THAN_KEPT {"days":30}'],
  ['check-ins', 'out_at', '2021-06-03T00:00:00+07:00', 'LATER_THAN_TOMORROW'],
  ['check-ins', 'out_at', '2099-01-01T00:00:00Z', 'LATER_THAN_TOMORROW'],
  ['encounters', 'from', '2021-05-01T23:59:59Z', 'OLDER_THAN_KEPT {"days":30}'],
  ['encounters', 'from', '1970-01-01T00:00:00Z', 'OLDER_THAN_KEPT {"days":30}'],
  ['encounters', 'until', '2021-06-03T00:00:00+07:00', 'LATER_THAN_TOMORROW'],
  ['encounters', 'until', '2021-05-30T20:00:01Z', 'LONGER_THAN_A_STAY {"most":43200}'],
  ['encounters', 'until', '2021-06-01T08:00:00Z', 'LONGER_THAN_A_STAY {"most":43200}'],
  ['check-ins', 'out_at', '2021-05-30T07:59:59+07:00', 'BEFORE_FIELD {"other":"in_at"}'],
  ['encounters', 'identifier_a', '', 'REQUIRED'],
  ['encounters', 'identifier_b', '', 'REQUIRED'],
  ['encounters', 'identifier_a', 'cccd:1', 'CCCD_FORM'],
  ['encounters', 'identifier_b', 'cccd:1', 'CCCD_FORM'],
  [
    'encounters',
    'identifier_b',
    'app:0B0E7A5C-3C1D-4F7E-9A55-1D2C3B4A5F60',
    'SAME_AS_FIELD {"other":"identifier_a"}',
  ],
  ...INSTANTS.map(([cell, reason]): [ImportKind, string, string, string] => [
    'encounters',
    'from',
    cell,
    reason,
  ]),
  ...INSTANTS.map(([cell, reason]): [ImportKind, string, string, string] => [
    'encounters',
    'until',
    cell,
    reason,
  ]),
  ['encounters', 'until', '2021-05-30T07:59:59Z', 'BEFORE_FIELD {"other":"from"}'],
  ['encounters', 'until', '', 'REQUIRED'],
];

/** What costs its field alone. */
const DISPENSABLE: typeof BAD = [
  ['persons', 'name', 'x'.repeat(201), 'TOO_LONG {"most":200}'],
  ['persons', 'name', 'An\u0000', 'UNPRINTABLE'],
  ['persons', 'born_on', '1990-02-30', 'NO_SUCH_DATE'],
  ['persons', 'born_on', '28/02/1990', 'NOT_A_BIRTHDAY'],
  ['persons', 'born_on', '2021-06-02', 'IN_FUTURE'],
  ['persons', 'born_on', '2021-07', 'IN_FUTURE'],
  ['persons', 'born_on', '2022', 'IN_FUTURE'],
  ['persons', 'born_on', '1990-13', 'NO_SUCH_DATE'],
  ['persons', 'born_on', '90', 'NOT_A_BIRTHDAY'],
  ['persons', 'born_on', '1899', 'YEAR_OUT_OF_BOUNDS {"least":1900,"most":2106}'],
  ['persons', 'sex', 'nam nữ', 'NOT_ONE_OF {"values":"male, m, nam, female, f, nữ, nu, other, khác, khac"}'],
  ['persons', 'born_on', '1066-10-14', 'YEAR_OUT_OF_BOUNDS {"least":1900,"most":2106}'],
  ['persons', 'sex', 'x', 'NOT_ONE_OF {"values":"male, m, nam, female, f, nữ, nu, other, khác, khac"}'],
  ['persons', 'province', '03', 'UNKNOWN_PROVINCE'],
  ['persons', 'province', 'Bắc Giang', 'UNKNOWN_PROVINCE'],
  ['persons', 'province', '1', 'ZERO_LOST {"meant":"01"}'],
  ['persons', 'province', '2025:24', 'CODE_OF_OTHER_YEAR {"year":"2021"}'],
  ['persons', 'address', 'x\u0007', 'UNPRINTABLE'],
  ['persons', 'household', 'x'.repeat(201), 'TOO_LONG {"most":200}'],
  ['places', 'name', '\u001b[2J', 'UNPRINTABLE'],
  ['places', 'capacity', '0', 'OUT_OF_BOUNDS {"least":1,"most":2147483647}'],
  ['places', 'capacity', '-5', 'OUT_OF_BOUNDS {"least":1,"most":2147483647}'],
  ['places', 'capacity', '1.5', 'NOT_AN_INTEGER'],
  ['places', 'capacity', '1e9', 'NOT_AN_INTEGER'],
  ['places', 'capacity', '2147483648', 'OUT_OF_BOUNDS {"least":1,"most":2147483647}'],
  ['places', 'latitude', '90.1', 'OUT_OF_BOUNDS {"least":-90,"most":90}'],
  ['places', 'latitude', '21,28', 'NOT_A_NUMBER'],
  ['places', 'longitude', '-180.5', 'OUT_OF_BOUNDS {"least":-180,"most":180}'],
  ['places', 'longitude', 'NaN', 'NOT_A_NUMBER'],
  ['check-ins', 'home_province', '00', 'UNKNOWN_PROVINCE'],
  ['check-ins', 'home_province', '1', 'ZERO_LOST {"meant":"01"}'],
  ['encounters', 'rssi', '-201', 'OUT_OF_BOUNDS {"least":-200,"most":127}'],
  ['encounters', 'rssi', 'strong', 'NOT_AN_INTEGER'],
];

describe('bad rows', () => {
  let intake: Intake;
  beforeAll(async () => {
    intake = await createIntake();
    await intake.importCsv('places', 'place,kind', 'P1,cafe');
  });
  afterAll(() => intake[Symbol.asyncDispose]());
  beforeEach(async () => {
    await intake.takeHeard();
  });

  it.each(BAD)(
    '%s: %s %j is rejected in CSV and NDJSON and changes nothing',
    async (kind, field, cell, reason) => {
      const before = await intake.dump();
      const column = field.replace(/\[\d+\]$/, '');
      const row = { ...GOOD[kind], [column]: cell };
      const quoted = Object.values(row).map((text) => `"${text.replaceAll('"', '""')}"`);
      const reports = [
        await intake.importCsv(kind, Object.keys(row).join(','), quoted.join(',')),
        await intake.importNdjson(kind, row),
      ];
      for (const [index, { accepted, rejected, errors }] of reports.entries()) {
        expect({ accepted, rejected, lines: errors.map(({ line }) => line) }).toEqual({
          accepted: 0,
          rejected: 1,
          lines: [index === 0 ? 2 : 1],
        });
        const seen = errors[0];
        const params = seen?.params === undefined ? '' : ` ${JSON.stringify(seen.params)}`;
        expect([seen?.field, `${seen?.reason}${params}`]).toEqual([field, reason]);
        if (cell.length > 8) expect(JSON.stringify(seen)).not.toContain(cell);
      }
      expect(await intake.dump()).toEqual(before);
      expect(await intake.takeHeard()).toEqual({ identifiers: [], stays: [], encounters: [] });
    },
  );

  it.each(Object.keys(GOOD) as ImportKind[])(
    '%s: the row that the bad ones were made from is good',
    async (kind) => {
      const row = GOOD[kind];
      const csv = await intake.importCsv(kind, Object.keys(row).join(','), Object.values(row).join(','));
      expect(csv).toEqual({ accepted: 1, rejected: 0, errors: [], warnings: [] });
      expect(await intake.importNdjson(kind, row)).toEqual(csv);
    },
  );

  it.each(DISPENSABLE)('%s: %s %j costs that field and a warning', async (kind, field, cell, reason) => {
    const row = { ...GOOD[kind], [field]: cell };
    const quoted = Object.values(row).map((text) => `"${text.replaceAll('"', '""')}"`);
    const reports = [
      await intake.importCsv(kind, Object.keys(row).join(','), quoted.join(',')),
      await intake.importNdjson(kind, row),
    ];
    for (const [index, { warnings, ...report }] of reports.entries()) {
      expect(report).toEqual({ accepted: 1, rejected: 0, errors: [] });
      const seen = warnings.map(({ line, params, ...warning }) => {
        return [line, warning.field, `${warning.reason}${params ? ` ${JSON.stringify(params)}` : ''}`];
      });
      expect(seen).toEqual([[index === 0 ? 2 : 1, field, reason]]);
      if (cell.length > 8) expect(JSON.stringify(warnings)).not.toContain(cell);
    }
  });

  it('what a field costs is not stored, and what stood there before stays', async () => {
    await intake.importCsv('persons', 'identifiers,name,sex', 'cmnd:000000077,An,nam');
    await intake.importCsv('persons', 'identifiers,name,sex,born_on', 'cmnd:000000077,Ann,?,2021-07');
    const [stored] = await intake.askPlain(`
      SELECT name, stated_sex AS sex, born_on FROM records r JOIN record_identifiers ON record_id = r.id
      JOIN identifiers i ON i.id = identifier_id WHERE value = 'cmnd:000000077'`);
    expect(stored).toEqual({ name: 'Ann', sex: 'male', born_on: null });
  });

  it('the first 1,000 warnings are told, by line, also of what JSON has of another kind', async () => {
    const rows = Array.from({ length: 6_000 }, (_, i) => ({
      identifiers: 'cmnd:000000078',
      name: i % 2 ? 5 : 'An',
    }));
    const { accepted, warnings } = await intake.importNdjson('persons', ...rows);
    expect([accepted, warnings.length]).toEqual([6_000, 1_000]);
    expect(warnings.slice(0, 2)).toEqual([2, 4].map((line) => ({ line, field: 'name', reason: 'NOT_TEXT' })));
  });

  it('a lone surrogate in JSON is left out, not turned into another text', async () => {
    const report = await intake.importNdjson('persons', { identifiers: 'cmnd:012345678', name: 'An\ud800' });
    expect(report.warnings).toEqual([{ line: 1, field: 'name', reason: 'UNPRINTABLE' }]);
  });
});
