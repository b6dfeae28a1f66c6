/**
 * The commands of `truyvet-hub`. `serve` and `migrate` work on this machine; everything else goes through the
 * HTTP interface, with the rights of its token.
 */
import { Command } from 'commander';
import { type ApiAddress, apiAddress, callJson } from '../shared/cli/api.ts';
import { addAuditCommands } from '../shared/cli/audit.ts';
import { addAcceptRestoreCommand } from '../shared/cli/audit-restores.ts';
import { budgetCommand } from '../shared/cli/budgets.ts';
import { type ListOptions, listCommand, localTime, showList } from '../shared/cli/lists.ts';
import { addProgramCommands, type LoadedProgram } from '../shared/cli/program.ts';
import { runCommand } from '../shared/cli/run.ts';
import { say, speakAsAsked } from '../shared/cli/say.ts';
import type { Shell } from '../shared/cli/shell.ts';
import { formatTable } from '../shared/cli/terminal.ts';
import { formatTrace, TRACES, type TraceJson } from '../shared/cli/trace.ts';
import { systemClock } from '../shared/clock.ts';
import type { Env } from '../shared/config.ts';
import { addReconcileCommand, ownLogOf } from './audit/commands.ts';
import { addCaCommands } from './authority/commands.ts';
import { parseHubConfig } from './config.ts';
import { addEnrolmentCommands } from './enrolment/commands.ts';
import { addOprfCommands } from './key-service/commands.ts';

/** Runs one command; the answer is the exit code. */
export async function runHubCommand(shell: Shell): Promise<number> {
  // Before all else: commands carry their texts.
  speakAsAsked(shell.args, shell.env);
  const program = new Command('truyvet-hub')
    .description(say('hub'))
    .option('--url <url>', say('option.url_of_hub'))
    .option('--token-file <file>', say('option.token_file'))
    .option('--language <word>', say('option.language'));
  const address = () => apiAddress(program.opts(), shell.env);
  const print = (text: string) => void shell.stdout.write(text);
  const { env } = shell;
  const served = addProgramCommands(program, {
    ...{ name: 'hub', description: say('serve.hub') },
    ...{ env, load: () => loadHub(env) },
  });

  addTracesCommand(program, address, print);
  addCaCommands(program, shell, systemClock);
  addEnrolmentCommands(program, shell, address);
  addProvincesCommand(program, address, print);
  program.addCommand(
    budgetCommand({
      ...{ name: 'key-budgets', path: '/v1/key-budgets', shell, address },
      description: say('budgets.hub'),
      limits: ['per_hour', 'per_day', 'first_loading', 'cases_per_day'],
    }),
  );
  addOprfCommands(program, shell, address);
  const audit = addAuditCommands(program, () => ownLogOf(shell.env), print);
  addReconcileCommand(audit, shell, address);
  addAcceptRestoreCommand(audit, address, print, 'provinces');

  const code = await runCommand(program, shell);
  return code === 0 ? served() : code;
}

async function loadHub(env: Env): Promise<LoadedProgram> {
  const { MIGRATIONS, startHub } = await import('./app.ts');
  return { migrations: MIGRATIONS, start: () => startHub(parseHubConfig(env), systemClock) };
}

type Print = (text: string) => void;

function addTracesCommand(program: Command, address: () => ApiAddress, print: Print): void {
  listCommand(program.command('traces [id]'))
    .description(say('traces'))
    .action(async (id: string | undefined, options: ListOptions) => {
      if (id === undefined) return print(await showList(address(), TRACES, options));
      print(formatTrace(await callJson<TraceJson>(address(), `/v1/traces/${encodeURIComponent(id)}`)));
    });
}

interface ProvinceJson {
  readonly province: string;
  readonly name: string;
  readonly state: string;
  readonly reported_at: string | null;
  readonly data_at: string | null;
}

function addProvincesCommand(program: Command, address: () => ApiAddress, print: Print): void {
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
      print(formatTable(headings, rows));
    });
}
