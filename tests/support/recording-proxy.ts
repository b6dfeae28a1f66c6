/**
 * Stands between two programs of a federation, shows each the certificate of the other (a test has all keys),
 * and keeps what they say to each other in clear: the bytes under TLS, and the messages in them (HTTP/2 DATA
 * joined by stream). HTTP/2 itself passes through untouched.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { TLS_TERMS, type TlsMaterial } from '../../shared/grpc/tls.ts';

export interface ProxyOptions {
  /** `host:port` of the program that is meant. */
  readonly target: string;
  /** Of the program that is meant: shown to whoever connects. */
  readonly asServer: TlsMaterial;
  /** Of the program that connects: shown to the one that is meant. */
  readonly asClient: TlsMaterial;
}

export interface RecordingProxy extends AsyncDisposable {
  /** Where to connect instead of `target`. */
  readonly address: string;
  /**
   * Bytes under TLS, one buffer for each direction of each connection, then the messages in them, one a
   * stream.
   */
  recorded(): Buffer[];
}

/** Starts listening; a target that is not there yet only costs the connection. */
export async function startRecordingProxy(options: ProxyOptions): Promise<RecordingProxy> {
  const sockets = new Set<TLSSocket>();
  const conversations: Buffer[][] = [];
  const record = (from: TLSSocket, to: TLSSocket) => {
    const chunks: Buffer[] = [];
    conversations.push(chunks);
    from.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      to.write(chunk);
    });
  };
  const server = createServer({
    ...options.asServer,
    ...TLS_TERMS,
    requestCert: true,
    rejectUnauthorized: true,
    ALPNProtocols: ['h2'],
  });
  server.on('secureConnection', (near) => {
    const far = connectTo(options);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    record(near, far);
    record(far, near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    recorded: () => {
      const whole = conversations.map((chunks) => Buffer.concat(chunks));
      return [...whole, ...whole.flatMap(messagesIn)];
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function connectTo({ target, asClient }: ProxyOptions): TLSSocket {
  const { hostname, port } = new URL(`tcp://${target}`);
  return connect({
    ...asClient,
    host: hostname,
    port: Number(port),
    ...TLS_TERMS,
    ALPNProtocols: ['h2'],
    // Who it is was checked by the authority; which of ours is for the programs to care.
    checkServerIdentity: () => undefined,
  });
}

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const FRAME_HEADER = 9;
const DATA = 0;
const PADDED = 8;

/**
 * Payload of the DATA frames in one direction of an HTTP/2 connection, joined by stream (RFC 9113, 4.1 and
 * 6.1).
 */
export function messagesIn(bytes: Buffer): Buffer[] {
  const streams = new Map<number, Buffer[]>();
  let at = bytes.subarray(0, PREFACE.length).equals(PREFACE) ? PREFACE.length : 0;
  for (; at + FRAME_HEADER <= bytes.length; ) {
    const length = bytes.readUIntBE(at, 3);
    const [type, flags] = [bytes[at + 3], bytes[at + 4] as number];
    const stream = bytes.readUInt32BE(at + 5) & 0x7fffffff;
    let payload = bytes.subarray(at + FRAME_HEADER, at + FRAME_HEADER + length);
    if (type === DATA) {
      if (flags & PADDED) payload = payload.subarray(1, payload.length - (payload[0] as number));
      streams.set(stream, [...(streams.get(stream) ?? []), payload]);
    }
    at += FRAME_HEADER + length;
  }
  return [...streams.values()].map((parts) => Buffer.concat(parts));
}
