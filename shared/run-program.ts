/**
 * How a program begins and ends: started, told to stop by a signal or by its lifeline, drained, gone. Knows
 * neither program.
 */
import { toAppError } from './errors.ts';
import { describeError } from './log.ts';

export interface ProgramParts {
  /** Builds the program; its disposal drains it. */
  readonly start: () => Promise<AsyncDisposable>;
  /** Calls `stop` when nobody holds the program any more. */
  readonly holdLifeline: (stop: () => void) => void;
}

/** Runs until told to stop; the answer is the exit code. A second signal ends the process at once. */
export async function runProgram({ start, holdLifeline }: ProgramParts): Promise<number> {
  const stop = new AbortController();
  const stopped = new Promise<void>((resolve) => {
    stop.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => (stop.signal.aborted ? process.exit(1) : stop.abort()));
  }
  holdLifeline(() => stop.abort());
  try {
    await using _program = await start();
    await stopped;
    return 0;
  } catch (error) {
    // Before the configuration is read there is no logger.
    process.stderr.write(
      `${JSON.stringify({ msg: 'ended by an error', err: describeError(toAppError(error)) })}\n`,
    );
    return 1;
  }
}
