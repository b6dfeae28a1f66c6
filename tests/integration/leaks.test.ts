/** The check of leak-check.ts: all that it is there for is found, named, and forgiven when it ends. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, inject, test } from 'vitest';
import { systemClock } from '../../shared/clock.ts';
import { openDatabase } from '../../shared/db/database.ts';
import { takeCrowds, watchLeaks } from '../support/leaks.ts';

const port = Number(new URL(inject('adminUrl')).port);

test('a pool, until it is disposed of', async () => {
  const leaks = watchLeaks(port, 50);
  const db = openDatabase(inject('adminUrl'), { max: 2, name: 'test' });
  await Promise.all([db.sql`SELECT 1`, db.sql`SELECT 2`]);
  expect(await leaks()).toEqual(Array(2).fill('a pool: a connection to the database'));
  await db[Symbol.asyncDispose]();
  expect(await leaks()).toEqual([]);
});

test('a server, until it is closed', async () => {
  const leaks = watchLeaks(port, 50);
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  expect(await leaks()).toEqual([expect.stringMatching(/^a server at .*127\.0\.0\.1/)]);
  server.close();
  expect(await leaks()).toEqual([]);
});

test('a process, until it has ended', async () => {
  const leaks = watchLeaks(port, 50);
  const child = spawn('sleep', ['600']);
  expect(await leaks()).toEqual(['a process: sleep 600']);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await leaks()).toEqual([]);
});

test('a loop, until it is stopped', async () => {
  const leaks = watchLeaks(port, 50);
  const stop = new AbortController();
  const loop = systemClock.sleep(600_000, stop.signal);
  expect(await leaks()).toEqual([
    expect.stringMatching(/^a loop: asleep for 600000 ms at .*leaks\.test\.ts/),
  ]);
  stop.abort();
  await loop;
  expect(await leaks()).toEqual([]);
});

test('a crowd: many who wait for the end of one thing', async () => {
  const stop = new AbortController();
  const waiting = Array.from({ length: 11 }, () => systemClock.sleep(600_000, stop.signal));
  expect(await takeCrowds()).toEqual([
    expect.stringMatching(/^a crowd: 11 abort listeners added to \[AbortSignal\]\. at .*leaks\.test\.ts/),
  ]);
  stop.abort();
  await Promise.all(waiting);
  expect(await takeCrowds()).toEqual([]);
});

test('what ends within the patience is no leak', async () => {
  const leaks = watchLeaks(port, 5_000);
  void systemClock.sleep(100);
  expect(await leaks()).toEqual([]);
});
