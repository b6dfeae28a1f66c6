/**
 * What a text is: one meaning in Vietnamese and in English, with parameters in braces. Types read the
 * parameters out of the text itself, so that whoever shows it must give them. Pure; knows no text.
 */

export const LANGUAGES = ['vi', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

/** Of people who do not say which they read. */
export const DEFAULT_LANGUAGE: Language = 'vi';

/** `{name}` in both stands for the parameter of that name. */
export interface Text {
  readonly vi: string;
  readonly en: string;
}

export type Param = string | number;
export type Params = Readonly<Record<string, Param>>;

/** Names of the parameters of a text. */
export type Placeholders<T extends string> = T extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

/** Words of `T` whose text has other parameters in one language than in the other; never, if all is well. */
export type Disagreeing<T extends Readonly<Record<string, Text>>> = {
  [Word in keyof T]: [Placeholders<T[Word]['vi']>, Placeholders<T[Word]['en']>] extends [
    Placeholders<T[Word]['en']>,
    Placeholders<T[Word]['vi']>,
  ]
    ? never
    : Word;
}[keyof T];

/** Does not compile with anything but never. */
export type Agreed<_Disagreeing extends never> = true;

/** Numbers as people write them: 1.048.576 and 1,048,576; years and other short ones without separators. */
const NUMBERS: Readonly<Record<Language, Intl.NumberFormat>> = {
  vi: new Intl.NumberFormat('vi-VN', { useGrouping: 'min2' }),
  en: new Intl.NumberFormat('en-GB', { useGrouping: 'min2' }),
};

/** The text in a language with its parameters put in; a parameter that is not given stays as its name. */
export function render(text: Text, language: Language, params: Params = {}): string {
  return text[language].replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
    const value = Object.hasOwn(params, name) ? params[name] : undefined;
    if (value === undefined) return whole;
    return typeof value === 'number' ? NUMBERS[language].format(value) : value;
  });
}
