import { expect, test } from 'vitest';
import { cutTo, padEnd, padStart, widthOf } from '../../../shared/cli/text.ts';
import { bar, minutes, seconds, styleOf, table } from './text.ts';

const composed = 'Nguyễn Thị Huế'.normalize('NFC');
const decomposed = composed.normalize('NFD');

test('a letter is one cell, composed or with its marks beside it, and colours are none', () => {
  expect(decomposed.length).toBeGreaterThan(composed.length);
  expect(widthOf(composed)).toBe(14);
  expect(widthOf(decomposed)).toBe(14);
  expect(widthOf(styleOf(true).good(decomposed))).toBe(14);
  expect(styleOf(false).good(composed)).toBe(composed);
});

test('padding counts cells', () => {
  expect(padEnd(decomposed, 16)).toBe(`${decomposed}  `);
  expect(padStart(composed, 16)).toBe(`  ${composed}`);
  expect(padEnd(composed, 3)).toBe(composed);
});

test('cutting keeps marks with their letter and ends the colour', () => {
  expect(cutTo(composed, 14)).toBe(composed);
  expect(cutTo(decomposed, 5)).toBe(`${'Nguy'}…`);
  expect(cutTo(decomposed, 6)).toBe(`${'Nguyễ'.normalize('NFD')}…`);
  const cut = cutTo(styleOf(true).bold(decomposed), 6);
  expect(widthOf(cut)).toBe(6);
  expect(cut.endsWith('\x1b[0m')).toBe(true);
});

test('a table is aligned, whatever its letters are made of', () => {
  const lines = table(
    [
      { title: 'Tỉnh', align: 'left' },
      { title: 'F1', align: 'right' },
      { title: 'Ghi chú', align: 'left' },
    ],
    [
      ['24 Bắc Giang'.normalize('NFD'), '55', 'đủ'],
      ['01 Hà Nội', '1,039', 'chưa đủ'],
    ],
    ['Tổng', '1,094', ''],
  );
  expect(lines.map((line) => line.normalize('NFC'))).toEqual([
    'Tỉnh             F1  Ghi chú',
    '────────────────────────────',
    '24 Bắc Giang     55  đủ',
    '01 Hà Nội     1,039  chưa đủ',
    '────────────────────────────',
    'Tổng          1,094',
  ]);
});

test('colours do not shift the columns behind them', () => {
  const column = (title: string) => ({ title, align: 'left' as const });
  const rowOf = (cell: string) =>
    table(
      [column('a'), column('b')],
      [
        [cell, 'x'],
        ['chưa đủ', 'y'],
      ],
    )[2] ?? '';
  expect(widthOf(rowOf(styleOf(true).good('đủ')))).toBe(widthOf(rowOf('đủ')));
});

test.each([
  [-1, '░░░░'],
  [0, '░░░░'],
  [0.5, '██░░'],
  [1, '████'],
  [9, '████'],
])('a bar of %d', (fraction, expected) => {
  expect(bar(fraction, 4)).toBe(expected);
});

test('durations', () => {
  expect([seconds(840), seconds(9_999), seconds(12_340)]).toEqual(['0.84 s', '10.00 s', '12.3 s']);
  expect([minutes(59), minutes(1_200), minutes(25_500)]).toEqual(['0′', '20′', '7 h 05′']);
});
