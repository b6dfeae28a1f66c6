/**
 * The types that a console is compiled with are those of the API as it is.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../shared/package-root.ts';
import { apiDigestLine } from '../support/api-types.ts';

it.each(['node'] as const)('the API of a %s: npm run renew writes its types', (program) => {
  const [first] = readFileSync(join(packageRoot, program, 'web', 'api.gen.ts'), 'utf8').split('\n', 1);
  expect(first).toBe(apiDigestLine(program));
});
