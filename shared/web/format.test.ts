import { expect, it } from 'vitest';
import { vietnamDate } from '../domain/instant.ts';
import { dateText, identifierText, numberText, shortInstant, spanText } from './format.ts';

it.each([
  ['2026-11-28T08:00:00Z', '15:00 28/11', '2026-11-28'],
  ['2026-11-28T16:59:59Z', '23:59 28/11', '2026-11-28'],
  ['2026-11-28T17:00:00Z', '00:00 29/11', '2026-11-29'],
  ['2026-12-31T17:01:00Z', '00:01 01/01', '2027-01-01'],
])('says %s as people in Vietnam do', (instant, short, date) => {
  expect(shortInstant(instant)).toBe(short);
  expect(vietnamDate(Date.parse(instant) / 1000)).toBe(date);
});

it('writes dates, numbers, spans and phone numbers', () => {
  expect(dateText('2026-11-28')).toBe('28/11/2026');
  expect([numberText(100_000, 'vi'), numberText(100_000, 'en')]).toEqual(['100.000', '100,000']);
  expect([spanText(960, 'vi'), spanText(7_500, 'vi'), spanText(7_200, 'en')]).toEqual([
    '16 phút',
    '2 giờ 5 phút',
    '2 h',
  ]);
  expect(identifierText('phone:+84910100100')).toBe('0910 100 100');
  expect(identifierText('cccd:024090000001')).toBe('024090000001');
});
