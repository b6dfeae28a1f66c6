/**
 * `truyvet-hub invite, enrolments, approve, reject, revoke`: the hub's operator on the command line, through
 * the HTTP interface and with the rights of their token.
 */
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { type ApiAddress, callApi, callJson } from '../../shared/cli/api.ts';
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
export function addEnrolmentCommands(program: Command, address: () => ApiAddress): void {
  program
    .command('invite <province>')
    .description('mời một tỉnh: in lời mời dùng một lần · print a one-time invitation for a province')
    .option('--hours <n>', 'hạn của lời mời · how long it is good', '72')
    .action(async (province: string, { hours }: { hours: string }) => {
      const json = { province, life_hours: Number(hours) };
      const made = await callJson<{ invitation: string; expires_at: string }>(address(), '/v1/invitations', {
        ...{ method: 'POST', json },
      });
      process.stderr.write(`dùng một lần, đến · once, until ${made.expires_at}\n`);
      process.stdout.write(`${made.invitation}\n`);
    });
  addDecisions(program, address);
  program
    .command('revoke <province>')
    .description('thu hồi một tỉnh: cắt ngay kết nối · revoke a province: its connections end at once')
    .requiredOption('--reason <text>', 'lý do · why')
    .action(async (province: string, { reason }: { reason: string }) => {
      const path = `/v1/provinces/${encodeURIComponent(province)}/revoke`;
      await callApi(address(), path, { method: 'POST', json: { reason } });
      process.stdout.write(`${province}: đã thu hồi · revoked\n`);
    });
}

function addDecisions(program: Command, address: () => ApiAddress): void {
  const list = program
    .command('enrolments')
    .description('các yêu cầu tham gia và gia hạn · requests to join and to renew')
    .action(async () => {
      const { enrolments } = await callJson<{ enrolments: EnrolmentJson[] }>(address(), '/v1/enrolments');
      const rows = enrolments.map((one) => [
        ...[one.id, one.kind, `${one.province} ${one.name}`, one.fingerprint, one.state],
        ...[one.address, one.requested_at],
      ]);
      const headings = [
        ...['id', 'loại · kind', 'tỉnh · province', 'vân tay · fingerprint', 'trạng thái · state'],
        ...['địa chỉ · address', 'lúc · at'],
      ];
      process.stdout.write(formatTable(headings, rows));
    });
  list
    .command('export <id>')
    .description('tệp yêu cầu cho CA ngoại tuyến · the file that an offline CA signs')
    .action(async (id: string) => {
      const file = await callJson<object>(address(), `/v1/enrolments/${encodeURIComponent(id)}/request`);
      process.stdout.write(`${JSON.stringify(file)}\n`);
    });
  program
    .command('approve <id>')
    .description('chấp thuận khi vân tay hai bên khớp · approve once both sides see the same fingerprint')
    .requiredOption('--fingerprint <text>', 'vân tay tỉnh đọc cho · as the province reads it out')
    .option('--signed <file>', 'tệp CA ngoại tuyến đã ký · what the offline CA has signed')
    .action(async (id: string, options: { fingerprint: string; signed?: string }) => {
      const signed = options.signed === undefined ? undefined : await readJson(options.signed);
      const json = { fingerprint: options.fingerprint.trim().toUpperCase(), signed };
      await callApi(address(), `/v1/enrolments/${encodeURIComponent(id)}/approve`, { method: 'POST', json });
      process.stdout.write('đã chấp thuận · approved\n');
    });
  program
    .command('reject <id>')
    .description('từ chối một yêu cầu · reject a request')
    .action(async (id: string) => {
      await callApi(address(), `/v1/enrolments/${encodeURIComponent(id)}/reject`, { method: 'POST' });
      process.stdout.write('đã từ chối · rejected\n');
    });
}

async function readJson(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, 'utf8'));
}
