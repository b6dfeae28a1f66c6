import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { parseHubConfig } from '../hub/config.ts';
import { parseNodeConfig } from '../node/config.ts';
import { parseEnv } from './config.ts';
import { CONFIG_EXAMPLES } from './config-examples.ts';
import { AppError } from './errors.ts';
import { packageRoot } from './package-root.ts';

function problemsOf(parse: () => unknown): readonly { field: string; reason: string }[] {
  try {
    parse();
  } catch (error) {
    if (error instanceof AppError) return error.details;
    throw error;
  }
  return [];
}

it.each([
  ['the node', parseNodeConfig],
  ['the hub', parseHubConfig],
])('%s names every variable that it lacks, with what to put there', (_name, parse) => {
  const problems = problemsOf(() => parse({}));
  expect(problems.length).toBeGreaterThan(5);
  for (const { field, reason } of problems)
    expect(reason).toMatch(
      field === 'DATA_KEYS_FILE' ? /^one of .*, for example \S/ : /^missing, for example \S/,
    );
});

it.each([
  [{ N: 'x' }, 'not a number'],
  [{ N: '1' }, 'less than 5'],
  [{ N: '11' }, 'more than 10'],
  [{ W: 'c' }, 'none of a, b'],
  [{ T: '' }, 'empty'],
])('says in our own words what is wrong in %o', (env, reason) => {
  const schema = z.object({
    N: z.coerce.number().min(5).max(10).optional(),
    W: z.enum(['a', 'b']).optional(),
    T: z.string().min(1).optional(),
  });
  expect(problemsOf(() => parseEnv(schema, env)).map((one) => one.reason)).toEqual([reason]);
});

it('the variables of the README are those that have an example', () => {
  const [, section = ''] = readFileSync(join(packageRoot, 'README.md'), 'utf8').split('## Configuration');
  const rows = (section.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('| `'));
  const named = rows.flatMap((row) =>
    [...(row.split(' | ')[0] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name),
  );
  expect(Object.keys(CONFIG_EXAMPLES).sort()).toEqual(named.sort());
});
