/**
 * `truyvet-node import`: a file on its way into the node, through the HTTP interface and with the rights of
 * its token.
 */

import { type FileHandle, open } from 'node:fs/promises';
import type { Command } from 'commander';
import { type ApiAddress, callJson } from '../../../shared/cli/api.ts';
import { FoundProblems } from '../../../shared/cli/run.ts';
import { say } from '../../../shared/cli/say.ts';
import type { Shell } from '../../../shared/cli/shell.ts';
import { formatBar, formatTable, StatusLine } from '../../../shared/cli/terminal.ts';
import { invalidField } from '../../../shared/errors.ts';

/** Adds the command to `program`; `address` is where the node is and as whom it is called. */
export function addImportCommand(program: Command, shell: Shell, address: () => ApiAddress): void {
  program
    .command('import <kind> <file>')
    .description(say('import'))
    .option('--dry-run', say('import.dry_run'))
    .action((kind: string, file: string, { dryRun = false }: { dryRun?: boolean }) =>
      importFile(shell, address(), { kind, file, dryRun }),
    );
}

interface ImportReport {
  readonly accepted: number;
  readonly rejected: number;
  readonly errors: readonly RowError[];
  readonly warnings: readonly RowError[];
}

interface RowError {
  readonly line: number;
  readonly field: string;
  readonly message: string;
}

interface ImportedFile {
  readonly kind: string;
  readonly file: string;
  readonly dryRun: boolean;
}

/**
 * Streams a file; prints the fields that were left out and the rows that were rejected, and fails if there
 * were any of these.
 */
async function importFile(
  shell: Shell,
  address: ApiAddress,
  { kind, file, dryRun }: ImportedFile,
): Promise<void> {
  await using opened = await openFile(file);
  const { size } = await opened.stat();
  const line = new StatusLine(shell.stderr);
  const report = await callJson<ImportReport>(
    address,
    `/v1/imports/${encodeURIComponent(kind)}${dryRun ? '?dry_run=true' : ''}`,
    {
      method: 'POST',
      headers: importHeaders(file),
      body: counted(opened, (bytes) => line.show(formatBar(bytes, size, line.width))),
    },
  ).finally(() => line.end());
  const { accepted, rejected, errors, warnings } = report;
  shell.stdout.write(`${say(dryRun ? 'import.tried' : 'import.done', { accepted, rejected })}\n`);
  if (warnings.length > 0) shell.stdout.write(`${say('import.warnings')}\n${tableOf(warnings)}`);
  if (rejected === 0) return;
  shell.stdout.write(tableOf(errors));
  throw new FoundProblems();
}

function tableOf(errors: readonly RowError[]): string {
  const rows = errors.map((error) => [String(error.line), error.field, error.message]);
  return formatTable([say('column.line'), say('column.field'), say('column.reason')], rows);
}

/** Said before anything is drawn or sent: a file that is not there, is a directory, or may not be read. */
async function openFile(file: string): Promise<FileHandle> {
  const opened = await open(file).catch(({ code }: NodeJS.ErrnoException) => {
    throw invalidField('file', code === 'ENOENT' ? 'FILE_MISSING' : 'FILE_UNREADABLE');
  });
  if ((await opened.stat()).isFile()) return opened;
  await opened.close();
  throw invalidField('file', 'FILE_UNREADABLE');
}

function importHeaders(file: string): Record<string, string> {
  const name = file.replace(/\.gz$/, '');
  const type = /\.(nd)?jsonl?$/.test(name) ? 'application/x-ndjson' : 'text/csv';
  return { 'content-type': type, ...(name === file ? {} : { 'content-encoding': 'gzip' }) };
}

async function* counted(file: FileHandle, onBytes: (sent: number) => void): AsyncGenerator<Uint8Array> {
  let sent = 0;
  for await (const chunk of file.createReadStream({ highWaterMark: 1 << 18, autoClose: false })) {
    yield chunk as Buffer;
    sent += (chunk as Buffer).length;
    onBytes(sent);
  }
}
