/**
 * Texts that stand where they are used, in both languages: `Nhập ca bệnh · Enter a case`. The documentation
 * of routes is written so, beside the route, and read in one language. A text in one language alone does not
 * compile where this type is asked for. Pure.
 */
import type { Language } from './text.ts';

export type Bilingual = `${string} · ${string}`;

const BETWEEN = ' · ';

/** Both parts as one text, for those that are longer than a line. */
export function bilingual(vi: string, en: string): Bilingual {
  return `${vi}${BETWEEN}${en}`;
}

/** The part of a text in that language; a text in one language alone as it is. */
export function inLanguage(text: string, language: Language): string {
  const at = text.indexOf(BETWEEN);
  if (at < 0) return text;
  return language === 'vi' ? text.slice(0, at) : text.slice(at + BETWEEN.length);
}
