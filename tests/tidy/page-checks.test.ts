import { describe, expect, it } from 'vitest';
import { CONSOLE_TEXTS } from '../../shared/i18n/console-texts.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { checkColours, checkIdleWords, checkPageTexts } from './page-checks.ts';
import { describeProblems } from './problem.ts';
import { parseSource, readSources } from './source.ts';

describe('the pages of this checkout', () => {
  const sources = readSources(packageRoot);
  it.each([
    ['say what stands in the catalogue', checkPageTexts(sources)],
    ['have the colours of the tokens', checkColours(sources)],
    ['say every word of the catalogue', checkIdleWords(sources, Object.keys(CONSOLE_TEXTS))],
  ])('%s', (_name, problems) => {
    expect(describeProblems(problems)).toBe(describeProblems([]));
  });
});

it.each([
  ['export const A = () => <p>Chào bạn</p>;', 1],
  ['export const A = () => <img alt="Bản đồ" />;', 1],
  ['export const A = () => <p className="note">{t(\'saved\')} · F1</p>;', 0],
])('finds the text in %s', (text, count) => {
  expect(checkPageTexts([parseSource('node/web/a.tsx', `${text}\n`)])).toHaveLength(count);
});

it.each([
  ['a { color: #fff; }', 1],
  ['a { color: rgb(0 0 0 / 50%); }', 1],
  ['a { color: var(--text); }', 0],
])('finds the colour in %s', (text, count) => {
  expect(checkColours([parseSource('node/web/a.css', `${text}\n`)])).toHaveLength(count);
  expect(checkColours([parseSource('shared/web/tokens.css', `${text}\n`)])).toHaveLength(0);
});

it('finds a word that no page says', () => {
  const page = parseSource('node/web/a.tsx', "t('saved');\n");
  expect(checkIdleWords([page], ['saved', 'undone']).map(({ what }) => what)).toEqual(['nobody says undone']);
});
