/**
 * `truyvet-node record find, correct, withdraw, waiting, confirm, reject`: records on the command line,
 * through the HTTP interface and with the rights of its token. Identifiers and what is put right come by
 * standard input: arguments can be read by everybody on the machine.
 */
import { text as textOf } from 'node:stream/consumers';
import type { Command } from 'commander';
import { type ApiAddress, callApi, callJson } from '../../../shared/cli/api.ts';
import {
  type ListOptions,
  type ListView,
  listCommand,
  localTime,
  showList,
} from '../../../shared/cli/lists.ts';
import { say } from '../../../shared/cli/say.ts';
import type { Shell } from '../../../shared/cli/shell.ts';
import { invalidField } from '../../../shared/errors.ts';

/** Adds the commands to `program`; `address` is where the node is and as whom it is called. */
export function addRecordCommands(program: Command, shell: Shell, address: () => ApiAddress): void {
  const records = program.command('record').description(say('record'));
  listCommand(records.command('find'))
    .description(say('record.find'))
    .action(async (options: ListOptions) => {
      const identifier = (await textOf(shell.stdin())).trim();
      shell.stdout.write(await showList(address(), { ...RECORDS, query: { identifier } }, options));
    });
  records
    .command('correct <id>')
    .description(say('record.correct'))
    .action(async (id: string) => {
      const json = parsed(await textOf(shell.stdin()));
      const { version } = await callJson<RecordJson>(address(), pathOf(id), { method: 'PATCH', json });
      shell.stdout.write(`${version}\n`);
    });
  records
    .command('withdraw <id>')
    .description(say('record.withdraw'))
    .action(async (id: string) => {
      await callApi(address(), pathOf(id), { method: 'DELETE' });
    });
  addDecisions(records, shell, address);
}

function addDecisions(records: Command, shell: Shell, address: () => ApiAddress): void {
  listCommand(records.command('waiting'))
    .description(say('record.waiting'))
    .action(async (options: ListOptions) => {
      shell.stdout.write(await showList(address(), WAITING, options));
    });
  records
    .command('confirm <id>')
    .description(say('record.confirm'))
    .action(async (id: string) => {
      await callApi(address(), `${pathOf(id)}/confirm`, { method: 'POST' });
    });
  records
    .command('reject <id>')
    .description(say('record.reject'))
    .action(async (id: string) => {
      await callApi(address(), `${pathOf(id)}/reject`, { method: 'POST' });
    });
}

interface WaitingJson {
  readonly id: number;
  readonly source: string;
  readonly ward: string | null;
  readonly written_by: string;
  readonly at: string;
  readonly waits_for: readonly string[];
  readonly identifiers: readonly string[];
  readonly further_identifiers: number;
}

const WAITING: ListView<WaitingJson> = {
  path: '/v1/records/waiting',
  rows: 'records',
  most: 1_000,
  columns: [
    ['id', ({ id }) => String(id)],
    ['column.source', ({ source }) => source],
    ['column.at', ({ at }) => localTime(at)],
    ['column.ward', ({ ward }) => ward ?? ''],
    ['column.written_by', ({ written_by }) => written_by],
    ['column.waits_for', ({ waits_for }) => waits_for.join(' ')],
    ['column.identifiers', ({ identifiers }) => identifiers.join(' ')],
    ['column.further', ({ further_identifiers }) => `+${further_identifiers}`],
  ],
};

interface RecordJson {
  readonly id: number;
  readonly source: string;
  readonly identifiers: readonly string[];
  readonly name: string | null;
  readonly born_on: string | null;
  readonly ward: string | null;
  readonly at: string;
  readonly withdrawn_at: string | null;
  readonly version: number;
}

/** What records said before is in `--json` alone. */
const RECORDS: ListView<RecordJson> = {
  path: '/v1/records',
  rows: 'records',
  most: 1_000,
  columns: [
    ['id', ({ id }) => String(id)],
    ['column.version', ({ version }) => String(version)],
    ['column.source', ({ source }) => source],
    ['column.at', ({ at }) => localTime(at)],
    ['column.withdrawn', ({ withdrawn_at }) => localTime(withdrawn_at)],
    ['column.name', ({ name }) => name ?? ''],
    ['column.born', ({ born_on }) => born_on ?? ''],
    ['column.ward', ({ ward }) => ward ?? ''],
    ['column.identifiers', ({ identifiers }) => identifiers.join(' ')],
  ],
};

function pathOf(id: string): string {
  return `/v1/records/${encodeURIComponent(id)}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidField('stdin', 'NOT_JSON');
  }
}
