import { expect, test } from 'vitest';
import { vietnamMidnight } from '../../shared/domain/instant.ts';
import type { FileKind } from './outbreak/files.ts';
import { DEMO_PROVINCES, generateOutbreak, type Outbreak } from './outbreak.ts';

const DAY = 86_400;
const midnight = vietnamMidnight('2026-11-23');
const outbreak = generateOutbreak({ now: midnight + 9 * 3_600 });

function cells(of: Outbreak, kind: FileKind): string[][] {
  return of.provinces
    .flatMap(({ files }) => files.filter((file) => file.kind === kind))
    .flatMap(({ rows }) => rows.map((row) => row.split(',')));
}

const seconds = (instant: string) => Date.parse(instant) / 1_000;

test('the same seed and day give the same bytes; another seed gives others', () => {
  const text = (seed: number, now: number) => JSON.stringify(generateOutbreak({ seed, now }));
  expect(text(24, midnight)).toBe(text(24, midnight + DAY - 1));
  expect(text(24, midnight)).not.toBe(text(25, midnight));
});

test('a day later the same people have the same days, a day later', () => {
  const later = generateOutbreak({ now: midnight + DAY });
  expect(cells(later, 'persons')).toEqual(cells(outbreak, 'persons'));
  const shifted = cells(outbreak, 'check-ins').map(([identifier, place, inAt]) => {
    return [identifier, place, seconds(inAt as string) + DAY];
  });
  const found = cells(later, 'check-ins').map(([identifier, place, inAt]) => [
    identifier,
    place,
    seconds(inAt as string),
  ]);
  expect(found).toEqual(shifted);
});

test('records lie in the 14 days before the midnight, and are as untidy as real ones', () => {
  const scans = cells(outbreak, 'check-ins');
  const times = scans.map(([, , inAt]) => seconds(inAt as string));
  expect(Math.min(...times)).toBeGreaterThanOrEqual(midnight - 14 * DAY);
  expect(
    Math.max(...scans.map(([, , inAt, outAt]) => seconds(outAt || (inAt as string)))),
  ).toBeLessThanOrEqual(midnight);
  const withoutOut = scans.filter(([, , , outAt]) => outAt === '').length;
  expect(withoutOut / scans.length).toBeGreaterThan(0.1);
  expect(withoutOut / scans.length).toBeLessThan(0.2);
  expect(scans.filter(([, , , , home]) => home !== '').length).toBeGreaterThan(100);
});

test('a few thousand people of three provinces, known elsewhere by phone alone', () => {
  expect(outbreak.provinces.map(({ province }) => province)).toEqual(DEMO_PROVINCES);
  expect(outbreak.people).toBeGreaterThan(3_000);
  for (const { province, files } of outbreak.provinces) {
    const persons = files.find(({ kind }) => kind === 'persons')?.rows.map((row) => row.split(',')) ?? [];
    const guests = persons.filter(([, , , , residence]) => residence !== province);
    expect(guests.length).toBeGreaterThan(0);
    expect(guests.map(([identifiers]) => identifiers)).toSatisfy((all: string[]) => {
      return all.every((identifiers) => /^phone:\S+$/.test(identifiers));
    });
  }
});

test('nobody is a real person: identifiers have centuries, operators and groups that do not exist', () => {
  const identifiers = cells(outbreak, 'persons').flatMap(([all]) => (all as string).split(' '));
  const invented = /^(?:cccd:0\d\d[89]\d{8}|phone:\+8450\d{7}|insurance:00\d{8}|app:[0-9a-f-]{36})$/;
  expect(identifiers.filter((identifier) => !invented.test(identifier))).toEqual([]);
  const homes = cells(outbreak, 'persons').filter(([all]) => all?.startsWith('cccd:'));
  expect(new Set(homes.map(([all]) => all?.split(' ')[0])).size).toBe(outbreak.people);
});
