/**
 * Checks of what people see: no text outside the catalogue, no colour outside the tokens, no word that no
 * page says.
 */
import { parseSync } from 'vite';
import { matchesAny } from './glob.ts';
import type { Problem } from './problem.ts';
import type { Source } from './source.ts';

const PAGES = ['{shared,node,hub}/web/**/*.tsx'];
const LOOKS = ['{shared,node,hub}/web/**/*.{css,tsx,ts}'];
const TOKENS = 'shared/web/tokens.css';

const WHY_TEXT = 'what people see stands in shared/i18n, in both languages, or half of them cannot read it';
const WHY_COLOUR = 'two themes and a contrast that was checked: tokens.css has every colour there is';
const WHY_IDLE = 'a text that no page says is translated and read for nothing';

interface Node {
  readonly type: string;
  readonly start: number;
  readonly value?: unknown;
  readonly name?: { readonly name?: string };
  readonly [key: string]: unknown;
}

/** Attributes whose text people see or hear. */
const SAID = new Set(['aria-label', 'alt', 'title', 'placeholder', 'label', 'hint']);
const WORD = /\p{L}{2,}/u;

/** Words written in a page itself: between tags, and in attributes that are read out. */
export function checkPageTexts(sources: readonly Source[]): Problem[] {
  return sources
    .filter(({ path }) => matchesAny(PAGES, path))
    .flatMap(({ path, text }) => {
      const found: Problem[] = [];
      const visit = (node: Node): void => {
        const said = saidBy(node);
        if (said !== undefined && WORD.test(said)) {
          const line = text.slice(0, node.start).split('\n').length;
          found.push({ path, line, what: `says “${said.trim()}”`, why: WHY_TEXT });
        }
        for (const child of Object.values(node).flat()) if (isNode(child)) visit(child);
      };
      visit(parseSync(path, text).program as unknown as Node);
      return found;
    });
}

function saidBy(node: Node): string | undefined {
  if (node.type === 'JSXText') return String(node.value);
  if (node.type !== 'JSXAttribute' || !SAID.has(node.name?.name ?? '')) return undefined;
  return isNode(node.value) && node.value.type === 'Literal' ? String(node.value.value) : undefined;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value;
}

const COLOUR = /#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|oklch|lab)a?\(/i;

/** Colours written anywhere but in the tokens. */
export function checkColours(sources: readonly Source[]): Problem[] {
  return sources
    .filter(({ path }) => matchesAny(LOOKS, path) && path !== TOKENS)
    .flatMap(({ path, lines }) =>
      lines.flatMap((text, index) => {
        const [colour] = COLOUR.exec(text) ?? [];
        return colour ? [{ path, line: index + 1, what: `has the colour ${colour}`, why: WHY_COLOUR }] : [];
      }),
    );
}

/** Words of the catalogue that no page says. */
export function checkIdleWords(sources: readonly Source[], words: readonly string[]): Problem[] {
  const pages = sources.filter(({ path }) => matchesAny(LOOKS, path)).map(({ text }) => text);
  return words
    .filter((word) => !pages.some((text) => text.includes(`'${word}'`)))
    .map((word) => ({
      path: 'shared/i18n/console-texts.ts',
      line: 1,
      what: `nobody says ${word}`,
      why: WHY_IDLE,
    }));
}
