/**
 * A service with all four kinds of call, built from a descriptor instead of generated code, and a hub and
 * nodes with certificates to serve and call it.
 */
import { create, createFileRegistry } from '@bufbuild/protobuf';
import type { GenService } from '@bufbuild/protobuf/codegenv2';
import {
  type BytesValueSchema,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  file_google_protobuf_wrappers,
} from '@bufbuild/protobuf/wkt';
import { pino } from 'pino';
import { type Authority, createAuthority } from '../../deploy/pki/authority.ts';
import type { AuthTable } from '../../shared/grpc/auth-table.ts';
import { AUTH_TABLE } from '../../shared/grpc/auth-table.ts';
import {
  type Channel,
  type ChannelOptions,
  type Client,
  createChannel,
  createClient,
} from '../../shared/grpc/client.ts';
import type { Peer } from '../../shared/grpc/peer.ts';
import type { CallEvent } from '../../shared/grpc/served-call.ts';
import { type GrpcServer, type GrpcServerOptions, startGrpcServer } from '../../shared/grpc/server.ts';
import { type Handlers, implement } from '../../shared/grpc/service.ts';
import type { TlsMaterial } from '../../shared/grpc/tls.ts';
import { describeError, type Logger } from '../../shared/log.ts';

type Bytes = typeof BytesValueSchema;
type EchoMethods = {
  ask: { methodKind: 'unary'; input: Bytes; output: Bytes };
  listen: { methodKind: 'server_streaming'; input: Bytes; output: Bytes };
  tell: { methodKind: 'client_streaming'; input: Bytes; output: Bytes };
  talk: { methodKind: 'bidi_streaming'; input: Bytes; output: Bytes };
};

const BYTES = '.google.protobuf.BytesValue';
const method = (name: string, clientStreaming: boolean, serverStreaming: boolean) => ({
  name,
  inputType: BYTES,
  outputType: BYTES,
  clientStreaming,
  serverStreaming,
});

const echoFile = create(FileDescriptorProtoSchema, {
  name: 'test/echo.proto',
  package: 'test',
  syntax: 'proto3',
  dependency: ['google/protobuf/wrappers.proto'],
  service: [
    {
      name: 'Echo',
      method: [
        method('Ask', false, false),
        method('Listen', false, true),
        method('Tell', true, false),
        method('Talk', true, true),
      ],
    },
  ],
});

export const Echo = createFileRegistry(
  create(FileDescriptorSetSchema, { file: [file_google_protobuf_wrappers.proto, echoFile] }),
).getService('test.Echo') as unknown as GenService<EchoMethods>;

export const ECHO_AUTH: AuthTable = {
  ...AUTH_TABLE,
  'test.Echo.Ask': ['hub'],
  'test.Echo.Listen': ['hub'],
  'test.Echo.Tell': ['hub'],
  'test.Echo.Talk': ['hub', 'node'],
};

export const HUB: Peer = { kind: 'hub' };
export const node = (province: string): Peer => ({ kind: 'node', province });

export const authority: Authority = await createAuthority();
export const hubTls = await authority.issue(HUB);
const nodeTls = await authority.issue(node('24'));

/** `text` as a message of the service. */
export const value = (text: string) => ({ value: Buffer.from(text) });
export const textOf = (message: { value: Uint8Array }) => Buffer.from(message.value).toString();

/** Handlers that answer with what they were told. */
export const echoHandlers: Handlers<typeof Echo> = {
  ask: async (request) => request,
  listen: async function* (request) {
    for (const letter of textOf(request)) yield value(letter);
  },
  tell: async (requests) => {
    let all = '';
    for await (const request of requests) all += textOf(request);
    return value(all);
  },
  talk: async function* (requests) {
    for await (const request of requests) yield value(`${textOf(request)}!`);
  },
};

/** A server of node 24, what it logged, and the calls that it finished. */
export interface EchoServer extends AsyncDisposable {
  readonly grpc: GrpcServer;
  readonly address: string;
  readonly logged: string[];
  readonly events: CallEvent[];
  readonly logger: Logger;
  readonly tls: TlsMaterial;
}

export async function startEcho(
  handlers: Partial<Handlers<typeof Echo>> = {},
  options: Partial<GrpcServerOptions> = {},
): Promise<EchoServer> {
  const logged: string[] = [];
  const events: CallEvent[] = [];
  const logger = pino({ serializers: { err: describeError } }, { write: (line) => logged.push(line) });
  const grpc = await startGrpcServer({
    listen: '127.0.0.1:0',
    tls: nodeTls,
    services: [implement(Echo, { ...echoHandlers, ...handlers })],
    auth: ECHO_AUTH,
    logger,
    drainMs: 200,
    onCall: (event) => events.push(event),
    ...options,
  });
  const dispose = () => grpc[Symbol.asyncDispose]();
  const address = `127.0.0.1:${grpc.port}`;
  return { grpc, address, logged, events, logger, tls: nodeTls, [Symbol.asyncDispose]: dispose };
}

/** The hub's channel to node 24 at `address`. */
export function openChannel(address: string, options: Pick<ChannelOptions, 'keepalive'> = {}): Channel {
  return createChannel({ address, tls: hubTls, expectPeer: node('24'), ...options });
}

export interface EchoClient extends AsyncDisposable {
  readonly channel: Channel;
  readonly echo: Client<typeof Echo>;
}

export function connectEcho(address: string, options: Pick<ChannelOptions, 'keepalive'> = {}): EchoClient {
  const channel = openChannel(address, options);
  return { channel, echo: createClient(Echo, channel), [Symbol.asyncDispose]: async () => channel.close() };
}

/** Options of a call that nobody cancels. */
export const inTime = (deadlineMs = 20_000) => ({ deadlineMs, signal: new AbortController().signal });

/** What a promise failed with; fails the test if it did not. */
export async function failureOf(
  promise: Promise<unknown>,
): Promise<{ code: string; reason: string; message: string }> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(outcome instanceof Error)) throw new Error('it did not fail');
  return outcome as unknown as { code: string; reason: string; message: string };
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
