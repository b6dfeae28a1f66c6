/**
 * Processes and their listening sockets as the kernel shows them (Linux): for tests that look at running
 * programs from outside.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** `pid` and all that descends from it. */
export function treeOf(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(Number(name));
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const tree = [pid];
  for (const each of tree) tree.push(...(children.get(each) ?? []));
  return tree;
}

function parentOf(pid: number): number | undefined {
  // pid (name, which may hold anything) state ppid …
  const stat = read(`/proc/${pid}/stat`);
  return stat === '' ? undefined : Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

/** The arguments that everybody on the machine may read. */
export function argumentsOf(pid: number): string[] {
  return read(`/proc/${pid}/cmdline`).split('\0').slice(0, -1);
}

/** The variables of a process of ours. */
export function environmentOf(pid: number): Map<string, string> {
  const entries = read(`/proc/${pid}/environ`)
    .split('\0')
    .filter((entry) => entry.includes('='));
  return new Map(
    entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
}

export interface Listening {
  readonly pid: number;
  /** `127.0.0.1`, `::1`; as hexadecimal words if it is another. */
  readonly address: string;
  readonly port: number;
}

const LISTEN = '0A';
const LOOPBACK: Readonly<Record<string, string>> = {
  '0100007F': '127.0.0.1',
  '00000000000000000000000001000000': '::1',
};

/** TCP sockets that `pids` listen on. */
export function listeningSockets(pids: readonly number[]): Listening[] {
  const sockets = new Map<string, Omit<Listening, 'pid'>>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of read(table).split('\n').slice(1)) {
      const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
      const [address = '', port = ''] = local.split(':');
      if (state !== LISTEN) continue;
      sockets.set(inode, { address: LOOPBACK[address] ?? address, port: Number.parseInt(port, 16) });
    }
  }
  return pids.flatMap((pid) =>
    descriptorsOf(pid).flatMap((target) => {
      const socket = sockets.get(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? '');
      return socket === undefined ? [] : [{ pid, ...socket }];
    }),
  );
}

function descriptorsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => readLink(`/proc/${pid}/fd/${fd}`));
  } catch {
    return [];
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
