/**
 * The gRPC adapter between two ends in one process: all kinds of call, what is refused, what an error means
 * to its caller, cancellation, limits, backpressure, draining.
 */

import { expect, test } from 'vitest';
import { type Clock, systemClock } from '../../shared/clock.ts';
import { invalidField, receivedError } from '../../shared/errors.ts';
import { TracingService } from '../../shared/gen/truyvet/v1/tracing_pb.ts';
import { MESSAGE_LIMIT } from '../../shared/grpc/messages.ts';
import { startGrpcServer } from '../../shared/grpc/server.ts';
import { type Handlers, type IncomingCall, implement } from '../../shared/grpc/service.ts';
import { newId } from '../../shared/ids.ts';
import {
  collect,
  connectEcho,
  type Echo,
  failureOf,
  inTime,
  startEcho,
  textOf,
  value,
} from '../support/grpc-echo.ts';
import { waitFor } from '../support/wait.ts';

type EchoHandlers = Handlers<typeof Echo>;

/** A handler's promise that only its signal ends. */
function untilAborted({ signal }: IncomingCall): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}

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
  expect(await collect(client.echo.talk([], inTime()))).toEqual([]);
  await waitFor('the log', () => server.events.length === 5);
  expect(
    server.events.map(({ code, messagesIn, messagesOut }) => ({ code, messagesIn, messagesOut })),
  ).toEqual([
    { code: 'OK', messagesIn: 1, messagesOut: 1 },
    { code: 'OK', messagesIn: 1, messagesOut: 3 },
    { code: 'OK', messagesIn: 2, messagesOut: 1 },
    { code: 'OK', messagesIn: 2, messagesOut: 2 },
    { code: 'OK', messagesIn: 0, messagesOut: 0 },
  ]);
});

test('a stream answers while it is still asked, and goes on after the last question', async () => {
  const talk: EchoHandlers['talk'] = async function* (requests) {
    for await (const request of requests) yield request;
    for (const word of ['still', 'here']) yield value(word);
  };
  await using server = await startEcho({ talk });
  await using client = connectEcho(server.address);
  let answer!: () => void;
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  async function* questions() {
    yield value('first');
    await answered;
    yield value('second');
  }
  const heard: string[] = [];
  for await (const message of client.echo.talk(questions(), inTime())) {
    heard.push(textOf(message));
    answer();
  }
  expect(heard).toEqual(['first', 'second', 'still', 'here']);
});

test('what is already encoded is sent as it is, in both directions', async () => {
  const encoded = Uint8Array.from([0x0a, 0x02, 0x68, 0x69]);
  const talk: EchoHandlers['talk'] = async function* (requests) {
    for await (const request of requests) if (textOf(request) === 'hi') yield encoded;
  };
  await using server = await startEcho({ talk, ask: async () => encoded });
  await using client = connectEcho(server.address);
  expect((await collect(client.echo.talk([encoded, encoded], inTime()))).map(textOf)).toEqual(['hi', 'hi']);
  expect(textOf(await client.echo.ask(encoded, inTime()))).toBe('hi');
});

test('a handler knows who calls, until when, and under which id', async () => {
  const seen: IncomingCall[] = [];
  await using server = await startEcho({
    ask: async (request, call) => {
      seen.push(call);
      return request;
    },
  });
  await using client = connectEcho(server.address);
  const requestId = newId();
  await client.echo.ask({}, { ...inTime(5_000), requestId });
  const [context] = seen;
  expect(context).toMatchObject({ peer: { kind: 'hub' }, requestId, method: 'test.Echo.Ask' });
  expect(context?.deadlineMs).toBeGreaterThan(1_000);
  expect(context?.deadlineMs).toBeLessThanOrEqual(5_000);
  expect(server.events).toMatchObject([{ peer: 'hub', requestId, method: 'test.Echo.Ask', code: 'OK' }]);
});

const failing = (error: unknown): Partial<EchoHandlers> => ({
  ask: async () => {
    throw error;
  },
  listen: async function* () {
    yield value('first');
    throw error;
  },
  tell: async (requests) => {
    for await (const _ of requests) throw error;
    return {};
  },
  talk: async function* (requests) {
    for await (const request of requests) {
      yield request;
      throw error;
    }
  },
});

const tooLong = 'x'.repeat(5_000);

test.each([
  [
    'an AppError',
    invalidField('onset_on', 'TOO_EARLY', { earliest: '1972-01-01' }),
    {
      code: 'INVALID_ARGUMENT',
      reason: 'INVALID_FIELD',
      message: 'onset_on: must not be before 1972-01-01',
      details: [{ field: 'onset_on', reason: 'TOO_EARLY', params: { earliest: '1972-01-01' } }],
    },
  ],
  [
    'UNAVAILABLE of its own',
    receivedError('UNAVAILABLE', 'DOWN', 'try later', { params: { number: 7, Lan: 'x' } }),
    { code: 'UNAVAILABLE', reason: 'DOWN', message: 'try later', params: { number: 7 } },
  ],
  [
    'a message in Vietnamese',
    receivedError('NOT_FOUND', 'NO_TRACE', 'không tìm thấy', {}),
    { code: 'NOT_FOUND', reason: 'NO_TRACE', message: 'không tìm thấy' },
  ],
  [
    'half a surrogate pair',
    receivedError('ABORTED', 'ODD', 'half \ud83d', {}),
    { code: 'ABORTED', reason: 'ODD', message: 'half \ufffd' },
  ],
  [
    'a very long message',
    receivedError('ABORTED', 'LONG', tooLong, {}),
    { code: 'ABORTED', reason: 'LONG', message: tooLong.slice(0, 500) },
  ],
  [
    'any other error',
    new Error('password=secret'),
    {
      code: 'INTERNAL',
      reason: 'INTERNAL',
      message: expect.stringMatching(/^internal error \(request [0-9a-f-]{36}\)$/),
    },
  ],
  ['what is no error', 'secret', { code: 'INTERNAL', reason: 'INTERNAL' }],
])(
  'a handler that throws %s: its caller learns what it may, of every kind of call',
  async (_, error, expected) => {
    await using server = await startEcho(failing(error));
    await using client = connectEcho(server.address);
    const heard: string[] = [];
    const listen = async (answers: AsyncIterable<{ value: Uint8Array }>) => {
      for await (const answer of answers) heard.push(textOf(answer));
    };
    expect(await failureOf(client.echo.ask(value('?'), inTime()))).toMatchObject(expected);
    expect(await failureOf(listen(client.echo.listen(value('?'), inTime())))).toMatchObject(expected);
    expect(await failureOf(client.echo.tell([value('?')], inTime()))).toMatchObject(expected);
    expect(await failureOf(listen(client.echo.talk([value('first')], inTime())))).toMatchObject(expected);
    expect(heard).toEqual(['first', 'first']);
    expect(server.logged.join()).not.toContain('secret');
    expect(server.events.map(({ code }) => code)).toEqual(Array(4).fill(expected.code));
  },
);

test('a call that was malformed is refused with a reason, and the handler never sees it', async () => {
  const malformed = Uint8Array.from([0x0a, 0x7f, 0x00]);
  let served = 0;
  await using server = await startEcho({
    ask: async (request) => {
      served++;
      return request;
    },
  });
  await using client = connectEcho(server.address);
  const expected = { code: 'INVALID_ARGUMENT', reason: 'MALFORMED_MESSAGE' };
  expect(await failureOf(client.echo.ask(malformed, inTime()))).toMatchObject(expected);
  expect(await failureOf(client.echo.tell([malformed], inTime()))).toMatchObject(expected);
  expect(await failureOf(collect(client.echo.talk([malformed], inTime())))).toMatchObject(expected);
  expect(served).toBe(0);
});

test('an answer that is malformed is the fault of the peer, and ends the call there', async () => {
  const malformed = Uint8Array.from([0x0a, 0x7f, 0x00]);
  await using server = await startEcho({
    ask: async () => malformed,
    listen: async function* (_, call) {
      yield malformed;
      await untilAborted(call);
    },
  });
  await using client = connectEcho(server.address);
  const expected = { code: 'INTERNAL', reason: 'MALFORMED_ANSWER', message: 'node/24: not a BytesValue' };
  expect(await failureOf(client.echo.ask({}, inTime()))).toMatchObject(expected);
  expect(await failureOf(collect(client.echo.listen({}, inTime())))).toMatchObject(expected);
  await waitFor('cancellation', () => server.events.some(({ code }) => code === 'CANCELLED'));
});

test.each(['ask', 'listen', 'tell', 'talk'] as const)(
  'a deadline reaches the caller of %s and the handler',
  async (kind) => {
    const aborted: unknown[] = [];
    const wait = async (call: IncomingCall) => {
      try {
        return await untilAborted(call);
      } catch (why) {
        aborted.push(why);
        throw why;
      }
    };
    await using server = await startEcho({
      ask: (_, call) => wait(call),
      listen: async function* (_, call) {
        yield await wait(call);
      },
      tell: (_, call) => wait(call),
      talk: async function* (_, call) {
        yield await wait(call);
      },
    });
    await using client = connectEcho(server.address);
    const calls = {
      ask: () => client.echo.ask({}, inTime(300)),
      listen: () => collect(client.echo.listen({}, inTime(300))),
      tell: () => client.echo.tell([{}], inTime(300)),
      talk: () => collect(client.echo.talk([{}], inTime(300))),
    };
    await waitFor('the connection', () => client.channel.state === 'ready');
    expect(await failureOf(calls[kind]())).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    await waitFor('the handler to notice', () => aborted.length === 1);
    expect(aborted[0]).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    await waitFor('the log', () => server.events.length === 1);
    expect(server.events[0]).toMatchObject({ code: 'DEADLINE_EXCEEDED', reason: 'DEADLINE_EXCEEDED' });
  },
);

test('cancelling by signal, or by leaving a stream, is seen by the handler', async () => {
  const endless: EchoHandlers['listen'] = async function* (request, call) {
    yield request;
    await untilAborted(call);
  };
  await using server = await startEcho({
    listen: endless,
    ask: (_, call) => untilAborted(call),
    talk: endless as never,
  });
  await using client = connectEcho(server.address);
  const cancel = new AbortController();
  const options = { deadlineMs: 20_000, signal: cancel.signal };
  const asked = failureOf(client.echo.ask({}, options));
  const heard = client.echo.listen(value('x'), options);
  expect(textOf((await heard.next()).value)).toBe('x');
  cancel.abort();
  expect(await asked).toMatchObject({ code: 'CANCELLED', reason: 'CANCELLED' });
  expect(await failureOf(heard.next() as Promise<unknown>)).toMatchObject({ code: 'CANCELLED' });
  for await (const _ of client.echo.listen(value('x'), inTime())) break;
  await waitFor(
    'three cancelled calls',
    () => server.events.filter(({ code }) => code === 'CANCELLED').length === 3,
  );
  expect(await failureOf(client.echo.ask({}, options))).toMatchObject({ code: 'CANCELLED' });
});

test('many calls may share one signal', async () => {
  await using server = await startEcho();
  await using client = connectEcho(server.address);
  const warnings: Error[] = [];
  const listener = (warning: Error) => warnings.push(warning);
  process.on('warning', listener);
  const options = inTime();
  await Promise.all(Array.from({ length: 64 }, () => client.echo.ask(value('x'), options)));
  process.off('warning', listener);
  expect(warnings).toEqual([]);
});

test('what the caller’s own questions throw comes back to it, and ends the call', async () => {
  const broken = new Error('the database of the caller is down');
  async function* questions() {
    yield value('x');
    throw broken;
  }
  await using server = await startEcho();
  await using client = connectEcho(server.address);
  await expect(collect(client.echo.talk(questions(), inTime()))).rejects.toBe(broken);
  await expect(client.echo.tell(questions(), inTime())).rejects.toBe(broken);
});

test('a server that needs no more questions leaves the caller’s in order', async () => {
  await using server = await startEcho({ tell: async () => value('enough') });
  await using client = connectEcho(server.address);
  let left = false;
  async function* questions() {
    try {
      for (;;) {
        yield value('more');
        await systemClock.sleep(1);
      }
    } finally {
      left = true;
    }
  }
  expect(textOf(await client.echo.tell(questions(), inTime()))).toBe('enough');
  await waitFor('the questions to be left', () => left);
});

const oversized = () => ({ value: new Uint8Array(MESSAGE_LIMIT + 1) });

test('a message of the limit passes; beyond it, caller and peer say so', async () => {
  await using server = await startEcho({
    listen: async function* () {
      yield oversized();
    },
  });
  await using client = connectEcho(server.address);
  const largest = await client.echo.ask({ value: new Uint8Array(MESSAGE_LIMIT - 16) }, inTime());
  expect(largest.value).toHaveLength(MESSAGE_LIMIT - 16);
  const tooLarge = {
    code: 'RESOURCE_EXHAUSTED',
    reason: 'MESSAGE_TOO_LARGE',
    message: expect.stringContaining('larger than'),
  };
  expect(await failureOf(client.echo.ask(oversized(), inTime()))).toMatchObject(tooLarge);
  expect(await failureOf(collect(client.echo.talk([oversized()], inTime())))).toMatchObject(tooLarge);
  expect(await failureOf(collect(client.echo.listen({}, inTime())))).toMatchObject(tooLarge);
});

test('who is not read from does not go on writing, in either direction', async () => {
  const chunk = new Uint8Array(256 * 1024);
  // Both windows, both write-aheads, what both ends read ahead: less than 32 MiB; without waiting it would
  // be 64.
  const [limit, all] = [128, 256];
  let written = 0;
  let ended = false;
  await using server = await startEcho({
    listen: async function* () {
      for (; written < all; written++) yield { value: chunk };
    },
    tell: async (_, call) => {
      await untilAborted(call);
      return {};
    },
  });
  await using client = connectEcho(server.address);
  const heard = client.echo.listen({}, inTime());
  await heard.next();
  await settled(() => written);
  expect(written).toBeLessThan(limit);
  expect((await collect(heard)).length).toBe(all - 1);

  let sent = 0;
  function* questions() {
    for (; sent < all; sent++) yield { value: chunk };
    ended = true;
  }
  const cancel = new AbortController();
  const told = failureOf(client.echo.tell(questions(), { deadlineMs: 20_000, signal: cancel.signal }));
  await settled(() => sent);
  expect(sent).toBeLessThan(limit);
  cancel.abort();
  expect(await told).toMatchObject({ code: 'CANCELLED' });
  expect(ended).toBe(false);
});

/** Resolves when a count has stopped growing. */
async function settled(count: () => number): Promise<void> {
  let last = -1;
  await waitFor('a standstill', async () => {
    const before = last;
    last = count();
    await systemClock.sleep(100);
    return last > 0 && before === last && last === count();
  });
}

test('a method without a row in the auth table stops start-up', async () => {
  const start = startEcho({}, { auth: { 'test.Echo.Ask': ['hub'] } });
  expect(await failureOf(start)).toMatchObject({
    code: 'FAILED_PRECONDITION',
    reason: 'AUTH_ROW_MISSING',
    message: expect.stringContaining('test.Echo.Listen, test.Echo.Tell, test.Echo.Talk'),
  });
});

test.each([
  ['a port that is taken', (taken: string) => ({ listen: taken }), 'LISTEN_FAILED'],
  ['a key of another certificate', () => ({ tls: { ca: '', cert: 'x', key: 'y' } }), 'INVALID_CONFIG'],
])('%s stops start-up', async (_, options, reason) => {
  await using server = await startEcho();
  expect(await failureOf(startEcho({}, options(server.address)))).toMatchObject({ reason });
});

test('the shipped table covers our own services', async () => {
  await using server = await startEcho();
  const services = [
    implement(TracingService, {
      trace: async function* () {},
      assign: async () => ({}),
      readAuditLog: async function* () {},
    }),
  ];
  const { tls, logger } = server;
  await using own = await startGrpcServer({ listen: '127.0.0.1:0', tls, logger, services });
  expect(own.port).toBeGreaterThan(0);
});

test('a stopping server lets calls finish, then aborts what still runs', async () => {
  let arrived = false;
  const handlers: Partial<EchoHandlers> = {
    ask: async (request) => {
      arrived = true;
      await systemClock.sleep(50);
      return request;
    },
    talk: async function* (_, call) {
      yield value('x');
      await untilAborted(call);
    },
  };
  // Longer than the client's keepalive, which would cut off the calls of a connection that was told to close.
  const server = await startEcho(handlers, { drainMs: 1_500 });
  await using client = connectEcho(server.address, { keepalive: { timeMs: 400, timeoutMs: 600 } });
  const talk = client.echo.talk([], inTime());
  await talk.next();
  const asked = client.echo.ask(value('last'), inTime());
  await waitFor('the call to arrive', () => arrived);
  const stopped = server[Symbol.asyncDispose]();
  expect(textOf(await asked)).toBe('last');
  const stopping = { code: 'UNAVAILABLE', reason: 'SHUTTING_DOWN' };
  expect(await failureOf(client.echo.ask(value('late'), inTime()))).toMatchObject(stopping);
  expect(await failureOf(talk.next() as Promise<unknown>)).toMatchObject(stopping);
  await stopped;
  expect(server.events.map(({ code, reason }) => ({ code, reason }))).toEqual([
    { code: 'OK', reason: '' },
    stopping,
    stopping,
  ]);
  expect(await failureOf(client.echo.ask({}, inTime()))).toMatchObject({
    code: 'UNAVAILABLE',
    reason: 'PEER_UNREACHABLE',
  });
});

test('a server that stopped leaves no timer that would keep its program alive', async () => {
  let sleeping = 0;
  const sleep: Clock['sleep'] = async (ms, signal) => {
    sleeping++;
    await systemClock.sleep(ms, signal);
    sleeping--;
  };
  const server = await startEcho({}, { clock: { ...systemClock, sleep }, drainMs: 600_000 });
  await using client = connectEcho(server.address);
  await client.echo.ask({}, inTime());
  await server[Symbol.asyncDispose]();
  await waitFor('no timer', () => sleeping === 0);
});

test('a closed channel says so, and so does a peer that is not there', async () => {
  const server = await startEcho();
  const client = connectEcho(server.address);
  await client.echo.ask({}, inTime());
  client.channel.close();
  expect(client.channel.state).toBe('closed');
  expect(await failureOf(client.echo.ask({}, inTime()))).toMatchObject({
    code: 'UNAVAILABLE',
    reason: 'CHANNEL_CLOSED',
  });
  await server[Symbol.asyncDispose]();
  await using orphan = connectEcho(server.address);
  expect(await failureOf(orphan.echo.ask({}, inTime()))).toMatchObject({
    code: 'UNAVAILABLE',
    reason: 'PEER_UNREACHABLE',
  });
});
