/**
 * A proxy before PostgreSQL that understands enough of its protocol to end a connection at one chosen
 * statement of one chosen transaction: before the statement is sent, or after the server has done it and
 * before the program hears of it. Transactions are known by the texts of their statements.
 * Source: PostgreSQL 18, chapter 54, "Message Formats".
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * Texts of a transaction's statements, `begin` and `commit` among them, in their order; a statement outside
 * of a transaction is a script of its own.
 */
export type Script = readonly string[];

/** An end of the connection at the last statement of `script`, which others may follow. */
export interface Cut {
  readonly script: Script;
  /** `unsent`: the server never hears of the statement; `sent`: it does it, and its reply is lost. */
  readonly how: 'unsent' | 'sent';
}

export interface CuttingProxy extends AsyncDisposable {
  readonly port: number;
  /** Scripts that are over, since the last call; each once. */
  takeScripts(): Script[];
  /** Cuts that have still to be made: each is made once, where its script comes first. */
  readonly pending: Cut[];
  /** Lets the next pending cut happen that can; none happens unless told. */
  allowOne(): void;
  /** Lets nothing happen any more; whether a cut has happened since it was allowed. */
  disallow(): boolean;
}

/** A proxy on 127.0.0.1 before `target`. Connections must not be encrypted. */
export async function createCuttingProxy(target: { host: string; port: number }): Promise<CuttingProxy> {
  const shared: Shared = { scripts: new Map(), pending: [], allowed: false };
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(target);
    for (const socket of [near, far]) {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
    }
    new Conversation(near, far, shared).start();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    takeScripts() {
      const scripts = [...shared.scripts.values()];
      shared.scripts.clear();
      return scripts;
    },
    pending: shared.pending,
    allowOne() {
      shared.allowed = true;
    },
    disallow() {
      const happened = !shared.allowed;
      shared.allowed = false;
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

interface Shared {
  readonly scripts: Map<string, Script>;
  readonly pending: Cut[];
  allowed: boolean;
}

/** One connection of the program. */
class Conversation {
  readonly #near: Socket;
  readonly #far: Socket;
  readonly #shared: Shared;
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

  constructor(near: Socket, far: Socket, shared: Shared) {
    this.#near = near;
    this.#far = far;
    this.#shared = shared;
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
    if (cut?.how === 'unsent') {
      this.#end();
      return;
    }
    if (type === 'Q' || type === 'S') this.#owed++;
    // An Execute is answered with the Sync that follows it.
    if (cut) this.#lostReplyIn = this.#owed + (type === 'E' ? 1 : 0);
    this.#far.write(bytes);
  }

  /** Follows the transaction; the cut that is due at this statement. */
  #onStatement(text: string): Cut | undefined {
    if (text.startsWith('begin') || !this.#script) this.#script = [];
    const script = this.#script;
    script.push(text);
    if (!(script[0] as string).startsWith('begin') || text === 'commit' || text === 'rollback') {
      this.#script = undefined;
      this.#shared.scripts.set(script.join('\n'), script);
    }
    const { pending, allowed } = this.#shared;
    if (!allowed) return undefined;
    const found = pending.findIndex((cut) => isSame(cut.script, script));
    if (found < 0) return undefined;
    this.#shared.allowed = false;
    return pending.splice(found, 1)[0];
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

function isSame(a: Script, b: Script): boolean {
  return a.length === b.length && a.every((line, i) => line === b[i]);
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

/** Numbers of parameters and rows differ from call to call; the statement is the same. */
function normal(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().toLowerCase();
}
