/**
 * `audit accept-restore` of both programs: an operator's word, given to the running program, that a log which
 * it refuses was restored from a backup.
 */
import type { Command } from 'commander';
import { RESTORE_REASONS } from '../audit/restores.ts';
import { type ApiAddress, callJson } from './api.ts';

interface CheckpointJson {
  readonly size: number;
  readonly root: string;
}

/** Adds `accept-restore` to the command `audit`: at the hub for a province, at a node for the hub. */
export function addAcceptRestoreCommand(
  audit: Command,
  address: () => ApiAddress,
  print: (text: string) => void,
  of: 'hub' | 'provinces',
): void {
  const accept = async (peer: string, { reason }: { reason: string }) => {
    const request = { method: 'POST', json: { peer, reason } } as const;
    type Accepted = { readonly held: CheckpointJson; readonly base: CheckpointJson };
    const { held, base } = await callJson<Accepted>(address(), '/v1/audit/restores', request);
    print(
      `${peer}: giữ làm chứng · held as evidence ${held.size} ${held.root}\n` +
        `${peer}: từ nay tiếp nối · from now on continues ${base.size} ${base.root}\n`,
    );
  };
  const command = audit
    .command('accept-restore')
    .description(
      'chấp nhận nhật ký đã phục hồi từ bản sao lưu · accept a log that was restored, on the record',
    )
    .requiredOption('--reason <word>', RESTORE_REASONS.join(' | '));
  if (of === 'hub') command.action((options: { reason: string }) => accept('hub', options));
  else command.argument('<province>', 'mã tỉnh · its code').action(accept);
}
