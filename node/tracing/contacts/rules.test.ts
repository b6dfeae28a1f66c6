/**
 * What numbers of a contact mean, and what a reader of an area is shown of a person.
 */
import { describe, expect, it } from 'vitest';
import { personWithin, placeKindsOf, settingsOf } from './rules.ts';

it('reads the bits of a contact', () => {
  expect([0, 1, 2, 4, 7].map(settingsOf)).toEqual([
    [],
    ['place'],
    ['encounter'],
    ['household'],
    ['place', 'encounter', 'household'],
  ]);
  expect(placeKindsOf((1 << 0) | (1 << 11) | (1 << 29))).toEqual(['market', 'hospital', 'other']);
});

const CCCD = 'cccd:024090000001';
const PHONE = 'phone:+84912345678';

const said = (place: number, ward: string | null, name: string | null, address: string | null = null) => ({
  ...{ place, ward, name, address, beside: [] as string[] },
});

const within =
  (...wards: string[]) =>
  (ward: string | null) =>
    ward !== null && wards.includes(ward);

describe('what a reader is shown of a person', () => {
  const parent = said(1, '07210', 'Bà Ka');
  const target = said(0, '07303', 'Ông Đích', '12 phố Kín');
  const known = [
    { identifier: PHONE, sayings: [parent] },
    { identifier: CCCD, sayings: [target] },
  ];

  it.each<[string, Parameters<typeof personWithin>, Partial<ReturnType<typeof personWithin>>]>([
    ['all, with the whole province', [known, 'everywhere'], { name: 'Ông Đích', address: '12 phố Kín' }],
    ['all of it, counted', [known, 'everywhere'], { identifiers: [CCCD, PHONE], knownElsewhere: 0 }],
    ['what the own ward says', [known, within('07210')], { identifiers: [PHONE], name: 'Bà Ka' }],
    ['the rest as a number', [known, within('07210')], { knownElsewhere: 1, address: null }],
    ['the other ward', [known, within('07303')], { identifiers: [CCCD], name: 'Ông Đích' }],
    ['both wards', [known, within('07303', '07210')], { knownElsewhere: 0, name: 'Ông Đích' }],
    ['nothing of a third', [known, within('07213')], { identifiers: [], name: null, knownElsewhere: 2 }],
    [
      'nothing that no ward says',
      [[{ identifier: PHONE, sayings: [said(0, null, 'An')] }], within('07210')],
      { identifiers: [], name: null, knownElsewhere: 1 },
    ],
    [
      'nothing that no record names',
      [[{ identifier: PHONE, sayings: [] }], within('07210')],
      { identifiers: [], knownElsewhere: 1 },
    ],
    [
      'an identifier that two wards know, by the name that the own one has',
      [[{ identifier: CCCD, sayings: [target, parent] }], within('07210')],
      { identifiers: [CCCD], name: 'Bà Ka', address: null, knownElsewhere: 0 },
    ],
    [
      'of a phone all whom the own ward names with it',
      [[{ identifier: PHONE, sayings: [target, parent, said(2, '07210', 'An')] }], within('07210')],
      { name: 'An / Bà Ka' },
    ],
    [
      'the record that counts most, whatever identifier names it',
      [
        [
          { identifier: 'cmnd:012345678', sayings: [said(2, '07210', 'Cũ')] },
          { identifier: CCCD, sayings: [said(1, '07210', 'Mới')] },
        ],
        'everywhere',
      ],
      { name: 'Mới' },
    ],
  ])('%s', (_, [of, covers], expected) => {
    expect(personWithin(of, covers)).toMatchObject(expected);
  });
});

describe('a phone that several share', () => {
  const of = (ward: string, name: string, ...beside: string[]) => ({ ...said(1, ward, name), beside });
  const child = of('07210', 'Con', 'insurance:4024000001');
  const parent = of('07303', 'Mẹ', CCCD);
  const phone = (...sayings: ReturnType<typeof of>[]) => [{ identifier: PHONE, sayings }];
  const names = ({ sharedHandle, mayBe }: ReturnType<typeof personWithin>) =>
    [sharedHandle, mayBe.map(({ name, identifiers }) => [name, ...identifiers].join(' '))] as const;

  it.each<[string, ReturnType<typeof personWithin>, ReturnType<typeof names>]>([
    [
      'shows who it may be',
      personWithin(phone(child, parent), 'everywhere'),
      [true, ['Con insurance:4024000001', `Mẹ ${CCCD}`]],
    ],
    ['of the own area alone', personWithin(phone(child, parent), within('07303')), [true, [`Mẹ ${CCCD}`]]],
    ['or that it is one', personWithin(phone(parent), within('07210')), [true, []]],
    ['each once', personWithin(phone(child, child), 'everywhere'), [true, ['Con insurance:4024000001']]],
    ['not of a phone by itself', personWithin(phone(of('07210', 'An')), 'everywhere'), [false, []]],
    [
      'not of a person who has a number, too',
      personWithin([...phone(parent), { identifier: CCCD, sayings: [parent] }], 'everywhere'),
      [false, []],
    ],
    [
      'not of a number',
      personWithin([{ identifier: CCCD, sayings: [of('07303', 'Mẹ', PHONE)] }], 'everywhere'),
      [false, []],
    ],
  ])('%s', (_, shown, expected) => {
    expect(names(shown)).toEqual(expected);
  });
});
