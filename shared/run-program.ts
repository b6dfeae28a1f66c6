/**
 * How a program begins and ends: started, told to stop by a signal or by its lifeline, drained, gone;
 * its last word is a line of its log. Knows neither program.
 */
import { toAppError } from './errors.ts';
import { createLogger } from './log.ts';

export interface ProgramParts {
  /** In the log, while the configuration does not say more. */
  readonly name: string;
  /** Builds the program; its disposal drains it. */
  readonly start: () => Promise<AsyncDisposable>;
  /** Calls `stop` when nobody holds the program any more. */
  readonly holdLifeline: (stop: () => void) => void;
}

/** Runs until told to stop; the answer is the exit code. A second signal ends the process at once. */
export async function runProgram({ name, start, holdLifeline }: ProgramParts): Promise<number> {
  const logger = createLogger(name);
  const failed = (error: unknown) => logger.fatal({ err: toAppError(error) }, 'ended by an error');
  // Node would print it as it is, with whatever a driver wrote into its message.
  process.on('uncaughtException', (error) => {
    failed(error);
    process.exit(1);
  });
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
    failed(error);
    return 1;
  }
}
