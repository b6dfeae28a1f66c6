/**
 * The catalogue and the code name the same words: that none is without a text the compiler checks; that no
 * text is left over is checked here.
 */
import { expect, test } from 'vitest';
import { FIELD_REASONS, PROBLEM_REASONS } from '../../shared/i18n/catalogue.ts';
import { CLI_TEXTS } from '../../shared/i18n/cli-catalogue.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { readSources } from './source.ts';

const code = readSources(packageRoot)
  .filter(({ path }) => /^(shared|node|hub|deploy)\//.test(path) && !/^shared\/i18n\/|\.test\.ts$/.test(path))
  .map(({ text }) => text)
  .join('\n');

/** Words as the code writes them: 'UPPER_SNAKE', or with a part that it puts in: `${what}_EXPIRED`. */
const words = new Set([...code.matchAll(/'([A-Z][A-Z0-9_]*)'/g)].map(([, word]) => word as string));
const made = [...code.matchAll(/`((?:[A-Z0-9_]+|\$\{\w+\})+)`/g)]
  .map(([, text]) => text as string)
  .filter((text) => /[A-Z]_|_[A-Z]/.test(text) && text.includes('$'))
  .map((text) => new RegExp(`^${text.replaceAll(/\$\{\w+\}/g, '[A-Z0-9]+')}$`));

const leftOver = (texts: object) =>
  Object.keys(texts).filter((word) => !words.has(word) && !made.some((pattern) => pattern.test(word)));

test('every reason of a problem is one that the code gives', () => {
  expect(leftOver(PROBLEM_REASONS)).toEqual([]);
});

test('every reason of a field is one that the code gives', () => {
  expect(leftOver(FIELD_REASONS)).toEqual([]);
});

test('every text of the command lines is one that they say', () => {
  const said = new Set([...code.matchAll(/'([a-z][a-z_]*(?:\.[a-z_]+)?)'/g)].map(([, word]) => word));
  expect(Object.keys(CLI_TEXTS).filter((word) => !said.has(word))).toEqual([]);
});

test('a word that the code does not have is seen', () => {
  expect(leftOver({ NOBODY_SAYS: 1, OPENING_EXPIRED: 1, WARRANT_MALFORMED: 1 })).toEqual(['NOBODY_SAYS']);
});
