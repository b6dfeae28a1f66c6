/**
 * `audit accept-restore` of both programs: an operator's word, given to the running program, that a log which
 * it refuses was restored from a backup.
 */

import type { Command } from 'commander';
import { RESTORE_REASONS } from '../audit/restores.ts';
import { type ApiAddress, callJson } from './api.ts';
import { say } from './say.ts';

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
      `${say('audit.evidence', { peer, size: String(held.size), root: held.root })}\n` +
        `${say('audit.continues', { peer, size: String(base.size), root: base.root })}\n`,
    );
  };
  const command = audit
    .command('accept-restore')
    .description(say('audit.accept_restore'))
    .requiredOption('--reason <word>', RESTORE_REASONS.join(' | '));
  if (of === 'hub') command.action((options: { reason: string }) => accept('hub', options));
  else command.argument('<province>', say('argument.province')).action(accept);
}
