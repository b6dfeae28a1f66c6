/**
 * The federation's directory of keys and logs, which disappears with us however we go: a shell of its own
 * waits at a pipe that the kernel closes with our last breath.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A line on the pipe dismisses; its end means that we are gone: the programs have 3 s to stop, then it
 * removes $1.
 */
const SCRIPT = 'if read -r _; then exit 0; fi; sleep 4; rm -rf -- "$1"';

export interface TemporaryDirectory extends AsyncDisposable {
  readonly path: string;
}

/** A new directory that only we can read. */
export async function createTemporaryDirectory(): Promise<TemporaryDirectory> {
  const path = await mkdtemp(join(tmpdir(), 'truyvet-federation-'));
  const shell = spawn('/bin/sh', ['-c', SCRIPT, 'sweeper', path], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  shell.unref();
  shell.on('error', () => undefined);
  const pipe = shell.stdin as Socket;
  pipe.unref();
  pipe.on('error', () => undefined);
  return {
    path,
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true });
      pipe.end('dismissed\n');
    },
  };
}
