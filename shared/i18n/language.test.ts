import { describe, expect, it } from 'vitest';
import { acceptedLanguage, localeLanguage } from './language.ts';

describe('Accept-Language', () => {
  it.each([
    [undefined, 'vi'],
    ['', 'vi'],
    ['en', 'en'],
    ['en-GB', 'en'],
    ['EN-gb', 'en'],
    ['vi-VN,vi;q=0.9,en;q=0.8', 'vi'],
    ['en;q=0.8,vi;q=0.9', 'vi'],
    ['en;q=0.9, vi;q=0.8', 'en'],
    ['en;q=0.5,vi;q=0.5', 'en'],
    ['vi;q=0.5,en;q=0.5', 'vi'],
    // What we do not speak does not choose.
    ['fr,de;q=0.9', 'vi'],
    ['fr,en;q=0.1', 'en'],
    ['fr,*;q=0.5', 'vi'],
    ['*', 'vi'],
    ['en,*;q=0.1', 'en'],
    ['en;q=0.1,*', 'vi'],
    ['vi;q=0', 'vi'],
    ['vi;q=0,*', 'en'],
    ['vi;q=0,en', 'en'],
    ['en;q=0', 'vi'],
    ['en;q=0,vi;q=0', 'vi'],
    ['en-US;q=0.2,en;q=0.9,vi;q=0.5', 'en'],
    // Malformed ranges are not there.
    ['en;q=2', 'vi'],
    ['en;q=0.1234', 'vi'],
    ['en q=1', 'vi'],
    [';;,,en', 'en'],
    ['entirely', 'vi'],
    [`${'fr,'.repeat(20)}en`, 'vi'],
  ])('%j is %s', (header, language) => {
    expect(acceptedLanguage(header)).toBe(language);
  });
});

describe('the language of a terminal', () => {
  it.each([
    [{}, undefined, 'vi'],
    [{ LANG: 'en_US.UTF-8' }, undefined, 'en'],
    [{ LANG: 'vi_VN.UTF-8' }, undefined, 'vi'],
    [{ LANG: 'C.UTF-8' }, undefined, 'vi'],
    [{ LANG: 'POSIX' }, undefined, 'vi'],
    [{ LANG: 'de_DE' }, undefined, 'vi'],
    [{ LANG: 'en_US', LC_ALL: 'vi_VN' }, undefined, 'vi'],
    [{ LANG: 'vi_VN', LC_MESSAGES: 'en_GB' }, undefined, 'en'],
    [{ LANG: 'vi_VN', LC_ALL: '' }, undefined, 'vi'],
    [{ LANG: 'vi_VN', TRUYVET_LANGUAGE: 'en' }, undefined, 'en'],
    [{ LANG: 'en_US' }, 'vi', 'vi'],
  ])('%j with option %s is %s', (env, option, language) => {
    expect(localeLanguage(env, option)).toBe(language);
  });
});
