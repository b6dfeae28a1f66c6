/**
 * Setup of every test file: a file that leaves a pool, a server, a process or a loop behind fails with its
 * name. Its hook is the first, so that it runs after all others.
 */
import { afterAll, inject } from 'vitest';
import { watchLeaks, watchSleeps } from './leaks.ts';

watchSleeps();
const adminUrl = inject('adminUrl');
const leaks = watchLeaks(adminUrl === undefined ? 0 : Number(new URL(adminUrl).port));

afterAll(async () => {
  const left = await leaks();
  if (left.length > 0) throw new Error(`this test file left behind:\n${left.join('\n')}`);
});
