#!/usr/bin/env node
/**
 * `truyvet-node`: what an operator or epidemiologist does by hand. `serve` and `migrate` work on this
 * machine; everything else goes through the HTTP interface, with the rights of its token.
 */
import { Command } from 'commander';
import { type ApiAddress, apiAddress } from '../shared/cli/api.ts';
import { addAuditCommands } from '../shared/cli/audit.ts';
import { addAcceptRestoreCommand } from '../shared/cli/audit-restores.ts';
import { budgetCommand } from '../shared/cli/budgets.ts';
import { runCommand } from '../shared/cli/run.ts';
import { say, speakAsAsked } from '../shared/cli/say.ts';
import { systemClock } from '../shared/clock.ts';
import { parseDatabaseUrls } from '../shared/config-fields.ts';
import { migrateAsOwner } from '../shared/db/program-database.ts';
import { holdLifeline } from '../shared/lifeline.ts';
import { runProgram } from '../shared/run-program.ts';
import { addCaseCommands } from './casework/cases/commands.ts';
import { parseNodeConfig } from './config.ts';
import { ownLogOf } from './federation/checkpoints/commands.ts';
import { addIdentityCommands } from './federation/enrolment/commands.ts';
import { addFederationKeyCommands } from './federation/keys/commands.ts';
import { addImportCommand } from './records/intake/commands.ts';
import { addKeysCommands } from './sealing/keys-command.ts';
import { addContactsCommand } from './tracing/contacts/commands.ts';
import { addTraceCommands } from './tracing/openings/commands.ts';

// Before all else: commands carry their texts.
speakAsAsked(process.argv.slice(2), process.env);

// The program itself is loaded by the commands that run it: the others answer in half the time.
const program = new Command('truyvet-node')
  .description(say('node'))
  .option('--url <url>', say('option.url_of_node'))
  .option('--token-file <file>', say('option.token_file'))
  .option('--language <word>', say('option.language'));

program
  .command('serve')
  .description(say('serve.node'))
  .action(async () => {
    const { startNode } = await import('./app.ts');
    process.exitCode = await runProgram({
      name: 'node',
      start: () => startNode(parseNodeConfig(process.env), systemClock),
      holdLifeline: (stop) => holdLifeline(process.env, stop),
    });
  });

program
  .command('migrate')
  .description(say('migrate'))
  .action(async () => {
    const { databaseUrl, ownerUrl } = parseDatabaseUrls(process.env);
    const { MIGRATIONS } = await import('./app.ts');
    await migrateAsOwner({ databaseUrl, migrations: MIGRATIONS, clock: systemClock }, ownerUrl);
  });

addIdentityCommands(program, systemClock);

addImportCommand(program, address);
addCaseCommands(program, address);
addKeysCommands(program, process.env, (text) => process.stdout.write(text));

addContactsCommand(addTraceCommands(program, address), address);
addFederationKeyCommands(program, address);

program.addCommand(
  budgetCommand({
    ...{ name: 'budgets', path: '/v1/budgets', address },
    description: say('budgets.node'),
    limits: ['questions_per_hour', 'persons_per_hour', 'questions_per_day', 'persons_per_day'],
  }),
);

function address(): ApiAddress {
  return apiAddress(program.opts(), process.env);
}

const print = (text: string) => void process.stdout.write(text);
const audit = addAuditCommands(program, () => ownLogOf(process.env), print);
addAcceptRestoreCommand(audit, address, print, 'hub');

const code = await runCommand(program, process.argv.slice(2));
process.exitCode = code === 0 ? (process.exitCode ?? 0) : code;
