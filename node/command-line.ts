/**
 * The commands of `truyvet-node`. `serve` and `migrate` work on this machine; everything else goes through
 * the HTTP interface, with the rights of its token.
 */
import { Command } from 'commander';
import { apiAddress } from '../shared/cli/api.ts';
import { addAuditCommands } from '../shared/cli/audit.ts';
import { addAcceptRestoreCommand } from '../shared/cli/audit-restores.ts';
import { budgetCommand } from '../shared/cli/budgets.ts';
import { addProgramCommands, type LoadedProgram } from '../shared/cli/program.ts';
import { runCommand } from '../shared/cli/run.ts';
import { say, speakAsAsked } from '../shared/cli/say.ts';
import type { Shell } from '../shared/cli/shell.ts';
import { systemClock } from '../shared/clock.ts';
import type { Env } from '../shared/config.ts';
import { addCaseCommands } from './casework/cases/commands.ts';
import { parseNodeConfig } from './config.ts';
import { ownLogOf } from './federation/checkpoints/commands.ts';
import { addIdentityCommands } from './federation/enrolment/commands.ts';
import { addFederationKeyCommands } from './federation/keys/commands.ts';
import { addRecordCommands } from './records/corrections/commands.ts';
import { addImportCommand } from './records/intake/commands.ts';
import { addKeysCommands } from './sealing/keys-command.ts';
import { addContactsCommand } from './tracing/contacts/commands.ts';
import { addTraceCommands } from './tracing/openings/commands.ts';

/** Runs one command; the answer is the exit code. */
export async function runNodeCommand(shell: Shell): Promise<number> {
  // Before all else: commands carry their texts.
  speakAsAsked(shell.args, shell.env);
  const program = new Command('truyvet-node')
    .description(say('node'))
    .option('--url <url>', say('option.url_of_node'))
    .option('--token-file <file>', say('option.token_file'))
    .option('--language <word>', say('option.language'));
  const address = () => apiAddress(program.opts(), shell.env);
  const print = (text: string) => void shell.stdout.write(text);
  const { env } = shell;
  const served = addProgramCommands(program, {
    ...{ name: 'node', description: say('serve.node') },
    ...{ env, load: () => loadNode(env) },
  });

  addIdentityCommands(program, shell, systemClock);
  addImportCommand(program, shell, address);
  addRecordCommands(program, shell, address);
  addCaseCommands(program, shell, address);
  addKeysCommands(program, shell.env, print);
  addContactsCommand(addTraceCommands(program, shell, address), shell, address);
  addFederationKeyCommands(program, shell, address);
  program.addCommand(
    budgetCommand({
      ...{ name: 'budgets', path: '/v1/budgets', shell, address },
      description: say('budgets.node'),
      limits: ['questions_per_hour', 'persons_per_hour', 'questions_per_day', 'persons_per_day'],
    }),
  );
  const audit = addAuditCommands(program, () => ownLogOf(shell.env), print);
  addAcceptRestoreCommand(audit, address, print, 'hub');

  const code = await runCommand(program, shell);
  return code === 0 ? served() : code;
}

async function loadNode(env: Env): Promise<LoadedProgram> {
  const { MIGRATIONS, startNode } = await import('./app.ts');
  return { migrations: MIGRATIONS, start: () => startNode(parseNodeConfig(env), systemClock) };
}
