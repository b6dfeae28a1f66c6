/**
 * Notices that whoever started us is gone. `npm run` puts npm and a shell between caller and program, and
 * those live on when the caller is killed: so every link of that chain is watched, up to the caller.
 */
import { readFile } from 'node:fs/promises';
import { systemClock } from '../../shared/clock.ts';

const POLL_MS = 400;

/** Resolves when the caller, or one of the links to it, is gone; or, never noticing, when `signal` aborts. */
export async function callerGone(signal: AbortSignal): Promise<void> {
  const chain = await findChain(process.pid);
  const firstParent = process.ppid;
  while (!signal.aborted) {
    await systemClock.sleep(POLL_MS, signal);
    // The kernel gives an orphan another parent.
    if (process.ppid !== firstParent || !(await isWhole(chain))) return;
  }
}

interface Link {
  readonly pid: number;
  readonly parent: number;
}

/**
 * Links from `pid` up to the first ancestor that is neither npm nor a shell. Empty where there is no /proc.
 */
async function findChain(pid: number): Promise<Link[]> {
  const chain: Link[] = [];
  let child = pid;
  do {
    const parent = await parentOf(child);
    if (parent === undefined || parent <= 1) break;
    chain.push({ pid: child, parent });
    child = parent;
  } while (await isBetween(child));
  return chain;
}

async function isWhole(chain: readonly Link[]): Promise<boolean> {
  for (const { pid, parent } of chain) {
    if ((await parentOf(pid)) !== parent) return false;
  }
  return true;
}

const SHELLS = /^(?:sh|dash|bash|ash|zsh|ksh|busybox|npm|npx|timeout|env|nice)\b/;
const NPM = /\bnp[mx](?:-cli\.js)?(?:\0|\s|$)/;

/** Whether a process merely stands between us and the one that wanted us. */
async function isBetween(pid: number): Promise<boolean> {
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return SHELLS.test(name) || NPM.test(command.slice(0, 300));
}

/** Parent of a process by /proc; undefined if it is gone, a zombie, or there is no /proc. */
async function parentOf(pid: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // pid (name, which may hold anything) state ppid …
  const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === undefined || state === '' || state === 'Z' ? undefined : Number(parent);
}
