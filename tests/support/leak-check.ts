/**
 * Setup of every test file: a file that leaves a pool, a server, a process or a loop behind, or under which
 * listeners have gathered, fails with its name. Its hook is the first, so that it runs after all others.
 */
import { afterAll, inject } from 'vitest';
import { takeCrowds, watchCrowds, watchLeaks, watchSleeps } from './leaks.ts';

watchSleeps();
watchCrowds();
const adminUrl = inject('adminUrl');
const leaks = watchLeaks(adminUrl === undefined ? 0 : Number(new URL(adminUrl).port));

afterAll(async () => {
  const left = [...(await leaks()), ...(await takeCrowds())];
  if (left.length > 0) throw new Error(`this test file left behind:\n${left.join('\n')}`);
});
