import { expect, it } from 'vitest';
import { isFoundIn } from './search.ts';

const KHANH = ['Trần Thị Khánh', '0910 101 113', 'Phường Bắc Lý'];

it.each([
  ['khanh tran', true],
  ['KHÁNH', true],
  ['Trâ\u0300n', true],
  ['0910101113', true],
  ['0910 101', true],
  ['910.101', true],
  ['bac ly khanh', true],
  ['an', true],
  ['', true],
  ['khanh nguyen', false],
  ['0911', false],
])('finds %j: %s', (wanted, found) => {
  expect(isFoundIn(wanted, KHANH)).toBe(found);
});

it.each([
  ['nguyen van duc', 'Nguyễn Văn Đức'],
  ['nguyen van duc', 'Nguyễn Văn Ðức'],
  ['hoa', 'hoà'],
  ['hòa', 'hoà'],
])('knows %j in %j', (wanted, name) => {
  expect(isFoundIn(wanted, [name])).toBe(true);
});
