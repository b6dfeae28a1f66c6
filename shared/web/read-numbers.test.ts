import { expect, it } from 'vitest';
import { readNumbers } from './read-numbers.ts';

it.each([
  ['024090000001', 'cccd:024090000001'],
  ['024 090 000 001', 'cccd:024090000001'],
  ['0912 345 678', 'phone:+84912345678'],
  ['+84 912-345-678', 'phone:+84912345678'],
  ['84912345678', 'phone:+84912345678'],
  ['123456789', 'cmnd:123456789'],
  ['DN4010123456789', 'insurance:0123456789'],
  ['passport:vnm:b1234567', 'passport:VNM:B1234567'],
])('reads %s', (line, identifier) => {
  expect(readNumbers(line)).toEqual({ identifiers: [identifier], wrong: [] });
});

it('takes a list with blank lines and repetitions, and says which lines it cannot read', () => {
  expect(readNumbers('0912345678\n\nNguyễn Văn An\n+84912345678\n12\n')).toEqual({
    identifiers: ['phone:+84912345678'],
    wrong: [3, 5],
  });
});
