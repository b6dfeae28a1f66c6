/**
 * `truyvet-node case add, case list`: cases on the command line, through the HTTP interface and with the
 * rights of its token.
 */

import { text as textOf } from 'node:stream/consumers';
import type { Command } from 'commander';
import { type ApiAddress, callJson } from '../../../shared/cli/api.ts';
import {
  type ListOptions,
  type ListView,
  listCommand,
  localTime,
  showList,
} from '../../../shared/cli/lists.ts';
import { say } from '../../../shared/cli/say.ts';
import type { Shell } from '../../../shared/cli/shell.ts';

/** Adds the commands to `program`; `address` is where the node is and as whom it is called. */
export function addCaseCommands(program: Command, shell: Shell, address: () => ApiAddress): void {
  const cases = program.command('case').description(say('case'));
  cases
    .command('add')
    .description(say('case.add'))
    .option('--onset <date>', say('case.onset'))
    .option('--sampled <instant>', say('case.sampled'))
    .option('--isolated <instant>', say('case.isolated'))
    .action(async (options: Record<string, string | undefined>) => {
      // Not as arguments: those can be read by everybody on the machine.
      const identifiers = (await textOf(shell.stdin())).split(/\s+/).filter(Boolean);
      const json = {
        identifiers,
        ...{ onset_on: options.onset, sampled_at: options.sampled, isolated_at: options.isolated },
      };
      const entered = await callJson<EnteredJson>(address(), '/v1/cases', { method: 'POST', json });
      shell.stdout.write(`${entered.id}\n`);
      // Beside the id, which a script may take further.
      for (const { field, message } of entered.warnings ?? []) shell.stderr.write(`${field}: ${message}\n`);
    });
  listCommand(cases.command('list'))
    .description(say('case.list'))
    .action(async (options: ListOptions) => {
      shell.stdout.write(await showList(address(), CASES, options));
    });
}

interface EnteredJson {
  readonly id: string;
  /** Absent from an older node. */
  readonly warnings?: readonly { readonly field: string; readonly message: string }[];
}

interface CaseJson {
  readonly id: string;
  readonly identifiers: readonly string[];
  readonly onset_on: string | null;
  readonly sampled_at: string | null;
  readonly isolated_at: string | null;
  readonly created_at: string;
  readonly withdrawn_at: string | null;
  readonly ward: string | null;
}

const CASES: ListView<CaseJson> = {
  path: '/v1/cases',
  rows: 'cases',
  most: 1_000,
  columns: [
    ['id', ({ id }) => id],
    ['column.onset', ({ onset_on }) => onset_on ?? ''],
    ['column.sampled', ({ sampled_at }) => localTime(sampled_at)],
    ['column.isolated', ({ isolated_at }) => localTime(isolated_at)],
    ['column.ward', ({ ward }) => ward ?? ''],
    ['column.entered', ({ created_at }) => localTime(created_at)],
    ['column.withdrawn', ({ withdrawn_at }) => localTime(withdrawn_at)],
    ['column.identifiers', ({ identifiers }) => identifiers.join(' ')],
  ],
};
