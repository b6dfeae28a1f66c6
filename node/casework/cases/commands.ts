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

/** Adds the commands to `program`; `address` is where the node is and as whom it is called. */
export function addCaseCommands(program: Command, address: () => ApiAddress): void {
  const cases = program.command('case').description('ca bệnh · cases');
  cases
    .command('add')
    .description(
      'nhập ca bệnh, định danh đọc từ đầu vào, của người bệnh trước · enter a case; identifiers ' +
        'come by standard input, first one of the person',
    )
    .option('--onset <date>', 'ngày khởi phát · date of onset, YYYY-MM-DD')
    .option('--sampled <instant>', 'lúc lấy mẫu · time of sampling, ISO 8601')
    .option('--isolated <instant>', 'lúc cách ly · time of isolation, ISO 8601')
    .action(async (options: Record<string, string | undefined>) => {
      // Not as arguments: those can be read by everybody on the machine.
      const identifiers = (await textOf(process.stdin)).split(/\s+/).filter(Boolean);
      const json = {
        identifiers,
        ...{ onset_on: options.onset, sampled_at: options.sampled, isolated_at: options.isolated },
      };
      const { id } = await callJson<{ id: string }>(address(), '/v1/cases', { method: 'POST', json });
      process.stdout.write(`${id}\n`);
    });
  listCommand(cases.command('list'))
    .description('các ca bệnh, mới nhất trước, giờ Việt Nam · cases, newest first, in local time')
    .action(async (options: ListOptions) => {
      process.stdout.write(await showList(address(), CASES, options));
    });
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
    ['khởi phát · onset', ({ onset_on }) => onset_on ?? ''],
    ['lấy mẫu · sampled', ({ sampled_at }) => localTime(sampled_at)],
    ['cách ly · isolated', ({ isolated_at }) => localTime(isolated_at)],
    ['xã · ward', ({ ward }) => ward ?? ''],
    ['nhập · entered', ({ created_at }) => localTime(created_at)],
    ['rút · withdrawn', ({ withdrawn_at }) => localTime(withdrawn_at)],
    ['định danh · identifiers', ({ identifiers }) => identifiers.join(' ')],
  ],
};
