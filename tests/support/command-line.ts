/**
 * The programs' command lines, run in this process: where one of its own is the point, `runAsProcess` makes
 * it.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { runHubCommand } from '../../hub/command-line.ts';
import { runNodeCommand } from '../../node/command-line.ts';
import { packageRoot } from '../../shared/package-root.ts';

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A command under way. */
export interface Command {
  /** All that it has printed so far. */
  readonly printed: { out: string; err: string };
  readonly ended: Promise<Ended>;
}

export interface CommandInput {
  readonly env?: Readonly<Record<string, string>>;
  /** What its standard input has. */
  readonly input?: string;
}

/** Begins `truyvet-hub` or `truyvet-node` with these arguments and no other variables. */
export function beginCommand(
  program: 'hub' | 'node',
  args: readonly string[],
  { env = {}, input = '' }: CommandInput = {},
): Command {
  const printed = { out: '', err: '' };
  const streamTo = (name: 'out' | 'err') => ({
    write: (text: unknown) => {
      printed[name] += text;
      return true;
    },
    isTTY: false,
  });
  const shell = {
    ...{ args, env, stdin: () => Readable.from([input]) },
    stdout: streamTo('out'),
    stderr: streamTo('err'),
    interrupted: () => new AbortController().signal,
  };
  const run = program === 'hub' ? runHubCommand : runNodeCommand;
  return { printed, ended: run(shell).then((code) => ({ code, ...printed })) };
}

/** Runs it to its end. */
export function runCommandLine(...command: Parameters<typeof beginCommand>): Promise<Ended> {
  return beginCommand(...command).ended;
}

/** The same as a process. */
export function runAsProcess(
  program: 'hub' | 'node',
  args: readonly string[],
  { env = {}, input = '' }: CommandInput = {},
): Promise<Ended> {
  const script = join(packageRoot, 'dist', program, 'cli.js');
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env.PATH, ...env } };
    const child = execFile(process.execPath, [script, ...args], options, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
    );
    child.stdin?.on('error', () => undefined).end(input);
  });
}
