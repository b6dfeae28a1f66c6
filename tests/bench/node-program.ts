/**
 * A node as the bench runs it: its own main.ts, profiled if that is asked for.
 */
import { startProfiler } from './profiler.ts';

startProfiler('node');
await import('../../node/main.ts');
