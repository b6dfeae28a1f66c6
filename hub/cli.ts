#!/usr/bin/env node
/**
 * `truyvet-hub`: what the hub's operator does by hand. `serve` and `migrate` work on this machine; everything
 * else goes through the HTTP interface, with the rights of its token.
 */
import { Command } from 'commander';
import { apiAddress, callJson } from '../shared/cli/api.ts';
import { addAuditCommands } from '../shared/cli/audit.ts';
import { addAcceptRestoreCommand } from '../shared/cli/audit-restores.ts';
import { budgetCommand } from '../shared/cli/budgets.ts';
import { type ListOptions, listCommand, localTime, showList } from '../shared/cli/lists.ts';
import { runCommand } from '../shared/cli/run.ts';
import { say, speakAsAsked } from '../shared/cli/say.ts';
import { formatTable } from '../shared/cli/terminal.ts';
import { formatTrace, TRACES, type TraceJson } from '../shared/cli/trace.ts';
import { systemClock } from '../shared/clock.ts';
import { parseDatabaseUrls } from '../shared/config-fields.ts';
import { migrateAsOwner } from '../shared/db/program-database.ts';
import { holdLifeline } from '../shared/lifeline.ts';
import { runProgram } from '../shared/run-program.ts';
import { addReconcileCommand, ownLogOf } from './audit/commands.ts';
import { addCaCommands } from './authority/commands.ts';
import { parseHubConfig } from './config.ts';
import { addEnrolmentCommands } from './enrolment/commands.ts';

// Before all else: commands carry their texts.
speakAsAsked(process.argv.slice(2), process.env);

// The program itself is loaded by the commands that run it: the others answer in half the time.
const program = new Command('truyvet-hub')
  .description(say('hub'))
  .option('--url <url>', say('option.url_of_hub'))
  .option('--token-file <file>', say('option.token_file'))
  .option('--language <word>', say('option.language'));

program
  .command('serve')
  .description(say('serve.hub'))
  .action(async () => {
    const { startHub } = await import('./app.ts');
    process.exitCode = await runProgram({
      name: 'hub',
      start: () => startHub(parseHubConfig(process.env), systemClock),
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

listCommand(program.command('traces [id]'))
  .description(say('traces'))
  .action(async (id: string | undefined, options: ListOptions) => {
    if (id === undefined) return print(await showList(address(), TRACES, options));
    print(formatTrace(await callJson<TraceJson>(address(), `/v1/traces/${encodeURIComponent(id)}`)));
  });

addCaCommands(program, systemClock);
addEnrolmentCommands(program, address);

interface ProvinceJson {
  readonly province: string;
  readonly name: string;
  readonly state: string;
  readonly reported_at: string | null;
  readonly data_at: string | null;
}

program
  .command('provinces')
  .description(say('provinces'))
  .action(async () => {
    const { provinces } = await callJson<{ provinces: ProvinceJson[] }>(address(), '/v1/provinces');
    const rows = provinces.map((one) => [
      one.province,
      one.name,
      one.state,
      localTime(one.reported_at),
      localTime(one.data_at),
    ]);
    const headings = [
      say('column.code'),
      say('column.province'),
      say('column.state'),
      say('column.reported'),
      say('column.data'),
    ];
    process.stdout.write(formatTable(headings, rows));
  });

program.addCommand(
  budgetCommand({
    ...{ name: 'key-budgets', path: '/v1/key-budgets', address },
    description: say('budgets.hub'),
    limits: ['per_hour', 'per_day', 'first_loading'],
  }),
);

function address() {
  return apiAddress(program.opts(), process.env);
}

function print(text: string): void {
  process.stdout.write(text);
}

const audit = addAuditCommands(program, () => ownLogOf(process.env), print);
addReconcileCommand(audit, address);
addAcceptRestoreCommand(audit, address, print, 'provinces');

const code = await runCommand(program, process.argv.slice(2));
process.exitCode = code === 0 ? (process.exitCode ?? 0) : code;
