import { describe, expect, it } from 'vitest';
import { ENGLISH, namesIn } from '../../tests/support/texts.ts';
import { FIELD_REASONS, fieldText, PROBLEM_REASONS, problemText } from './catalogue.ts';
import { CLI_TEXTS } from './cli-catalogue.ts';
import { render, type Text } from './text.ts';
import { TITLES } from './titles.ts';

const all = Object.entries<Text>({ ...PROBLEM_REASONS, ...FIELD_REASONS, ...TITLES, ...CLI_TEXTS });

describe('every text', () => {
  it.each(all)('%s says the same in both languages, in composed letters and plain Vietnamese', (_, text) => {
    expect(namesIn(text.vi)).toEqual(namesIn(text.en));
    for (const said of [text.vi, text.en]) {
      expect(said.normalize('NFC')).toBe(said);
      expect(said.trim()).toBe(said);
      expect(said).not.toMatch(/ {2}| ·|·/);
    }
    expect(text.vi.replaceAll(/\{\w+\}|`[^`]*`/g, '')).not.toMatch(ENGLISH);
    // Longer texts without a single mark are none: somebody typed them without diacritics.
    if (/[a-zđ]+( [a-zđ]+){3}/i.test(text.vi)) expect(text.vi).not.toMatch(/^[\x20-\x7e]*$/);
    expect(text.en.replaceAll('Truy Vết', '')).not.toMatch(/[ạảãàáâậầấẩẫăắằặẳẵêềếểễệôồốổỗộơờớởỡợưừứửữựđ]/i);
  });

  it.each(Object.entries<Text>(PROBLEM_REASONS))('%s is a whole sentence', (_, text) => {
    for (const said of [text.vi, text.en]) expect(said).toMatch(/^(\p{Lu}|\{).*(\.|\})$/u);
  });

  it.each(Object.entries<Text>(FIELD_REASONS))('%s reads on behind the name of its field', (_, text) => {
    for (const said of [text.vi, text.en]) expect(said).not.toMatch(/\.$/);
    expect(text.en).not.toMatch(/^[A-Z][a-z]/);
  });
});

describe('parameters', () => {
  it('are put in, numbers as people write them', () => {
    const fault = { reason: 'TOO_MANY_BYTES', params: { most: 1_048_576 } };
    expect(fieldText(fault, 'vi')).toBe('lớn hơn 1.048.576 byte');
    expect(fieldText(fault, 'en')).toBe('more than 1,048,576 bytes');
    const year = { reason: 'YEAR_OUT_OF_BOUNDS', params: { least: 1900, most: 2106 } };
    expect(fieldText(year, 'vi')).toBe('năm phải từ 1900 đến 2106');
  });

  it('are never read out of another parameter', () => {
    const params = { kind: '{__proto__} {constructor}' };
    expect(fieldText({ reason: 'UNKNOWN_PLACE_KIND', params }, 'en')).toBe(
      'no such kind of place: {__proto__} {constructor}',
    );
    expect(render({ vi: '{toString}', en: '' }, 'vi')).toBe('{toString}');
  });

  it('of fields stand in the text of the problem where it wants them', () => {
    const details = [
      { field: 'onset_on', reason: 'IN_FUTURE' },
      { field: 'identifiers[0]', reason: 'CCCD_FORM' },
    ];
    expect(problemText({ reason: 'INVALID_FIELD' }, details, 'vi')).toBe(
      'onset_on: không được ở tương lai; identifiers[0]: số CCCD phải có 12 chữ số',
    );
    expect(problemText({ reason: 'HEADER_MISSING' }, [], 'en')).toBe('The file has no header.');
  });
});

it('a word of a newer program is not a text, and hides nothing', () => {
  expect(fieldText({ reason: 'FROM_2030' }, 'vi')).toBe('FROM_2030');
  expect(fieldText({ reason: 'toString' }, 'vi')).toBe('toString');
  expect(problemText({ reason: 'FROM_2030' }, [], 'vi')).toBeUndefined();
  expect(problemText({ reason: 'constructor' }, [], 'vi')).toBeUndefined();
});
