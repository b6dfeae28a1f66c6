/**
 * The language and the theme of the pages on this device, and their texts. Vietnamese unless somebody chose.
 */
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { CONSOLE_TEXTS, type ConsoleWord } from '../i18n/console-texts.ts';
import {
  DEFAULT_LANGUAGE,
  LANGUAGES,
  type Language,
  type Param,
  type Placeholders,
  render,
} from '../i18n/text.ts';
import { keep, kept } from './device.ts';

/** What `t` of a word needs besides: the parameters of its text, if it has any. */
type Needs<W extends ConsoleWord> = [Placeholders<(typeof CONSOLE_TEXTS)[W]['vi']>] extends [never]
  ? []
  : [Readonly<Record<Placeholders<(typeof CONSOLE_TEXTS)[W]['vi']>, Param>>];

/** Words whose text needs no parameter. */
export type PlainWord = {
  [W in ConsoleWord]: [Placeholders<(typeof CONSOLE_TEXTS)[W]['vi']>] extends [never] ? W : never;
}[ConsoleWord];

export type Say = <W extends ConsoleWord>(word: W, ...params: Needs<W>) => string;

export type Theme = 'light' | 'dark';

export interface Reading {
  readonly language: Language;
  readonly t: Say;
  readonly setLanguage: (language: Language) => void;
  readonly toggleTheme: () => void;
}

const ReadingShared = createContext<Reading | undefined>(undefined);

/** Gives all pages below the language of this device. */
export function ReadingProvider({ children }: { readonly children: ReactNode }) {
  const [language, setLanguage] = useState(keptLanguage);
  const [theme, setTheme] = useState(keptTheme);
  useEffect(() => {
    document.documentElement.lang = language;
    keep('language', language);
  }, [language]);
  useEffect(() => {
    if (theme) document.documentElement.dataset.theme = theme;
    if (theme) keep('theme', theme);
  }, [theme]);
  const reading = useMemo(
    () => ({
      language,
      setLanguage,
      t: (word: ConsoleWord, params?: Readonly<Record<string, Param>>) =>
        render(CONSOLE_TEXTS[word], language, params),
      toggleTheme: () => setTheme((now) => ((now ?? deviceTheme()) === 'dark' ? 'light' : 'dark')),
    }),
    [language],
  );
  return <ReadingShared value={reading as Reading}>{children}</ReadingShared>;
}

/** The language of the page, and its texts. */
export function useReading(): Reading {
  const reading = useContext(ReadingShared);
  if (!reading) throw new Error('there is no ReadingProvider above');
  return reading;
}

function keptLanguage(): Language {
  const found = kept('language');
  return LANGUAGES.find((language) => language === found) ?? DEFAULT_LANGUAGE;
}

function keptTheme(): Theme | undefined {
  const found = kept('theme');
  return found === 'light' || found === 'dark' ? found : undefined;
}

function deviceTheme(): Theme {
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}
