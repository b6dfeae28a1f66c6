/**
 * Instants and calendar dates as text. Instants are whole seconds since 1970-01-01T00:00:00Z that fit into
 * the wire's unsigned 32 bits. Read by the million, so by hand: no Date is made, nothing is guessed.
 * Source: ISO 8601-1:2019, 5.2.2.1 (dates), 5.4.2.1 (instants, extended format).
 */
import type { Fault } from '../errors.ts';
import { expectValue, type Reading } from './reading.ts';

/** The last instant: 2106-02-07T06:28:15Z. */
export const LAST_INSTANT = 0xffff_ffff;
const DAY_SECONDS = 86_400;
/** Vietnam has been at UTC+7, without summer time, since 1975. */
const VIETNAM_OFFSET_SECONDS = 7 * 3600;
const EARLIEST_YEAR = 1900;
const LATEST_YEAR = 2106;

const INSTANT =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:[.,]\d{1,9})?)?(?:Z|([+-])(\d\d)(?::?(\d\d))?)$/;
const OUTSIDE_INSTANTS: Fault = { reason: 'YEAR_OUT_OF_BOUNDS', params: { least: 1970, most: 2106 } };
const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;

/**
 * Epoch seconds of an ISO 8601 instant with offset (`2021-06-01T08:00:00+07:00`, `…Z`); seconds may be
 * missing, fractions are cut off. From 1970 to LAST_INSTANT; the date must exist; no leap seconds, no hour
 * 24.
 */
export function readInstant(text: string): Reading<number> {
  const found = INSTANT.exec(text);
  if (found === null) return { reason: 'NOT_AN_INSTANT' };
  const [, year, month, day, hour, minute, second = '0', sign, offsetHour = '0', offsetMinute = '0'] = found;
  const days = daysSince1970(Number(year), Number(month), Number(day));
  if (days === undefined) return { reason: 'NO_SUCH_DATE' };
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return { reason: 'NOT_A_TIME' };
  if (Number(offsetHour) > 14 || Number(offsetMinute) > 59) return { reason: 'NOT_AN_OFFSET' };
  const offset = (Number(offsetHour) * 3600 + Number(offsetMinute) * 60) * (sign === '-' ? -1 : 1);
  const seconds = days * DAY_SECONDS + Number(hour) * 3600 + Number(minute) * 60 + Number(second) - offset;
  if (seconds < 0 || seconds > LAST_INSTANT) return OUTSIDE_INSTANTS;
  return { value: seconds };
}

/** Like `readInstant`. Throws INVALID_FIELD naming `field`. */
export function parseInstant(text: string, field = 'instant'): number {
  return expectValue(readInstant(text), field);
}

/** A calendar date `YYYY-MM-DD` that exists, 1900 to 2106, as it was written. */
export function readDate(text: string): Reading<string> {
  const found = DATE.exec(text);
  if (found === null) return { reason: 'NOT_A_DATE' };
  const year = Number(found[1]);
  if (daysSince1970(year, Number(found[2]), Number(found[3])) === undefined) {
    return { reason: 'NO_SUCH_DATE' };
  }
  if (year < EARLIEST_YEAR || year > LATEST_YEAR)
    return { reason: 'YEAR_OUT_OF_BOUNDS', params: { least: EARLIEST_YEAR, most: LATEST_YEAR } };
  return { value: text };
}

/**
 * A date of birth as people know theirs: a day, a month `YYYY-MM` or a year `YYYY`, 1900 to 2106, as it was
 * written. Texts of all three compare like what they mean, the shorter one first.
 */
export function readBirthday(text: string): Reading<string> {
  const rest = BIRTHDAY_REST[text.length];
  if (rest === undefined) return { reason: 'NOT_A_BIRTHDAY' };
  const day = readDate(text + rest);
  if (day.reason === undefined) return { value: text };
  return day.reason === 'NOT_A_DATE' ? { reason: 'NOT_A_BIRTHDAY' } : day;
}

const BIRTHDAY_REST: Readonly<Record<number, string>> = { 4: '-01-01', 7: '-01', 10: '' };

/** Like `readDate`. Throws INVALID_FIELD naming `field`. */
export function parseDate(text: string, field = 'date'): string {
  return expectValue(readDate(text), field);
}

/**
 * Epoch seconds of midnight in Asia/Ho_Chi_Minh at the beginning of `date` (as from `readDate`); may be
 * negative.
 */
export function vietnamMidnight(date: string): number {
  const [year, month, day] = date.split('-').map(Number) as [number, number, number];
  return (daysSince1970(year, month, day) as number) * DAY_SECONDS - VIETNAM_OFFSET_SECONDS;
}

/** The date in Asia/Ho_Chi_Minh, `YYYY-MM-DD`, at `seconds`. */
export function vietnamDate(seconds: number): string {
  return new Date((seconds + VIETNAM_OFFSET_SECONDS) * 1000).toISOString().slice(0, 10);
}

/** The minute in Asia/Ho_Chi_Minh, `YYYY-MM-DD hh:mm`, at `seconds`: as tables for people show it. */
export function vietnamTime(seconds: number): string {
  return vietnamInstant(seconds).slice(0, 16).replace('T', ' ');
}

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Days from 1970-01-01, undefined if the date does not exist. */
function daysSince1970(year: number, month: number, day: number): number | undefined {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const longest = MONTH_DAYS[month - 1];
  if (longest === undefined || day < 1 || day > longest + (leap && month === 2 ? 1 : 0)) return undefined;
  // Years counted from March put the leap day at their end; 0000-03-01 was 719,468 days before 1970.
  const y = month > 2 ? year : year - 1;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return y * 365 + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + dayOfYear - 719_468;
}

/** ISO 8601 of epoch seconds, in UTC: `2021-06-01T08:00:00Z`. */
export function isoInstant(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

/** ISO 8601 of epoch seconds as people in Vietnam read it: `2021-06-01T15:00:00+07:00`. */
export function vietnamInstant(seconds: number): string {
  return isoInstant(seconds + VIETNAM_OFFSET_SECONDS).replace('Z', '+07:00');
}
