/**
 * How a command line ends: 0 done, 1 the command found something wrong with the data, 2 it could not be
 * carried out.
 */
import { type Command, CommanderError } from 'commander';
import { AppError } from '../errors.ts';
import { fieldText, problemText } from '../i18n/catalogue.ts';
import { ApiProblem } from './api.ts';
import { language } from './say.ts';
import type { Shell } from './shell.ts';
import { inOurWords } from './usage.ts';

/** Says that the command was carried out and found something wrong. */
export class FoundProblems extends Error {}

/** Runs `command` with the arguments of `shell`; the answer is the exit code. */
export async function runCommand(command: Command, shell: Shell): Promise<number> {
  try {
    await within(shell, command).parseAsync(shell.args, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof FoundProblems) return 1;
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    shell.stderr.write(describe(error));
    return 2;
  }
}

/** `command` and all below it: throwing where commander would end the process, writing to the shell. */
function within(shell: Shell, command: Command): Command {
  for (const below of command.commands) within(shell, below);
  const writeOut = (text: string) => void shell.stdout.write(text);
  const writeErr = (text: string) => void shell.stderr.write(text);
  return inOurWords(command).configureOutput({ writeOut, writeErr }).exitOverride();
}

function describe(error: unknown): string {
  if (error instanceof ApiProblem) return lines(error.reason, error.message, error.errors);
  if (!(error instanceof AppError)) return `${String(error)}\n`;
  const { reason, message, details } = error;
  const fields = details.map((one) => ({ field: one.field, message: fieldText(one, language()) }));
  return lines(reason, problemText(error, details, language()) ?? message, fields);
}

function lines(reason: string, text: string, fields: ApiProblem['errors']): string {
  const list = fields.length > 1 ? fields.map(({ field, message }) => `  ${field}: ${message}\n`) : [];
  return `${reason}: ${text}\n${list.join('')}`;
}
