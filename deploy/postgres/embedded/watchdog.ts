/**
 * A shell that outlives us and stops the server when we are gone, however we went: it waits at a pipe that
 * the kernel closes with our last breath. It never acts after it was dismissed.
 */
import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { SPAWN_ENVIRONMENT } from './account.ts';

/**
 * $1 signal, $2 pid, then directories to remove. A line on the pipe dismisses, its end means that we are
 * gone.
 */
const SCRIPT = `
if read -r _; then exit 0; fi
signal=$1 pid=$2 tries=0; shift 2
kill -"$signal" "$pid" 2>/dev/null
while kill -0 "$pid" 2>/dev/null && [ $tries -lt 300 ]; do tries=$((tries+1)); sleep 0.1; done
[ $# -eq 0 ] || rm -rf -- "$@"
`;

export interface Watchdog {
  dismiss(): void;
}

/** Watches over process `pid`; `directories` are removed after it has ended. Keeps no program alive. */
export function startWatchdog(pid: number, signal: 'INT' | 'QUIT', directories: readonly string[]): Watchdog {
  const shell = spawn('/bin/sh', ['-c', SCRIPT, 'watchdog', signal, `${pid}`, ...directories], {
    cwd: '/',
    env: SPAWN_ENVIRONMENT,
    // In a session of its own: Ctrl-C at our terminal must not end it before us.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  shell.unref();
  const pipe = shell.stdin as Socket;
  pipe.unref();
  pipe.on('error', () => undefined);
  shell.on('error', () => undefined);
  return { dismiss: () => pipe.end('dismissed\n') };
}
