/**
 * The language of a command line: one for the whole process, chosen before its commands are built, because
 * they carry their texts. Knows no command.
 */
import { CLI_TEXTS, type CliParams, type CliWord } from '../i18n/cli-catalogue.ts';
import { localeLanguage } from '../i18n/language.ts';
import { DEFAULT_LANGUAGE, type Language, type Params, render } from '../i18n/text.ts';

let spoken: Language = DEFAULT_LANGUAGE;

/** Speaks what `--language` among the arguments, or else the locale, asks for. */
export function speakAsAsked(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): void {
  const at = args.findIndex((arg) => /^--language(=|$)/.test(arg));
  const option = at < 0 ? undefined : (args[at]?.split('=')[1] ?? args[at + 1]);
  spoken = localeLanguage(env, option);
}

/** The language that is spoken now. */
export function language(): Language {
  return spoken;
}

/** A text of the catalogue in the language that is spoken now. */
export function say<W extends CliWord>(word: W, ...[params]: CliParams<W>): string {
  return render(CLI_TEXTS[word], spoken, params as Params | undefined);
}

/** Like `say`, for a word that is chosen while the program runs, of texts that need no parameter. */
export function sayAny(word: CliWord): string {
  return CLI_TEXTS[word][spoken];
}
