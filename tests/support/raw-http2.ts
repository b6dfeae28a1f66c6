/**
 * A peer with a certificate that writes HTTP/2 frames by hand, for what no client library would send.
 * Source: RFC 9113 (frames), RFC 7541 (literal headers without indexing).
 */
import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import type { TlsMaterial } from '../../shared/grpc/tls.ts';

export const FRAME = {
  DATA: 0,
  HEADERS: 1,
  RST_STREAM: 3,
  SETTINGS: 4,
  PING: 6,
  GOAWAY: 7,
  CONTINUATION: 9,
} as const;
const ACK = 1;
export const END_STREAM = 1;
export const END_HEADERS = 4;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** One frame as bytes. */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Headers as a block, each a literal. */
export function headerBlock(headers: readonly (readonly [name: string, value: string])[]): Buffer {
  return Buffer.concat(headers.flatMap(([name, value]) => [Buffer.from([0]), literal(name), literal(value)]));
}

function literal(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length: number[] = [];
  let rest = bytes.length;
  if (rest < 127) length.push(rest);
  else {
    length.push(127);
    for (rest -= 127; rest >= 128; rest = rest >>> 7) length.push((rest & 127) | 128);
    length.push(rest);
  }
  return Buffer.concat([Buffer.from(length), bytes]);
}

/** What opens a gRPC call to `path`. */
export function callHeaders(path: string, more: readonly (readonly [string, string])[] = []): Buffer {
  return headerBlock([
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', path],
    [':authority', 'node'],
    ['content-type', 'application/grpc'],
    ['te', 'trailers'],
    ['grpc-timeout', '60S'],
    ...more,
  ]);
}

export interface RawPeer extends AsyncDisposable {
  readonly socket: TLSSocket;
  /** Frames received so far. */
  readonly frames: Frame[];
  readonly closed: boolean;
  send(...frames: Buffer[]): void;
}

/**
 * Connects, with the preface and empty settings sent; settings and pings of the server are acknowledged, so
 * that it sees no dead peer. Rejects if the handshake fails.
 */
export async function connectRaw(port: number, tls: TlsMaterial): Promise<RawPeer> {
  const socket = connect({
    ...tls,
    port,
    host: '127.0.0.1',
    servername: 'x',
    ALPNProtocols: ['h2'],
    checkServerIdentity: () => undefined,
  });
  const frames: Frame[] = [];
  let held = Buffer.alloc(0);
  let closed = false;
  socket.on('data', (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    while (held.length >= 9 && held.length >= 9 + held.readUIntBE(0, 3)) {
      const end = 9 + held.readUIntBE(0, 3);
      const [type, flags, stream] = [held.readUInt8(3), held.readUInt8(4), held.readUInt32BE(5)];
      const payload = held.subarray(9, end);
      frames.push({ type, flags, stream, payload });
      if ((type === FRAME.SETTINGS || type === FRAME.PING) && flags === 0) {
        socket.write(frame(type, ACK, 0, type === FRAME.PING ? payload : undefined));
      }
      held = held.subarray(end);
    }
  });
  await once(socket, 'secureConnect');
  socket.on('error', () => undefined);
  socket.on('close', () => {
    closed = true;
  });
  socket.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(FRAME.SETTINGS, 0, 0)]));
  return {
    socket,
    frames,
    get closed() {
      return closed;
    },
    send: (...sent) => void socket.write(Buffer.concat(sent)),
    [Symbol.asyncDispose]: async () => void socket.destroy(),
  };
}
