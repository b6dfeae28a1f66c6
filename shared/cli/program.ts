/**
 * What runs a program itself from the command line: `serve` and `migrate`. The program is loaded by these
 * alone: other commands answer in half the time.
 */
import type { Command } from 'commander';
import { systemClock } from '../clock.ts';
import type { Env } from '../config.ts';
import { parseDatabaseUrls } from '../config-fields.ts';
import { migrateAsOwner } from '../db/program-database.ts';
import { holdLifeline } from '../lifeline.ts';
import { runProgram } from '../run-program.ts';
import { say } from './say.ts';

/** A program once it is loaded. */
export interface LoadedProgram {
  readonly start: () => Promise<AsyncDisposable>;
  /** Directory of its migrations. */
  readonly migrations: string;
}

export interface RunnableProgram {
  readonly name: 'hub' | 'node';
  /** Of `serve`. */
  readonly description: string;
  readonly env: Env;
  load(): Promise<LoadedProgram>;
}

/** Adds the two commands; the answer tells how a program that was run has ended. */
export function addProgramCommands(commands: Command, runnable: RunnableProgram): () => number {
  const { name, description, env, load } = runnable;
  let code = 0;
  commands
    .command('serve')
    .description(description)
    .action(async () => {
      const { start } = await load();
      code = await runProgram({ name, start, holdLifeline: (stop) => holdLifeline(env, stop) });
    });
  commands
    .command('migrate')
    .description(say('migrate'))
    .action(async () => {
      const { databaseUrl, ownerUrl } = parseDatabaseUrls(env);
      const { migrations } = await load();
      await migrateAsOwner({ databaseUrl, migrations, clock: systemClock }, ownerUrl);
    });
  return () => code;
}
