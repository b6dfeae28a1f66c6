/**
 * What a test file may not leave behind: open connections to the tests' cluster (pools), listening servers,
 * child processes, and loops asleep on the clock; nor ever more than ten listeners on one signal or emitter.
 * Told with what names it, for whoever has to find it.
 */
import type { ChildProcess } from 'node:child_process';
import { Server, Socket } from 'node:net';
import { type Clock, systemClock } from '../../shared/clock.ts';

/** How long what was told to end may take to do so, on a machine that does much else. */
const PATIENCE_MS = 20_000;
const POLL_MS = 10;

/** Remembers what is open now; the answer resolves with what has come since and stays, one line each. */
export function watchLeaks(databasePort: number, patienceMs = PATIENCE_MS): () => Promise<string[]> {
  const things = openThings(databasePort);
  // A loop that an earlier file left sleeps again and again: it is known by where it does.
  const before = new Set<unknown>([...things.keys(), ...[...sleeping.values()].map(lineOfSleep)]);
  return async () => {
    const until = performance.now() + patienceMs;
    for (;;) {
      const left = [...openThings(databasePort)].filter(
        ([thing, line]) => !before.has(thing) && !before.has(line),
      );
      if (left.length === 0 || performance.now() > until) return left.map(([, line]) => line).toSorted();
      await unwatchedSleep(POLL_MS);
    }
  };
}

function openThings(databasePort: number): Map<unknown, string> {
  const found = new Map<unknown, string>();
  // Not documented, but it knows the things themselves; process.getActiveResourcesInfo only counts them.
  const handles = (process as unknown as { _getActiveHandles(): unknown[] })._getActiveHandles();
  for (const handle of handles) {
    const line = lineOf(handle, databasePort);
    if (line !== undefined) found.set(handle, line);
  }
  for (const [key, sleep] of sleeping) found.set(key, lineOfSleep(sleep));
  return found;
}

function lineOf(handle: unknown, databasePort: number): string | undefined {
  if (handle instanceof Server)
    return handle.listening ? `a server at ${JSON.stringify(handle.address())}` : undefined;
  if (handle instanceof Socket)
    return handle.remotePort === databasePort ? 'a pool: a connection to the database' : undefined;
  if (typeof handle === 'object' && handle !== null && 'spawnargs' in handle)
    return `a process: ${(handle as ChildProcess).spawnargs.slice(0, 3).join(' ')}`;
  return undefined;
}

/** What Node has warned of since it was asked last: more than ten listeners on one thing, and whose. */
const crowds: string[] = [];

/** Makes such crowds known. Once a worker. */
export function watchCrowds(): void {
  if (!process.listeners('warning').includes(noteCrowd)) process.on('warning', noteCrowd);
}

/** The crowds that have come since the last call, one line each. */
export async function takeCrowds(): Promise<string[]> {
  // Warnings come a tick after what they are about.
  await new Promise((resolve) => setImmediate(resolve));
  return crowds.splice(0);
}

function noteCrowd({ name, message, stack = '' }: Error): void {
  if (name !== 'MaxListenersExceededWarning') return;
  const [count = message] = /\d+ \w+ listeners added to \S+/.exec(message) ?? [];
  crowds.push(`a crowd: ${count} ${callerOf(stack)}`);
}

/** Its stack is costly to write out, and hardly ever asked for. */
interface Sleep {
  readonly ms: number;
  readonly askedFrom: Error;
}

const sleeping = new Map<object, Sleep>();
let unwatchedSleep: Clock['sleep'] = systemClock.sleep;

/** Makes every sleep of the system's clock known, with the place that it was asked from. Once a worker. */
export function watchSleeps(): void {
  if (systemClock.sleep !== unwatchedSleep) return;
  unwatchedSleep = systemClock.sleep.bind(systemClock);
  const watched: Clock['sleep'] = async (ms, signal) => {
    const key = {};
    sleeping.set(key, { ms, askedFrom: new Error('asked from') });
    try {
      await unwatchedSleep(ms, signal);
    } finally {
      sleeping.delete(key);
    }
  };
  Object.assign(systemClock, { sleep: watched });
}

function lineOfSleep({ ms, askedFrom: { stack = '' } }: Sleep): string {
  return `a loop: asleep for ${Math.round(ms)} ms ${callerOf(stack)}`;
}

/** The first line of a stack that is neither this file nor the clock. */
function callerOf(stack: string): string {
  const lines = stack.split('\n').slice(1);
  return (lines.find((line) => !/leaks\.ts|clock\.ts|node:|new Promise/.test(line)) ?? '').trim();
}
