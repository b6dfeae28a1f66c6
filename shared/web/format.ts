/**
 * Instants, dates, spans and numbers as people here write them: the day and the 24 hours of Vietnam, whatever
 * the device is set to. Pure.
 */
import { vietnamInstant } from '../domain/instant.ts';
import type { Language } from '../i18n/text.ts';

const LOCALE: Readonly<Record<Language, string>> = { vi: 'vi-VN', en: 'en-GB' };

/** `15:00 28/11` of an ISO text or milliseconds. */
export function shortInstant(instant: string | number): string {
  const there = vietnamInstant(Math.floor(new Date(instant).getTime() / 1000));
  const [, month, day, time] = /^\d+-(\d\d)-(\d\d)T(\d\d:\d\d)/.exec(there) ?? [];
  return `${time} ${day}/${month}`;
}

/** `28/11/2026` of a calendar date `2026-11-28`. */
export function dateText(date: string): string {
  const [year, month, day] = date.split('-');
  return `${day}/${month}/${year}`;
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
