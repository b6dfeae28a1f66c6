/**
 * A proxy before PostgreSQL that understands enough of its protocol to end a connection at a statement:
 * before it is sent, or after the server has done it and before the program hears of it. What has been cut
 * once is known by the texts of the transaction's statements so far, and is not cut again.
 * Source: PostgreSQL 18, chapter 54, "Message Formats".
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * Where to cut: at `ends` of transactions, whose reply is lost; at `every` statement besides, of which the
 * server never hears.
 */
export type CutAt = 'ends' | 'every';

export interface CuttingProxy extends AsyncDisposable {
  readonly port: number;
  /** What has been cut, a line each: how, and the last statement. */
  readonly made: readonly string[];
  /** Cuts at the next statement that has not been cut yet; nothing is cut unless told. */
  allowOne(): void;
  /** Cuts nothing any more; whether something was since `allowOne`. */
  disallow(): boolean;
}

/** A proxy on 127.0.0.1 before `target`. Connections must not be encrypted. */
export async function createCuttingProxy(
  target: { host: string; port: number },
  at: CutAt,
): Promise<CuttingProxy> {
  const cuts: Cuts = { at, known: new Set(), made: [], allowed: false };
  const open = new Set<Socket>();
  // Without delay: messages are written one by one, and Nagle's algorithm would hold each up for 40 ms.
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ ...target, noDelay: true });
    for (const socket of [near, far]) {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
    }
    new Conversation(near, far, cuts).start();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    made: cuts.made,
    allowOne() {
      cuts.allowed = true;
    },
    disallow() {
      const happened = !cuts.allowed;
      cuts.allowed = false;
      return happened;
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

type How = 'unsent' | 'sent';

/** Of all connections of the program. */
interface Cuts {
  readonly at: CutAt;
  readonly known: Set<string>;
  readonly made: string[];
  allowed: boolean;
}

/** One connection of the program. */
class Conversation {
  readonly #near: Socket;
  readonly #far: Socket;
  readonly #cuts: Cuts;
  /** Text of each prepared statement, by name. */
  readonly #prepared = new Map<string, string>();
  /** What the next Execute runs. */
  #bound = '';
  /** The transaction that is open. */
  #script: string[] | undefined;
  /** Replies that the server still owes; one a simple query or Sync. */
  #owed = 0;
  /** The reply after which the connection ends; until then nothing reaches the program. */
  #lostReplyIn: number | undefined;

  constructor(near: Socket, far: Socket, cuts: Cuts) {
    this.#near = near;
    this.#far = far;
    this.#cuts = cuts;
  }

  start(): void {
    for (const [one, other] of [
      [this.#near, this.#far],
      [this.#far, this.#near],
    ] as const) {
      one.on('error', () => undefined);
      one.once('close', () => other.destroy());
    }
    const asked = messageReader({ startup: true }, (type, body, bytes) => this.#onRequest(type, body, bytes));
    const answered = messageReader({ startup: false }, (type, _body, bytes) => this.#onReply(type, bytes));
    this.#near.on('data', asked);
    this.#far.on('data', answered);
  }

  #onRequest(type: string, body: Buffer, bytes: Buffer): void {
    if (this.#near.destroyed) return;
    if (type === 'P') this.#prepared.set(textAt(body, 0), textAt(body, textAt(body, 0, 'length') + 1));
    if (type === 'B') this.#bound = this.#prepared.get(textAt(body, textAt(body, 0, 'length') + 1)) ?? '';
    const statement = type === 'Q' ? textAt(body, 0) : type === 'E' ? this.#bound : undefined;
    const cut = statement === undefined ? undefined : this.#onStatement(normal(statement));
    if (cut === 'unsent') {
      this.#end();
      return;
    }
    if (type === 'Q' || type === 'S') this.#owed++;
    // An Execute is answered with the Sync that follows it.
    if (cut) this.#lostReplyIn = this.#owed + (type === 'E' ? 1 : 0);
    this.#far.write(bytes);
  }

  /** Follows the transaction; how to cut at this statement, if at all. */
  #onStatement(text: string): How | undefined {
    if (text.startsWith('begin') || !this.#script) this.#script = [];
    const script = this.#script;
    // A statement for each of some rows is one.
    if (script.at(-1) !== text) script.push(text);
    const isEnd = !(script[0] as string).startsWith('begin') || text === 'commit' || text === 'rollback';
    if (isEnd) this.#script = undefined;
    if (!this.#cuts.allowed) return undefined;
    const hows: readonly How[] = isEnd ? ['sent', 'unsent'] : ['unsent'];
    const wanted = hows.slice(0, this.#cuts.at === 'every' ? undefined : Number(isEnd));
    return wanted.find((how) => this.#takes(how, script));
  }

  /** Whether a cut like this is still to be made; then it is made now. */
  #takes(how: How, script: readonly string[]): boolean {
    const cut = `${how} ${script.join('\n')}`;
    if (this.#cuts.known.has(cut)) return false;
    this.#cuts.known.add(cut);
    this.#cuts.made.push(`${how} ${script.length} ${script.at(-1)?.slice(0, 90)}`);
    this.#cuts.allowed = false;
    return true;
  }

  #onReply(type: string, bytes: Buffer): void {
    const isReady = type === 'Z';
    if (isReady && this.#owed > 0) this.#owed--;
    if (this.#lostReplyIn === undefined) this.#near.write(bytes);
    else if (isReady && --this.#lostReplyIn === 0) this.#end();
  }

  #end(): void {
    this.#near.destroy();
    this.#far.destroy();
  }
}

/** Splits a stream into messages. The first request of a connection has no type, and is passed on as ''. */
function messageReader(
  { startup }: { startup: boolean },
  onMessage: (type: string, body: Buffer, bytes: Buffer) => void,
): (chunk: Buffer) => void {
  let held = Buffer.alloc(0);
  let typed = !startup;
  return (chunk) => {
    held = Buffer.concat([held, chunk]);
    for (;;) {
      const header = typed ? 5 : 4;
      if (held.length < header) return;
      const length = held.readUInt32BE(header - 4) + header - 4;
      if (held.length < length) return;
      const bytes = held.subarray(0, length);
      held = held.subarray(length);
      const type = typed ? String.fromCharCode(bytes[0] as number) : '';
      typed = true;
      onMessage(type, bytes.subarray(header), bytes);
    }
  };
}

function textAt(body: Buffer, from: number): string;
function textAt(body: Buffer, from: number, what: 'length'): number;
function textAt(body: Buffer, from: number, what?: 'length'): string | number {
  const end = body.indexOf(0, from);
  return what === 'length' ? end : body.toString('utf8', from, end);
}

/** Values differ from call to call (a COPY has no parameters to bind); the statement is the same. */
function normal(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/'[^']*'/g, "'…'")
    .trim()
    .toLowerCase();
}
