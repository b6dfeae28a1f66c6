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
    ward: '00001',
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
  ['2021-05-30', 'not an ISO 8601 instant with offset'],
  ['2021-05-30T08:00:00', 'not an ISO 8601 instant with offset'],
  ['30/05/2021 08:00', 'not an ISO 8601 instant with offset'],
  ['1622336400', 'not an ISO 8601 instant with offset'],
  ['2021-02-30T08:00:00Z', 'not a date of the calendar'],
  ['2021-05-30T25:00:00Z', 'not a time of day'],
  ['1969-12-31T23:59:59Z', 'outside 1970 to 2106'],
  ['2200-01-01T00:00:00Z', 'outside 1970 to 2106'],
] as const;

const IDENTIFIERS = [
  ['0912345678', 'must have the form kind:value'],
  ['cccd:12345', 'cccd must have 12 digits'],
  ['cmnd:٠١٢٣٤٥٦٧٨', 'has a character that is not printable ASCII'],
  ['facebook:lan', 'unknown kind of identifier'],
  ['phone:12', 'phone must start with'],
  [`app:${'0'.repeat(200)}`, 'longer than 100 characters'],
] as const;

const BAD: [ImportKind, field: string, cell: string, reason: string][] = [
  ['persons', 'identifiers', '', 'missing'],
  ['persons', 'identifiers', '  ', 'missing'],
  ...IDENTIFIERS.map(([cell, reason]): [ImportKind, string, string, string] => [
    'persons',
    'identifiers',
    cell,
    reason,
  ]),
  ['persons', 'identifiers', 'phone:0912345678 cccd:12345', 'one of them: cccd must have 12 digits'],
  [
    'persons',
    'identifiers',
    Array.from({ length: 21 }, (_, i) => `cmnd:${100_000_000 + i}`).join(' '),
    'more than 20',
  ],
  ['persons', 'name', 'x'.repeat(201), 'longer than 200 characters'],
  ['persons', 'name', 'An\u0000', 'control character'],
  ['persons', 'born_on', '1990-02-30', 'not a date of the calendar'],
  ['persons', 'born_on', '28/02/1990', 'not a date YYYY-MM-DD'],
  ['persons', 'born_on', '2021-06-02', 'in the future'],
  ['persons', 'born_on', '1066-10-14', 'outside 1900 to 2106'],
  ['persons', 'sex', 'x', 'not one of male, female, other'],
  ['persons', 'province', '03', 'unknown province'],
  ['persons', 'province', 'Bắc Giang', 'unknown province'],
  ['persons', 'ward', '99999', 'unknown ward code'],
  ['persons', 'ward', 'x'.repeat(101), 'longer than 100 characters'],
  ['persons', 'address', 'x\u0007', 'control character'],
  ['persons', 'household', 'x'.repeat(201), 'longer than 200 characters'],
  ['places', 'place', '', 'missing'],
  ['places', 'place', 'x'.repeat(201), 'longer than 200 characters'],
  ['places', 'name', '\u001b[2J', 'control character'],
  ['places', 'kind', 'pub', 'unknown kind of place: pub'],
  ['places', 'kind', 'Lê Thị Lan', 'unknown kind of place'],
  ['places', 'kind', 'toString', 'unknown kind of place'],
  ['places', 'kind', '', 'missing: the place is new'],
  ['places', 'ward', '12345', 'unknown ward code'],
  ['places', 'capacity', '0', 'not a whole number from 1'],
  ['places', 'capacity', '-5', 'not a whole number from 1'],
  ['places', 'capacity', '1.5', 'not a whole number from 1'],
  ['places', 'capacity', '1e9', 'not a whole number from 1'],
  ['places', 'capacity', '2147483648', 'not a whole number from 1'],
  ['places', 'latitude', '90.1', 'not a number from -90 to 90'],
  ['places', 'latitude', '21,28', 'not a number from -90 to 90'],
  ['places', 'longitude', '-180.5', 'not a number from -180 to 180'],
  ['places', 'longitude', 'NaN', 'not a number from -180 to 180'],
  ...IDENTIFIERS.map(([cell, reason]): [ImportKind, string, string, string] => [
    'check-ins',
    'identifier',
    cell,
    reason,
  ]),
  ['check-ins', 'identifier', '', 'missing'],
  ['check-ins', 'identifier', 'phone:0912345678 phone:0912345679', 'phone must'],
  ['check-ins', 'place', '', 'missing'],
  ['check-ins', 'place', 'nowhere', 'unknown'],
  ['check-ins', 'in_at', '', 'missing'],
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
  ['check-ins', 'out_at', '2021-05-30T07:59:59+07:00', 'before in_at'],
  ['check-ins', 'home_province', '00', 'unknown province'],
  ['encounters', 'identifier_a', '', 'missing'],
  ['encounters', 'identifier_b', '', 'missing'],
  ['encounters', 'identifier_a', 'cccd:1', 'cccd must have 12 digits'],
  ['encounters', 'identifier_b', 'cccd:1', 'cccd must have 12 digits'],
  ['encounters', 'identifier_b', 'app:0B0E7A5C-3C1D-4F7E-9A55-1D2C3B4A5F60', 'the same as identifier_a'],
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
  ['encounters', 'until', '2021-05-30T08:00:00Z', 'not after from'],
  ['encounters', 'until', '', 'missing'],
  ['encounters', 'rssi', '-201', 'not a whole number from -200 to 127'],
  ['encounters', 'rssi', 'strong', 'not a whole number from -200 to 127'],
];

describe('bad rows', () => {
  let intake: Intake;
  beforeAll(async () => {
    intake = await createIntake();
    await intake.importCsv('places', 'place,kind', 'P1,cafe');
  });
  afterAll(() => intake[Symbol.asyncDispose]());
  beforeEach(() => {
    intake.takeHeard();
  });

  it.each(BAD)(
    '%s: %s %j is rejected in CSV and NDJSON and changes nothing',
    async (kind, field, cell, reason) => {
      const before = await intake.dump();
      const row = { ...GOOD[kind], [field]: cell };
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
        expect([seen?.field, seen?.reason]).toEqual([field, expect.stringContaining(reason)]);
        if (cell.length > 8 && field !== 'kind') expect(seen?.reason).not.toContain(cell);
      }
      expect(await intake.dump()).toEqual(before);
      expect(intake.takeHeard()).toEqual({ identifiers: [], stays: [], encounters: [], kicks: 0 });
    },
  );

  it.each(Object.keys(GOOD) as ImportKind[])(
    '%s: the row that the bad ones were made from is good',
    async (kind) => {
      const row = GOOD[kind];
      const csv = await intake.importCsv(kind, Object.keys(row).join(','), Object.values(row).join(','));
      expect(csv).toEqual({ accepted: 1, rejected: 0, errors: [] });
      expect(await intake.importNdjson(kind, row)).toEqual(csv);
    },
  );

  it('a lone surrogate in JSON is rejected, not turned into another text', async () => {
    const report = await intake.importNdjson('persons', { identifiers: 'cmnd:012345678', name: 'An\ud800' });
    expect(report.errors).toEqual([
      { line: 1, field: 'name', reason: 'has a control character or half a character' },
    ]);
  });
});
