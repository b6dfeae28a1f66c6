/**
 * Peers that freeze, die and come back, as real processes: how soon the other end knows, and that the
 * connection is made again without anybody's help.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { findFreePort } from '../../deploy/postgres/embedded.ts';
import { createChannel, createClient } from '../../shared/grpc/client.ts';
import type { Peer } from '../../shared/grpc/peer.ts';
import { LIFELINE } from '../../shared/lifeline.ts';
import { packageRoot } from '../../shared/package-root.ts';
import {
  authority,
  connectEcho,
  Echo,
  failureOf,
  HUB,
  hubTls,
  inTime,
  node,
  startEcho,
  textOf,
  value,
} from '../support/grpc-echo.ts';
import { waitFor } from '../support/wait.ts';

const program = join(packageRoot, 'dist/tests/support/echo-program.js');
let directory: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'grpc-faults-'));
  for (const [name, peer] of [
    ['hub', HUB],
    ['node', node('24')],
  ] as [string, Peer][]) {
    const { ca, cert, key } = await authority.issue(peer);
    await writeFile(join(directory, `${name}.ca`), ca);
    await writeFile(join(directory, `${name}.pem`), cert);
    await writeFile(join(directory, `${name}.key`), key, { mode: 0o600 });
  }
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

afterAll(() => rm(directory, { recursive: true }));

/** Starts the program; resolves when it has said something. */
async function start(
  role: 'serve' | 'tell' | 'talk',
  address: string,
  awaitWord = true,
): Promise<ChildProcess> {
  const files = join(directory, role === 'serve' ? 'node' : 'hub');
  const child = spawn(process.execPath, [program], {
    env: { ...LIFELINE, ECHO_ROLE: role, ECHO_ADDRESS: address, ECHO_FILES: files },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.push(child);
  if (awaitWord) for await (const _ of createInterface({ input: child.stdout! })) break;
  return child;
}

test('a frozen peer fails its calls before their deadline; it is there again when it thaws', async () => {
  const address = `127.0.0.1:${await findFreePort()}`;
  const server = await start('serve', address);
  const keepalive = { timeMs: 1_000, timeoutMs: 1_000 };
  await using channel = createChannel({ address, tls: hubTls, expectPeer: node('24'), keepalive });
  const echo = createClient(Echo, channel);
  await echo.ask(value('x'), inTime());
  server.kill('SIGSTOP');
  expect(await failureOf(echo.ask(value('x'), inTime(600_000)))).toMatchObject({
    code: 'UNAVAILABLE',
    reason: 'PEER_UNREACHABLE',
  });
  server.kill('SIGCONT');
  await waitFor(
    'the connection',
    async () => textOf(await echo.ask(value('back'), inTime(1_000))) === 'back',
  );
});

test('a connection without calls notices a frozen peer too', async () => {
  const address = `127.0.0.1:${await findFreePort()}`;
  const server = await start('serve', address);
  const keepalive = { timeMs: 1_000, timeoutMs: 1_000 };
  await using channel = createChannel({ address, tls: hubTls, expectPeer: node('24'), keepalive });
  await waitFor('the connection', () => channel.state === 'ready');
  server.kill('SIGSTOP');
  await waitFor('its loss', () => channel.state !== 'ready');
});

test('a killed peer fails running calls at once; started again, it is found again', async () => {
  const address = `127.0.0.1:${await findFreePort()}`;
  const first = await start('serve', address);
  await using client = connectEcho(address);
  const told = new AbortController();
  async function* questions() {
    yield value('x');
    await new Promise((resolve) => told.signal.addEventListener('abort', resolve));
  }
  const heard = client.echo.talk(questions(), inTime(600_000));
  await heard.next();
  first.kill('SIGKILL');
  expect(await failureOf(heard.next() as Promise<unknown>)).toMatchObject({ code: 'UNAVAILABLE' });
  told.abort();
  expect(await failureOf(client.echo.ask({}, inTime()))).toMatchObject({ code: 'UNAVAILABLE' });
  await start('serve', address);
  await waitFor(
    'the connection',
    async () => textOf(await client.echo.ask(value('back'), inTime(1_000))) === 'back',
  );
});

test.each(['tell', 'talk'] as const)(
  'a caller that dies in the middle of %s has not ended its questions',
  async (role) => {
    const ends: string[] = [];
    let heard = 0;
    async function listen(requests: AsyncIterable<unknown>) {
      try {
        for await (const _ of requests) heard++;
        ends.push('ended');
      } catch (error) {
        ends.push((error as { code: string }).code);
        throw error;
      }
      return {};
    }
    await using server = await startEcho({
      tell: listen,
      talk: async function* (requests) {
        yield await listen(requests);
      },
    });
    const caller = await start(role, server.address, false);
    await waitFor('the first question', () => heard === 1);
    caller.kill('SIGKILL');
    await waitFor('the handler to know', () => ends.length === 1);
    expect(ends).toEqual(['CANCELLED']);
    await waitFor('the log', () => server.events.length === 1);
    expect(server.events).toMatchObject([{ code: 'CANCELLED', peer: 'hub' }]);
  },
);
