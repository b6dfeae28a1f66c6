/**
 * How a command line ends: 0 done, 1 the command found something wrong with the data, 2 it could not be
 * carried out.
 */
import { type Command, CommanderError } from 'commander';
import { AppError } from '../errors.ts';

/** Says that the command was carried out and found something wrong. */
export class FoundProblems extends Error {}

/** Runs `command` with the arguments of the process; the answer is the exit code. */
export async function runCommand(command: Command, args: readonly string[]): Promise<number> {
  try {
    await throwing(command).parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof FoundProblems) return 1;
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    process.stderr.write(error instanceof AppError ? describe(error) : `${String(error)}\n`);
    return 2;
  }
}

/** `command` and all below it, throwing where commander would end the process. */
function throwing(command: Command): Command {
  for (const below of command.commands) throwing(below);
  return command.exitOverride();
}

function describe({ reason, message, details }: AppError): string {
  const fields = details.length > 1 ? details.map((d) => `  ${d.field}: ${d.reason}\n`).join('') : '';
  return `${reason}: ${message}\n${fields}`;
}
