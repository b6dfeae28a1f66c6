import { expect, it } from 'vitest';
import { placeKindsOf, settingsOf } from './rules.ts';

it('reads the bits of a contact', () => {
  expect([0, 1, 2, 4, 7].map(settingsOf)).toEqual([
    [],
    ['place'],
    ['encounter'],
    ['household'],
    ['place', 'encounter', 'household'],
  ]);
  expect(placeKindsOf((1 << 0) | (1 << 11) | (1 << 29))).toEqual(['market', 'hospital', 'other']);
});
