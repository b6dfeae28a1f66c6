/**
 * In which language programs answer: problems, reports of imports and the documentation, as Accept-Language
 * asks.
 */
import { describe, expect, it } from 'vitest';
import { personWith } from '../support/callers.ts';
import { createApps } from '../support/http-apps.ts';
import { ENGLISH } from '../support/texts.ts';
import { createIntake } from './imports-fixture.ts';

const apps = createApps(async () => personWith(['epidemiologist@24']));
const VIETNAMESE = /[ạảãàáâậầấẩẫăắằặẳẵêềếểễệôồốổỗộơờớởỡợưừứửữựđ]/i;

const ask = (path: string, language?: string, init: RequestInit = {}) =>
  apps.node.request(path, {
    ...init,
    headers: { ...init.headers, ...(language && { 'accept-language': language }) },
  });

describe('a problem', () => {
  it.each([
    [undefined, 'vi', 'Không tìm thấy', 'Không có gì ở đường dẫn này.'],
    ['vi-VN', 'vi', 'Không tìm thấy', 'Không có gì ở đường dẫn này.'],
    ['fr', 'vi', 'Không tìm thấy', 'Không có gì ở đường dẫn này.'],
    ['en-GB,en;q=0.9', 'en', 'Not found', 'There is nothing at this path.'],
    ['en;q=0.3,vi;q=0.8', 'vi', 'Không tìm thấy', 'Không có gì ở đường dẫn này.'],
  ])('for whoever reads %s is in %s', async (header, language, title, detail) => {
    const response = await ask('/v1/nothing', header);
    expect(await response.json()).toMatchObject({ reason: 'NO_SUCH_PATH', title, detail });
    expect(response.headers.get('content-language')).toBe(language);
    expect(response.headers.get('vary')).toMatch(/\baccept-language\b/i);
  });

  it('names its fields, their reasons and what these need, in words of that language', async () => {
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ identifiers: ['cccd:12'], onset: '2021-06-01' }),
    };
    const [vi, en] = [await ask('/v1/cases', 'vi', init), await ask('/v1/cases', 'en', init)];
    const error = { field: 'onset', reason: 'UNKNOWN_FIELD', params: {} };
    expect(await vi.json()).toMatchObject({
      detail: 'onset: trường không có trong quy định',
      errors: [{ ...error, message: 'trường không có trong quy định' }],
    });
    expect(await en.json()).toMatchObject({
      detail: 'onset: no such field',
      errors: [{ ...error, message: 'no such field' }],
    });
  });

  it('of a page that is too long names the bounds', async () => {
    const response = await ask('/v1/cases?limit=5000', 'en');
    expect(await response.json()).toMatchObject({
      reason: 'INVALID_FIELD',
      errors: [
        {
          ...{ field: 'limit', reason: 'OUT_OF_BOUNDS', params: { least: 1, most: 1000 } },
          message: 'must be from 1 to 1000',
        },
      ],
    });
  });

  it('also where nothing varies: caches must not mix the two up', async () => {
    const response = await ask('/healthz');
    expect(response.headers.get('vary')).toMatch(/\baccept-language\b/i);
  });
});

it('a report of an import says in both languages what is wrong with a row', async () => {
  await using intake = await createIntake();
  const post = async (language: string) => {
    const headers = { 'content-type': 'text/csv', 'accept-language': language };
    const body = 'place,kind,capacity\nP1,cafe,0\n';
    const response = await intake.app().request('/v1/imports/places', { method: 'POST', headers, body });
    expect(response.headers.get('content-language')).toBe(language);
    const { errors, warnings } = (await response.json()) as Record<string, { message: string }[]>;
    expect(errors).toEqual([]);
    return warnings;
  };
  const error = { line: 2, field: 'capacity', reason: 'OUT_OF_BOUNDS' };
  const params = { least: 1, most: 2_147_483_647 };
  expect(await post('vi')).toEqual([{ ...error, params, message: 'phải từ 1 đến 2.147.483.647' }]);
  expect(await post('en')).toEqual([{ ...error, params, message: 'must be from 1 to 2,147,483,647' }]);
});

describe('the documentation', () => {
  type Texts = [path: string, text: string][];
  const textsOf = async (program: 'node' | 'hub', language: string) => {
    const headers = { 'accept-language': language };
    const response = await apps[program].request('/v1/openapi.json', { headers });
    expect(response.headers.get('content-language')).toBe(language);
    const found: Texts = [];
    const walk = (part: unknown, path: string): void => {
      if (typeof part !== 'object' || part === null) return;
      for (const [name, value] of Object.entries(part)) {
        if ((name === 'summary' || name === 'description') && typeof value === 'string')
          found.push([`${path}/${name}`, value]);
        else walk(value, `${path}/${name}`);
      }
    };
    walk(await response.json(), '');
    return found;
  };

  it.each(['node', 'hub'] as const)('of the %s is in one language', async (program) => {
    const [vi, en] = [await textsOf(program, 'vi'), await textsOf(program, 'en')];
    expect(vi.length).toBeGreaterThan(40);
    expect(vi.map(([path]) => path)).toEqual(en.map(([path]) => path));
    for (const [path, text] of vi) {
      expect([path, text]).not.toEqual([path, expect.stringContaining(' · ')]);
      if (path.endsWith('/summary')) expect(text).not.toMatch(ENGLISH);
      expect(text.normalize('NFC')).toBe(text);
    }
    for (const [path, text] of en) expect([path, VIETNAMESE.test(text)]).toEqual([path, false]);
  });
});
