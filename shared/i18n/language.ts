/**
 * Which of the languages somebody reads, by what they say: the header of a request, the locale of a terminal.
 * Pure and total: what cannot be understood is Vietnamese.
 * Source: RFC 9110, 12.4.2 (quality values) and 12.5.4 (Accept-Language); RFC 4647, 3.4 (lookup);
 * POSIX.1-2017, 8.2 (LC_ALL before LC_MESSAGES before LANG).
 */
import { DEFAULT_LANGUAGE, LANGUAGES, type Language } from './text.ts';

/** Ranges that are looked at: nobody reads more languages, and a header may be long. */
const MOST_RANGES = 20;

const RANGE = /^([a-z]{1,8}(?:-[a-z0-9]{1,8})*|\*)(?:\s*;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?$/i;

/** The language that `Accept-Language` likes best; of two liked alike the one that is named first. */
export function acceptedLanguage(header: string | null | undefined): Language {
  const liked = new Map<string, number>();
  for (const range of (header ?? '').split(',').slice(0, MOST_RANGES)) {
    const [, tag, quality = '1'] = RANGE.exec(range.trim()) ?? [];
    if (tag === undefined) continue;
    const primary = tag === '*' ? '*' : languageOf(tag);
    if (primary !== undefined) liked.set(primary, Math.max(Number(quality), liked.get(primary) ?? 0));
  }
  // `*` stands for what is not named, Vietnamese first.
  const others = liked.get('*') ?? 0;
  liked.delete('*');
  for (const language of LANGUAGES) if (!liked.has(language)) liked.set(language, others);
  const [best] = [...liked].sort(([, a], [, b]) => b - a);
  return best !== undefined && best[1] > 0 ? (best[0] as Language) : DEFAULT_LANGUAGE;
}

/**
 * The language of a command line: `option` if given, else that of the locale, if it is one of ours. `C` and
 * `POSIX` are what machines have that nobody asked.
 */
export function localeLanguage(
  env: Readonly<Record<string, string | undefined>>,
  option?: string | undefined,
): Language {
  const locale = option || env.TRUYVET_LANGUAGE || env.LC_ALL || env.LC_MESSAGES || env.LANG;
  return languageOf(locale ?? '') ?? DEFAULT_LANGUAGE;
}

/** `vi` of `vi`, `vi-VN`, `vi_VN.UTF-8`; undefined of what is neither Vietnamese nor English. */
function languageOf(tag: string): Language | undefined {
  const primary = tag.toLowerCase().split(/[-_.@]/)[0];
  return LANGUAGES.find((language) => language === primary);
}
