/**
 * The command line of the federation key: calls the node's HTTP interface and prints what people compare.
 */

import type { Command } from 'commander';
import { type ApiAddress, callJson } from '../../../shared/cli/api.ts';
import { say } from '../../../shared/cli/say.ts';
import type { Shell } from '../../../shared/cli/shell.ts';
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
export function addFederationKeyCommands(program: Command, shell: Shell, address: () => ApiAddress): void {
  program
    .command('newcomers')
    .description(say('newcomers'))
    .action(async () => {
      const { newcomers } = await callJson<NewcomersJson>(address(), '/v1/federation/newcomers');
      const rows = newcomers.map((one) => [
        one.province,
        one.name,
        one.fingerprint,
        one.holds_key ? '✓' : '',
      ]);
      shell.stdout.write(
        formatTable(
          [say('column.province'), say('column.name'), say('column.fingerprint'), say('column.key')],
          rows,
        ),
      );
    });
  program
    .command('approve <province>')
    .description(say('approve.province'))
    .requiredOption('--fingerprint <letters>', say('approve.fingerprint'))
    .action(async (province: string, { fingerprint }: { fingerprint: string }) => {
      const json = { province, fingerprint };
      const done = await callJson<{ generations: number[] }>(address(), '/v1/federation/approvals', {
        method: 'POST',
        json,
      });
      shell.stdout.write(`${say('approve.keys', { province, keys: done.generations.length })}\n`);
    });
  addKeyCommands(program.command('federation-key').description(say('federation_key')), shell, address);
}

function addKeyCommands(key: Command, shell: Shell, address: () => ApiAddress): void {
  key
    .command('show')
    .description(say('federation_key.show'))
    .action(async () => {
      shell.stdout.write(formatKey(await callJson<KeyJson>(address(), '/v1/federation/key')));
    });
  key
    .command('create')
    .description(say('federation_key.create'))
    .action(async () => {
      const made = await callJson<RotationJson>(address(), '/v1/federation/key', { method: 'POST' });
      shell.stdout.write(formatRotation(made));
    });
  key
    .command('rotate')
    .description(say('federation_key.rotate'))
    .option('--at-once', say('federation_key.at_once'))
    .action(async ({ atOnce = false }: { atOnce?: boolean }) => {
      const request = { method: 'POST', json: { at_once: atOnce } } as const;
      shell.stdout.write(
        formatRotation(await callJson<RotationJson>(address(), '/v1/federation/key/rotations', request)),
      );
    });
}

function formatKey({ generations, current, giver }: KeyJson): string {
  const headings = [
    say('column.generation'),
    say('column.check'),
    say('column.held_by'),
    say('column.awaited'),
    say('column.conflicts'),
  ];
  const rows = generations.map((one) => [
    `${one.generation}${one.generation === current ? ' *' : ''}`,
    one.check,
    ...[one.held_by, one.awaited, one.conflicts].map((provinces) => provinces.join(' ')),
  ]);
  const from = giver
    ? `${say('federation_key.giver', { province: giver.province, fingerprint: giver.fingerprint ?? '?' })}\n`
    : '';
  return `${formatTable(headings, rows)}${from}`;
}

function formatRotation({ generation, state, sent_to: sent, left_out: left }: RotationJson): string {
  const lines = [
    say('federation_key.made', { generation, state }),
    say('federation_key.sent', { provinces: sent.join(' ') || '–' }),
    ...(left.length > 0 ? [say('federation_key.left_out', { provinces: left.join(' ') })] : []),
  ];
  return `${lines.join('\n')}\n`;
}
