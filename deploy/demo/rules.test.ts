import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../shared/package-root.ts';

const read = (...path: string[]) => JSON.parse(readFileSync(join(packageRoot, ...path), 'utf8'));

it('traces as the shipped pack of 2021-12-29 does: only work is added', () => {
  const { number, title, notes, follow_up, priority, ...trace } = read('deploy', 'demo', 'rules.json');
  const { number: shipped, ...wanted } = read('hub', 'packs', 'default', '2021-12-29.json');
  expect(JSON.stringify(trace)).toBe(JSON.stringify(wanted));
  expect([shipped, number > 100, typeof title, notes.length > 0]).toEqual([1, true, 'string', true]);
  expect([Object.keys(follow_up).length > 0, priority.symptomatic]).toEqual([true, 1]);
});
