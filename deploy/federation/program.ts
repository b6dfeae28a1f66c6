/**
 * One program of the federation as a process: start, readiness, signals, restart. It lives no longer than
 * we do: its standard input is a pipe that the kernel closes with our last breath.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { systemClock } from '../../shared/clock.ts';
import type { Env } from '../../shared/config.ts';
import { AppError } from '../../shared/errors.ts';
import { LIFELINE } from '../../shared/lifeline.ts';

export interface ProgramOptions {
  /** For messages: `hub`, `node 24`. */
  readonly name: string;
  /** JavaScript file. */
  readonly script: string;
  readonly env: Env;
  /** Answers 200 when the program is ready. */
  readonly readyUrl: string;
  /** Both streams are appended to it. */
  readonly logFile: string;
}

/** A program of a federation, however it runs. */
export interface LaunchedProgram extends AsyncDisposable {
  readonly options: ProgramOptions;
  readonly pid: number;
  readonly running: boolean;
  readonly exited: Promise<void>;
  start(signal?: AbortSignal): Promise<void>;
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** Keys are in the memory of a program; an image of it must not be left behind when it crashes. */
const WITHOUT_CORE = 'ulimit -c 0; exec "$0" "$1"';

const READY_TIMEOUT_MS = 120_000;
const POLL_MS = 25;
const STOP_MS = 8_000;
const LOG_TAIL = 4_000;

export class Program implements LaunchedProgram {
  readonly options: ProgramOptions;
  #child: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();

  constructor(options: ProgramOptions) {
    this.options = options;
  }

  /** Of the running process, or of the last one. */
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves when the running process has ended; at once if none runs. */
  get exited(): Promise<void> {
    return this.#exited;
  }

  /**
   * Starts it and waits until it is ready. Throws UNAVAILABLE / PROGRAM_FAILED with the end of its log,
   * CANCELLED when `signal` aborts; what was started is left to be disposed of.
   */
  async start(signal?: AbortSignal): Promise<void> {
    if (this.running) return;
    if (signal?.aborted) throw givenUp();
    const log = await open(this.options.logFile, 'a', 0o600);
    const { size: logStart } = await log.stat();
    try {
      this.#spawn(log.fd);
    } finally {
      await log.close();
    }
    const ready = await this.#becomesReady(signal);
    if (signal?.aborted) throw givenUp();
    if (!ready) throw await this.#startFailed(logStart);
  }

  /** Sends a signal; for one that ends it, resolves when it has ended. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    if (!this.running) return;
    this.#child?.kill(signal);
    if (signal === 'SIGKILL' || signal === 'SIGTERM' || signal === 'SIGINT') await this.#exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.running) return;
    this.#child?.kill('SIGTERM');
    // One that was stopped (SIGSTOP) would never read the other signal.
    this.#child?.kill('SIGCONT');
    const timer = new AbortController();
    await Promise.race([this.#exited, systemClock.sleep(STOP_MS, timer.signal)]);
    timer.abort();
    await this.kill('SIGKILL');
  }

  #spawn(logFd: number): void {
    const child = spawn('/bin/sh', ['-c', WITHOUT_CORE, process.execPath, this.options.script], {
      env: { ...this.options.env, ...LIFELINE },
      stdio: ['pipe', logFd, logFd],
      // In a session of its own: Ctrl-C at our terminal reaches us alone, and we stop it in order.
      detached: true,
    });
    child.stdin?.on('error', () => undefined);
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
  }

  async #becomesReady(signal?: AbortSignal): Promise<boolean> {
    const untilMs = systemClock.nowMs() + READY_TIMEOUT_MS;
    while (this.running && this.pid !== 0 && !signal?.aborted && systemClock.nowMs() < untilMs) {
      if (await answersOk(this.options.readyUrl)) return true;
      await systemClock.sleep(POLL_MS);
    }
    return false;
  }

  async #startFailed(logStart: number): Promise<AppError> {
    const { name, logFile } = this.options;
    const how = this.running ? `was not ready after ${READY_TIMEOUT_MS / 1000} s` : 'ended at start';
    const log = (await readFile(logFile)).subarray(logStart).toString().slice(-LOG_TAIL);
    return new AppError('UNAVAILABLE', 'PROGRAM_FAILED', `${name} ${how}. Its log ends with:\n${log}`, {
      params: { name },
    });
  }
}

function givenUp(): AppError {
  return new AppError('CANCELLED', 'CANCELLED', 'the start was given up');
}

/** Whether `url` answers 2xx within two seconds. */
export async function answersOk(url: string): Promise<boolean> {
  const patience = new AbortController();
  const waiting = new AbortController();
  void systemClock.sleep(2_000, waiting.signal).then(() => patience.abort());
  try {
    const response = await fetch(url, { signal: patience.signal });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  } finally {
    waiting.abort();
  }
}
