/**
 * The hub as the bench runs it: HUB_FANOUT comes from a file, so that one federation can be measured with all
 * provinces at once and, after a restart of the hub, one by one. Everything else is the hub's own main.ts.
 */
import { readFileSync } from 'node:fs';
import { startProfiler } from './profiler.ts';

startProfiler('hub');
const fanout = readFileSync(process.env.BENCH_FANOUT_FILE as string, 'utf8').trim();
if (fanout !== '') process.env.HUB_FANOUT = fanout;
await import('../../hub/main.ts');
