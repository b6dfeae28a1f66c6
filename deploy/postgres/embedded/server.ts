/**
 * The server's process: start, readiness, stop, and no life after ours.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../../shared/clock.ts';
import { AppError } from '../../../shared/errors.ts';
import { type Account, SPAWN_ENVIRONMENT } from './account.ts';
import type { ServerSettings } from './settings.ts';
import { startWatchdog } from './watchdog.ts';

export interface ServerProcess {
  readonly pid: number;
  /** Resolves when the server has ended. */
  readonly exited: Promise<void>;
  /** Ends it: by a last checkpoint, or (`fast`) without one, which the next start has to make up for. */
  stop(fast: boolean): Promise<void>;
}

export interface LaunchOptions {
  readonly program: string;
  readonly account: Account;
  readonly dataDir: string;
  readonly settings: ServerSettings;
  /** What happens when we are gone. */
  readonly watchdog: { readonly signal: 'INT' | 'QUIT'; readonly directories: readonly string[] };
}

const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 20_000;
const POLL_MS = 10;

/** Starts the server; resolves when it takes connections. Its log is `server.log` in the data directory. */
export async function launchServer(options: LaunchOptions): Promise<ServerProcess> {
  const child = await spawnServer(options);
  const pid = child.pid;
  if (pid === undefined) throw await startFailed(options.dataDir);
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const watchdog = startWatchdog(pid, options.watchdog.signal, options.watchdog.directories);
  void exited.then(() => watchdog.dismiss());
  const stop = (fast: boolean) => stopServer(child, exited, fast);
  if (!(await becomesReady(child, pid, options.dataDir))) {
    await stop(true);
    throw await startFailed(options.dataDir);
  }
  return { pid, exited, stop };
}

async function spawnServer({ program, account, dataDir, settings }: LaunchOptions): Promise<ChildProcess> {
  const words = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const [command = '', ...rest] = [...account.prefix, program, '-D', dataDir, ...words];
  const log = await open(join(dataDir, 'server.log'), 'w', 0o600);
  try {
    const child = spawn(command, rest, {
      cwd: '/',
      env: SPAWN_ENVIRONMENT,
      // In a session of its own: Ctrl-C at our terminal must not stop it before its clients.
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      ...(account.uid === undefined ? {} : { uid: account.uid, gid: account.uid }),
    });
    child.unref();
    child.on('error', () => undefined);
    return child;
  } finally {
    await log.close();
  }
}

/** The server writes its state to the eighth line of postmaster.pid; the first tells whose state that is. */
async function becomesReady(child: ChildProcess, pid: number, dataDir: string): Promise<boolean> {
  const until = systemClock.nowMs() + START_TIMEOUT_MS;
  while (!hasEnded(child) && systemClock.nowMs() < until) {
    const text = await readFile(join(dataDir, 'postmaster.pid'), 'utf8').catch(() => '');
    const lines = text.split('\n');
    if (lines[0] === `${pid}` && lines[7]?.trim() === 'ready') return true;
    await systemClock.sleep(POLL_MS);
  }
  return false;
}

async function stopServer(child: ChildProcess, exited: Promise<void>, fast: boolean): Promise<void> {
  if (hasEnded(child)) return;
  child.ref();
  child.kill(fast ? 'SIGQUIT' : 'SIGINT');
  const timer = new AbortController();
  await Promise.race([exited, systemClock.sleep(STOP_TIMEOUT_MS, timer.signal)]);
  timer.abort();
  if (!hasEnded(child)) child.kill('SIGQUIT');
  await exited;
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function startFailed(dataDir: string): Promise<AppError> {
  const log = await readFile(join(dataDir, 'server.log'), 'utf8').catch(() => 'no log');
  const message = 'the embedded PostgreSQL did not start';
  return new AppError('UNAVAILABLE', 'EMBEDDED_POSTGRES_FAILED', message, {
    cause: new Error(log.slice(-4000)),
  });
}
