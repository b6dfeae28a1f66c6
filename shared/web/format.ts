/**
 * Instants, dates, spans and numbers as people here write them: the day and the 24 hours of Vietnam, whatever
 * the device is set to. Pure.
 */
import type { Language } from '../i18n/text.ts';

const ZONE = 'Asia/Ho_Chi_Minh';
const LOCALE: Readonly<Record<Language, string>> = { vi: 'vi-VN', en: 'en-GB' };

const PARTS = new Intl.DateTimeFormat('en-GB', {
  ...{ timeZone: ZONE, hour12: false, year: 'numeric' },
  ...{ month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' },
});

function partsOf(instant: string | number): Record<string, string> {
  return Object.fromEntries(PARTS.formatToParts(new Date(instant)).map(({ type, value }) => [type, value]));
}

/** `15:00 28/11` of an ISO text or milliseconds. */
export function shortInstant(instant: string | number): string {
  const { hour, minute, day, month } = partsOf(instant);
  return `${hour === '24' ? '00' : hour}:${minute} ${day}/${month}`;
}

/** `28/11/2026` of a calendar date `2026-11-28`. */
export function dateText(date: string): string {
  const [year, month, day] = date.split('-');
  return `${day}/${month}/${year}`;
}

/** The calendar date in Vietnam, `2026-11-28`. */
export function vietnamDate(instant: string | number): string {
  const { year, month, day } = partsOf(instant);
  return `${year}-${month}-${day}`;
}

/** `100.000`, `100,000`. */
export function numberText(value: number, language: Language): string {
  return new Intl.NumberFormat(LOCALE[language]).format(value);
}

/** `16 phút`, `2 giờ 5 phút` of seconds. */
export function spanText(seconds: number, language: Language): string {
  const minutes = Math.round(seconds / 60);
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  const [hour, minute] = language === 'vi' ? ['giờ', 'phút'] : ['h', 'min'];
  if (hours === 0) return `${rest} ${minute}`;
  return rest === 0 ? `${hours} ${hour}` : `${hours} ${hour} ${rest} ${minute}`;
}

/** `0910 100 100` of `phone:+84910100100`; what is no Vietnamese phone number as it is, without its kind. */
export function identifierText(identifier: string): string {
  const value = identifier.slice(identifier.indexOf(':') + 1);
  const [, a, b, c] = /^\+84(\d{3})(\d{3})(\d{3})$/.exec(value) ?? [];
  return a === undefined ? value : `0${a} ${b} ${c}`;
}
