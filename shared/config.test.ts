import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { parseHubConfig } from '../hub/config.ts';
import { parseNodeConfig } from '../node/config.ts';
import { parseEnv } from './config.ts';
import { CONFIG_EXAMPLES } from './config-examples.ts';
import { doorConfig, doorFields, oidcFields } from './config-fields.ts';
import { AppError, type FieldError } from './errors.ts';
import { fieldText } from './i18n/catalogue.ts';
import { packageRoot } from './package-root.ts';

function problemsOf(parse: () => unknown): readonly FieldError[] {
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
  const missing = problems.filter(({ reason }) => reason !== 'FOR_EXAMPLE');
  for (const { field, reason } of missing) {
    expect(reason).toBe(field === 'DATA_KEYS_FILE' ? 'EXACTLY_ONE_OF' : 'REQUIRED');
    const params = { example: expect.stringMatching(/\S/) };
    expect(problems).toContainEqual({ field, reason: 'FOR_EXAMPLE', params });
  }
});

it.each([
  [{ N: 'x' }, 'must be a number'],
  [{ N: '1' }, 'must be 5 or more'],
  [{ N: '11' }, 'must not be more than 10'],
  [{ W: 'c' }, 'must be one of: a, b'],
  [{ T: '' }, 'must not be empty'],
])('says in our own words what is wrong in %o', (env, reason) => {
  const schema = z.object({
    N: z.coerce.number().min(5).max(10).optional(),
    W: z.enum(['a', 'b']).optional(),
    T: z.string().min(1).optional(),
  });
  expect(problemsOf(() => parseEnv(schema, env)).map((one) => fieldText(one, 'en'))).toEqual([reason]);
});

it('the variables of the README are those that have an example', () => {
  const [, section = ''] = readFileSync(join(packageRoot, 'README.md'), 'utf8').split('## Configuration');
  const rows = (section.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('| `'));
  const named = rows.flatMap((row) =>
    [...(row.split(' | ')[0] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name),
  );
  expect(Object.keys(CONFIG_EXAMPLES).sort()).toEqual(named.sort());
});

it('where browsers come by TLS, the proxy that ends it has to name its clients', () => {
  const door = z.object({ ...oidcFields, ...doorFields }).transform(doorConfig);
  const oidc = { OIDC_ISSUER: 'https://id.example', OIDC_AUDIENCE: 'truyvet-hub', OIDC_CLIENT_ID: 'web' };
  const env = { ...oidc, PUBLIC_URL: 'https://hub.example' };
  const problem = { reason: 'NEEDED_BY', params: { other: 'PUBLIC_URL' } };
  const problems = problemsOf(() => parseEnv(door, env));
  expect(problems[0]).toMatchObject({ field: 'CLIENT_ADDRESS_HEADER', ...problem });
  expect(problemsOf(() => parseEnv(door, { ...env, CLIENT_ADDRESS_HEADER: 'x-real-ip' }))).toEqual([]);
  expect(problemsOf(() => parseEnv(door, { ...env, PUBLIC_URL: 'http://127.0.0.1:8080' }))).toEqual([]);
});
