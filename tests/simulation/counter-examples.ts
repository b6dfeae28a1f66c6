/**
 * The counter-examples of the rule of who is one person (README.md), each with what it gives and why that is
 * prevented or accepted. A person is written `identifier+identifier`, sorted. Both the oracle and the desks
 * of a running federation are held against them.
 */
import type { PersonRow } from './dataset.ts';
import { inProvince, record, stated } from './examples.ts';

export type PersonsExample = readonly [
  name: string,
  people: readonly PersonRow[],
  expected: readonly string[],
];

const elsewhere = (row: PersonRow) => inProvince('79', row);
/** Of twelve digits: a woman of 1985, a man of 1985, a boy of 2015. */
export const [HER, HIM, BOY] = ['cccd:024185000001', 'cccd:024085000002', 'cccd:024215000003'] as const;

export const COUNTER_EXAMPLES: readonly PersonsExample[] = [
  [
    'prevented: parent with a cccd and child with an insurance card on one phone are two',
    [record(`${HER} phone:1`), stated('2015-03-04 male', record('insurance:c phone:1'))],
    [HER, 'insurance:c', 'phone:1'],
  ],
  [
    // nothing says that the card is not hers; a birth year and sex would
    'accepted: of whom nothing but an insurance card is known may be the owner of the phone',
    [record(`${HER} phone:1`), record('insurance:c phone:1')],
    [`${HER}+insurance:c+phone:1`],
  ],
  [
    'prevented: old CMND and new CCCD of one adult on one phone are one, their years being known',
    [stated('1985 female', record('cmnd:p phone:1')), elsewhere(record(`${HER} phone:1 app:1`))],
    [`app:1+${HER}+cmnd:p+phone:1`],
  ],
  [
    'and not being known',
    [record('cmnd:p phone:1'), elsewhere(record(`${HER} phone:1`))],
    [`${HER}+cmnd:p+phone:1`],
  ],
  [
    // the SIM's events are those of somebody of that phone: both owners stay whole, nobody is lost
    'accepted: a recycled SIM splits from both its owners',
    [record(`${HER} app:a phone:1`), elsewhere(record(`${HIM} app:b phone:1`))],
    [`app:a+${HER}`, `app:b+${HIM}`, 'phone:1'],
  ],
  [
    'prevented: twins with a cccd each are two',
    [record('cccd:024215000011 phone:1'), record('cccd:024215000012 phone:1')],
    ['cccd:024215000011', 'cccd:024215000012', 'phone:1'],
  ],
  [
    // year and sex agree, so the two cards may be one child's: the price of renewed passports being one
    'accepted: twins of one sex with insurance cards on one phone are one',
    [stated('2015 male', record('insurance:a phone:1')), stated('2015 male', record('insurance:b phone:1'))],
    ['insurance:a+insurance:b+phone:1'],
  ],
  [
    'prevented: twins of two sexes are two',
    [
      stated('2015 male', record('insurance:a phone:1')),
      stated('2015 female', record('insurance:b phone:1')),
    ],
    ['insurance:a', 'insurance:b', 'phone:1'],
  ],
  [
    'prevented: spouses of one year are two by their sex',
    [stated('1985 female', record('cmnd:a phone:1')), stated('1985 male', record('insurance:b phone:1'))],
    ['cmnd:a', 'insurance:b', 'phone:1'],
  ],
  ['or by their cccd', [record(`${HER} phone:1`), record(`${HIM} phone:1`)], [HIM, HER, 'phone:1']],
  [
    'prevented: a child without a number, with an app of its own, is not its parent',
    [record(`${HER} phone:1`), stated('2015 male', record('app:c phone:1'))],
    ['app:c', HER, 'phone:1'],
  ],
  [
    // nothing beside the phone: there is nothing that the child could be; whoever asks for the phone, asks
    // for the parent
    'accepted: a child with nothing but the phone is the phone’s owner',
    [record(`${HER} phone:1`), stated('2015 male', record('phone:1'))],
    [`${HER}+phone:1`],
  ],
  [
    'prevented: a renewed passport is one guest, where birth year and sex are stated',
    [
      stated('1990 male', record('passport:KOR:M1 phone:1')),
      elsewhere(stated('1990-05 male', record('passport:KOR:M2 phone:1'))),
    ],
    ['passport:KOR:M1+passport:KOR:M2+phone:1'],
  ],
  [
    // two guests on the phone of a tour guide look the same: two, rather than one lost
    'accepted: without them it is two',
    [record('passport:KOR:M1 phone:1'), elsewhere(record('passport:KOR:M2 phone:1'))],
    ['passport:KOR:M1', 'passport:KOR:M2', 'phone:1'],
  ],
  [
    'and one again when a record names both',
    [
      record('passport:KOR:M1 phone:1'),
      elsewhere(record('passport:KOR:M2 phone:1')),
      record('passport:KOR:M2 passport:KOR:M1'),
    ],
    ['passport:KOR:M1+passport:KOR:M2+phone:1'],
  ],
  [
    // splits: the phone by itself until the slip is withdrawn
    'accepted: a slip in a cccd makes the phone that of two',
    [record(`${HER} phone:1 app:1`), record('cccd:024185000010 phone:1')],
    [`app:1+${HER}`, 'cccd:024185000010', 'phone:1'],
  ],
  [
    'accepted: a slip in a cccd beside another number of hers: the class falls apart',
    [record(`${HER} cmnd:p phone:1 app:1`), record('cccd:024185000010 cmnd:p phone:1')],
    [`app:1+${HER}`, 'cccd:024185000010', 'cmnd:p', 'phone:1'],
  ],
  [
    'prevented: a slip in a year between records that name one number',
    [stated('1985 male', record('cmnd:p phone:1')), stated('1958 male', record('cmnd:p phone:1 passport:p'))],
    ['cmnd:p+passport:p+phone:1'],
  ],
  [
    'accepted: a slip in a year between records of two numbers makes the phone that of two',
    [stated('1985 male', record('cmnd:p phone:1')), stated('1958 male', record('passport:p phone:1'))],
    ['cmnd:p', 'passport:p', 'phone:1'],
  ],
  [
    // whoever may write a record can do it; the record names its source, and can be withdrawn
    'accepted: an invented record makes a phone shared',
    [record(`${HER} phone:1 app:1`), inProvince('01', record('cccd:001090999999 phone:1'))],
    [`app:1+${HER}`, 'cccd:001090999999', 'phone:1'],
  ],
];
