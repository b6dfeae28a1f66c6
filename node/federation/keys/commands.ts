/**
 * The command line of the federation key: calls the node's HTTP interface and prints what people compare.
 */
import type { Command } from 'commander';
import { type ApiAddress, callJson } from '../../../shared/cli/api.ts';
import { formatTable } from '../../../shared/cli/terminal.ts';

interface NewcomersJson {
  readonly newcomers: readonly { province: string; name: string; fingerprint: string; holds_key: boolean }[];
}

interface KeyJson {
  readonly generations: readonly {
    readonly generation: number;
    readonly check: string;
    readonly use_from: string;
    readonly held_by: readonly string[];
    readonly awaited: readonly string[];
    readonly conflicts: readonly string[];
  }[];
  readonly current: number | null;
  readonly giver: { readonly province: string; readonly fingerprint: string | null } | null;
}

interface RotationJson {
  readonly generation: number;
  readonly state: string;
  readonly sent_to: readonly string[];
  readonly left_out: readonly string[];
}

/** Adds `newcomers`, `approve` and `federation-key` to the node's commands. */
export function addFederationKeyCommands(program: Command, address: () => ApiAddress): void {
  program
    .command('newcomers')
    .description('các tỉnh chờ được duyệt · provinces that wait for an approval, with their fingerprints')
    .action(async () => {
      const { newcomers } = await callJson<NewcomersJson>(address(), '/v1/federation/newcomers');
      const rows = newcomers.map((one) => [
        one.province,
        one.name,
        one.fingerprint,
        one.holds_key ? '✓' : '',
      ]);
      process.stdout.write(
        formatTable(['tỉnh', 'tên · name', 'dấu vân tay · fingerprint', 'khóa · key'], rows),
      );
    });
  program
    .command('approve <province>')
    .description(
      'duyệt một tỉnh sau khi so dấu vân tay qua điện thoại · approve after comparing by telephone',
    )
    .requiredOption(
      '--fingerprint <letters>',
      'dấu vân tay tỉnh đó đọc lên · what that province has read out',
    )
    .action(async (province: string, { fingerprint }: { fingerprint: string }) => {
      const json = { province, fingerprint };
      const done = await callJson<{ generations: number[] }>(address(), '/v1/federation/approvals', {
        method: 'POST',
        json,
      });
      process.stdout.write(`đã duyệt · approved ${province}, ${done.generations.length} khóa · keys\n`);
    });
  addKeyCommands(
    program.command('federation-key').description('khóa liên kết · the federation key'),
    address,
  );
}

function addKeyCommands(key: Command, address: () => ApiAddress): void {
  key
    .command('show')
    .description('các thế hệ khóa và tỉnh nào đang giữ · generations, and who holds them')
    .action(async () => {
      process.stdout.write(formatKey(await callJson<KeyJson>(address(), '/v1/federation/key')));
    });
  key
    .command('create')
    .description('tạo khóa đầu tiên, chỉ ở nút đầu tiên · create the first key, at the first node only')
    .action(async () => {
      const made = await callJson<RotationJson>(address(), '/v1/federation/key', { method: 'POST' });
      process.stdout.write(formatRotation(made));
    });
  key
    .command('rotate')
    .description('xoay khóa · make the next generation and pass it on')
    .option(
      '--at-once',
      'dùng ngay, không chờ tỉnh chưa nhận · use it without waiting for those that lack it',
    )
    .action(async ({ atOnce = false }: { atOnce?: boolean }) => {
      const request = { method: 'POST', json: { at_once: atOnce } } as const;
      process.stdout.write(
        formatRotation(await callJson<RotationJson>(address(), '/v1/federation/key/rotations', request)),
      );
    });
}

function formatKey({ generations, current, giver }: KeyJson): string {
  const headings = [
    'thế hệ · generation',
    'mã kiểm · check',
    'giữ · held by',
    'chờ · awaited',
    'khác · conflicts',
  ];
  const rows = generations.map((one) => [
    `${one.generation}${one.generation === current ? ' *' : ''}`,
    one.check,
    ...[one.held_by, one.awaited, one.conflicts].map((provinces) => provinces.join(' ')),
  ]);
  const from = giver ? `nhận từ · received from ${giver.province} (${giver.fingerprint ?? '?'})\n` : '';
  return `${formatTable(headings, rows)}${from}`;
}

function formatRotation({ generation, state, sent_to: sent, left_out: left }: RotationJson): string {
  const lines = [
    `thế hệ · generation ${generation} (${state})`,
    `gửi tới · sent to: ${sent.join(' ') || '–'}`,
    ...(left.length > 0 ? [`chưa được duyệt, không nhận · not approved, left out: ${left.join(' ')}`] : []),
  ];
  return `${lines.join('\n')}\n`;
}
