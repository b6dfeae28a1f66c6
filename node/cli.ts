#!/usr/bin/env node
/**
 * `truyvet-node`: what an operator or epidemiologist does by hand. `serve` and `migrate` work on this
 * machine; everything else goes through the HTTP interface, with the rights of its token.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { text as textOf } from 'node:stream/consumers';
import { Command } from 'commander';
import { type ApiAddress, apiAddress, callApi, callJson } from '../shared/cli/api.ts';
import { addAuditCommands } from '../shared/cli/audit.ts';
import { addAcceptRestoreCommand } from '../shared/cli/audit-restores.ts';
import { budgetCommand } from '../shared/cli/budgets.ts';
import { readEvents } from '../shared/cli/events.ts';
import { FoundProblems, runCommand } from '../shared/cli/run.ts';
import { formatBar, formatTable, StatusLine } from '../shared/cli/terminal.ts';
import { formatProgress, formatTrace, type TraceJson } from '../shared/cli/trace.ts';
import { systemClock } from '../shared/clock.ts';
import { parseDatabaseUrls } from '../shared/config-fields.ts';
import { migrateAsOwner } from '../shared/db/program-database.ts';
import { invalidField } from '../shared/errors.ts';
import { holdLifeline } from '../shared/lifeline.ts';
import { runProgram } from '../shared/run-program.ts';
import { parseNodeConfig } from './config.ts';
import { ownLogOf } from './federation/checkpoints/commands.ts';
import { addIdentityCommands } from './federation/enrolment/commands.ts';
import { addFederationKeyCommands } from './federation/keys/commands.ts';
import { addKeysCommands } from './sealing/keys-command.ts';

// The program itself is loaded by the commands that run it: the others answer in half the time.
const program = new Command('truyvet-node')
  .description('Nút truy vết của một tỉnh · A provincial node of Truy Vết')
  .option('--url <url>', 'HTTP của nút · of the node (TRUYVET_URL)')
  .option('--token-file <file>', 'tệp chứa mã truy cập · file with the bearer token (TRUYVET_TOKEN)');

program
  .command('serve')
  .description('chạy nút, cấu hình từ biến môi trường · run the node, configured by the environment')
  .action(async () => {
    const { startNode } = await import('./app.ts');
    process.exitCode = await runProgram({
      name: 'node',
      start: () => startNode(parseNodeConfig(process.env), systemClock),
      holdLifeline: (stop) => holdLifeline(process.env, stop),
    });
  });

program
  .command('migrate')
  .description('cập nhật cơ sở dữ liệu (OWNER_DATABASE_URL) · bring the database up to date, as its owner')
  .action(async () => {
    const { databaseUrl, ownerUrl } = parseDatabaseUrls(process.env);
    const { MIGRATIONS } = await import('./app.ts');
    await migrateAsOwner({ databaseUrl, migrations: MIGRATIONS, clock: systemClock }, ownerUrl);
  });

addIdentityCommands(program, systemClock);

program
  .command('import <kind> <file>')
  .description('nhập persons, places, check-ins hoặc encounters từ CSV hay NDJSON (.gz) · import a file')
  .action(importFile);

program
  .command('case')
  .description('ca bệnh · cases')
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

addKeysCommands(program, process.env, (text) => process.stdout.write(text));

const trace = program.command('trace').description('truy vết · traces');

trace
  .command('start <cases...>')
  .description('bắt đầu truy vết từ các ca · start a trace from cases')
  .option('--direction <word>', 'forward | backward', 'forward')
  .option('--max-degree <n>', 'bậc cao nhất · highest degree')
  .option('--as-of <instant>', 'đến lúc · until, ISO 8601')
  .option('--watch', 'theo dõi đến khi xong · watch until complete')
  .action(async (cases: string[], options: Record<string, string | undefined>) => {
    const json = {
      ...{ cases, direction: options.direction, as_of: options.asOf },
      ...(options.maxDegree === undefined ? {} : { max_degree: Number(options.maxDegree) }),
    };
    const { id } = await callJson<{ id: string }>(address(), '/v1/traces', { method: 'POST', json });
    process.stdout.write(`${id}\n`);
    if (options.watch) await watch(address(), id);
  });

trace
  .command('show <id>')
  .description('trạng thái truy vết · how a trace stands')
  .option('--watch', 'theo dõi đến khi xong · watch until complete')
  .action(async (id: string, options: { watch?: boolean }) => {
    if (options.watch) return watch(address(), id);
    const found = await callJson<TraceJson>(address(), `/v1/traces/${encodeURIComponent(id)}`);
    process.stdout.write(formatTrace(found));
  });

addFederationKeyCommands(program, address);

program.addCommand(
  budgetCommand({
    ...{ name: 'budgets', path: '/v1/budgets', address },
    description: 'hạn mức câu hỏi của các tỉnh · how much provinces may ask this node',
    limits: ['questions_per_hour', 'persons_per_hour', 'questions_per_day', 'persons_per_day'],
  }),
);

function address(): ApiAddress {
  return apiAddress(program.opts(), process.env);
}

/** Progress on one line until the trace is complete or closed, then the trace. */
async function watch(api: ApiAddress, id: string): Promise<void> {
  const line = new StatusLine(process.stderr);
  const left = new AbortController();
  const path = `/v1/traces/${encodeURIComponent(id)}/events`;
  const response = await callApi(api, path, { signal: left.signal });
  for await (const { event, data } of readEvents(response)) {
    if (event === 'contacts') continue;
    const found = data as TraceJson;
    line.show(formatProgress(found));
    if (found.state !== 'complete' && found.state !== 'closed') continue;
    line.end();
    process.stdout.write(formatTrace(found));
    break;
  }
  left.abort();
}

interface ImportReport {
  readonly accepted: number;
  readonly rejected: number;
  readonly errors: readonly { line: number; field: string; reason: string }[];
}

/** Streams a file; prints the rows that were rejected and fails if there were any. */
async function importFile(kind: string, file: string): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) throw invalidField('file', 'FILE_UNREADABLE');
  const line = new StatusLine(process.stderr);
  const report = await callJson<ImportReport>(address(), `/v1/imports/${encodeURIComponent(kind)}`, {
    method: 'POST',
    headers: importHeaders(file),
    body: counted(file, (bytes) => line.show(formatBar(bytes, found.size))),
  }).finally(() => line.end());
  process.stdout.write(`${report.accepted} nhận · accepted, ${report.rejected} từ chối · rejected\n`);
  if (report.rejected === 0) return;
  const rows = report.errors.map((error) => [String(error.line), error.field, error.reason]);
  process.stdout.write(formatTable(['dòng · line', 'cột · field', 'lý do · reason'], rows));
  throw new FoundProblems();
}

function importHeaders(file: string): Record<string, string> {
  const name = file.replace(/\.gz$/, '');
  const type = /\.(nd)?jsonl?$/.test(name) ? 'application/x-ndjson' : 'text/csv';
  return { 'content-type': type, ...(name === file ? {} : { 'content-encoding': 'gzip' }) };
}

async function* counted(file: string, onBytes: (sent: number) => void): AsyncGenerator<Uint8Array> {
  let sent = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 18 })) {
    yield chunk as Buffer;
    sent += (chunk as Buffer).length;
    onBytes(sent);
  }
}

const print = (text: string) => void process.stdout.write(text);
const audit = addAuditCommands(program, () => ownLogOf(process.env), print);
addAcceptRestoreCommand(audit, address, print, 'hub');

const code = await runCommand(program, process.argv.slice(2));
process.exitCode = code === 0 ? (process.exitCode ?? 0) : code;
