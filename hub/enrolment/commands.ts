/**
 * `truyvet-hub invite, enrolments, approve, reject, revoke`: the hub's operator on the command line, through
 * the HTTP interface and with the rights of their token.
 */

import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { type ApiAddress, callApi, callJson } from '../../shared/cli/api.ts';
import { say } from '../../shared/cli/say.ts';
import type { Shell } from '../../shared/cli/shell.ts';
import { formatTable } from '../../shared/cli/terminal.ts';

interface EnrolmentJson {
  readonly id: string;
  readonly kind: string;
  readonly province: string;
  readonly name: string;
  readonly address: string;
  readonly fingerprint: string;
  readonly state: string;
  readonly requested_at: string;
}

/** Adds the commands to `program`; `address` is where the hub is and as whom it is called. */
export function addEnrolmentCommands(program: Command, shell: Shell, address: () => ApiAddress): void {
  program
    .command('invite <province>')
    .description(say('invite'))
    .option('--hours <n>', say('invite.hours'), '72')
    .action(async (province: string, { hours }: { hours: string }) => {
      const json = { province, life_hours: Number(hours) };
      const made = await callJson<{ invitation: string; expires_at: string }>(address(), '/v1/invitations', {
        ...{ method: 'POST', json },
      });
      shell.stderr.write(`${say('invite.done', { until: made.expires_at })}\n`);
      shell.stdout.write(`${made.invitation}\n`);
    });
  addDecisions(program, shell, address);
  program
    .command('revoke <province>')
    .description(say('revoke'))
    .requiredOption('--reason <text>', say('revoke.reason'))
    .action(async (province: string, { reason }: { reason: string }) => {
      const path = `/v1/provinces/${encodeURIComponent(province)}/revoke`;
      await callApi(address(), path, { method: 'POST', json: { reason } });
      shell.stdout.write(`${say('revoke.done', { province })}\n`);
    });
}

function addDecisions(program: Command, shell: Shell, address: () => ApiAddress): void {
  const list = program
    .command('enrolments')
    .description(say('enrolments'))
    .action(async () => {
      const { enrolments } = await callJson<{ enrolments: EnrolmentJson[] }>(address(), '/v1/enrolments');
      const rows = enrolments.map((one) => [
        ...[one.id, one.kind, `${one.province} ${one.name}`, one.fingerprint, one.state],
        ...[one.address, one.requested_at],
      ]);
      const headings = [
        ...['id', say('column.kind'), say('column.province'), say('column.fingerprint'), say('column.state')],
        ...[say('column.address'), say('column.at')],
      ];
      shell.stdout.write(formatTable(headings, rows));
    });
  list
    .command('export <id>')
    .description(say('enrolments.export'))
    .action(async (id: string) => {
      const file = await callJson<object>(address(), `/v1/enrolments/${encodeURIComponent(id)}/request`);
      shell.stdout.write(`${JSON.stringify(file)}\n`);
    });
  program
    .command('approve <id>')
    .description(say('approve.enrolment'))
    .requiredOption('--fingerprint <text>', say('approve.fingerprint'))
    .option('--signed <file>', say('approve.signed'))
    .action(async (id: string, options: { fingerprint: string; signed?: string }) => {
      const signed = options.signed === undefined ? undefined : await readJson(options.signed);
      const json = { fingerprint: options.fingerprint.trim().toUpperCase(), signed };
      await callApi(address(), `/v1/enrolments/${encodeURIComponent(id)}/approve`, { method: 'POST', json });
      shell.stdout.write(`${say('approve.done')}\n`);
    });
  program
    .command('reject <id>')
    .description(say('reject'))
    .action(async (id: string) => {
      await callApi(address(), `/v1/enrolments/${encodeURIComponent(id)}/reject`, { method: 'POST' });
      shell.stdout.write(`${say('reject.done')}\n`);
    });
}

async function readJson(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, 'utf8'));
}
