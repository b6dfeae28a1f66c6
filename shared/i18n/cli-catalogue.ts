/**
 * The catalogue of what the command lines say. Its words are a closed union, and so are the parameters of
 * each text. Pure.
 */
import { CLI_COMMON_TEXTS } from './cli-texts.ts';
import { CLI_FEDERATION_TEXTS } from './cli-texts-federation.ts';
import { CLI_USAGE_TEXTS } from './cli-texts-usage.ts';
import { CLI_WORK_TEXTS } from './cli-texts-work.ts';
import type { Agreed, Disagreeing, Param, Placeholders } from './text.ts';

export const CLI_TEXTS = {
  ...CLI_COMMON_TEXTS,
  ...CLI_USAGE_TEXTS,
  ...CLI_WORK_TEXTS,
  ...CLI_FEDERATION_TEXTS,
};

export type CliWord = keyof typeof CLI_TEXTS;

export type CliTextsAgree = Agreed<Disagreeing<typeof CLI_TEXTS>>;

type CliParam<W extends CliWord> = Placeholders<(typeof CLI_TEXTS)[W]['vi']>;

/** Behind a word: what its text names. */
export type CliParams<W extends CliWord> = [CliParam<W>] extends [never]
  ? []
  : [params: Readonly<Record<CliParam<W>, Param>>];

/** Somebody who says a text: prints it, or gives it to whoever does. */
export type Say = <W extends CliWord>(word: W, ...params: CliParams<W>) => void;
