/**
 * What a command line has from whoever runs it: its words, variables and streams. A command reads and writes
 * nothing else of its process, so that several can run in one.
 */
import type { Readable } from 'node:stream';
import type { Env } from '../config.ts';
import type { StatusStream } from './terminal.ts';

export interface Shell {
  /** Without those that name the program. */
  readonly args: readonly string[];
  readonly env: Env;
  readonly stdout: Pick<NodeJS.WriteStream, 'write'>;
  readonly stderr: StatusStream;
  /** Opened by who reads it. */
  readonly stdin: () => Readable;
  /** Aborts at the first signal to end; from this call on the signal itself ends nothing. */
  readonly interrupted: () => AbortSignal;
}

/** Of this process, whose arguments and variables the program itself reads. */
export function shellOfProcess(args: readonly string[], env: Env): Shell {
  const { stdout, stderr } = process;
  return { args, env, stdout, stderr, stdin: () => process.stdin, interrupted };
}

function interrupted(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  return stop.signal;
}
