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
    .action((kind: string, file: string) => importFile(shell, address(), { kind, file }));
}

interface ImportReport {
  readonly accepted: number;
  readonly rejected: number;
  readonly errors: readonly { line: number; field: string; message: string }[];
}

/** Streams a file; prints the rows that were rejected and fails if there were any. */
async function importFile(
  shell: Shell,
  address: ApiAddress,
  { kind, file }: { readonly kind: string; readonly file: string },
): Promise<void> {
  await using opened = await openFile(file);
  const { size } = await opened.stat();
  const line = new StatusLine(shell.stderr);
  const report = await callJson<ImportReport>(address, `/v1/imports/${encodeURIComponent(kind)}`, {
    method: 'POST',
    headers: importHeaders(file),
    body: counted(opened, (bytes) => line.show(formatBar(bytes, size, line.width))),
  }).finally(() => line.end());
  shell.stdout.write(`${say('import.done', { accepted: report.accepted, rejected: report.rejected })}\n`);
  if (report.rejected === 0) return;
  const rows = report.errors.map((error) => [String(error.line), error.field, error.message]);
  shell.stdout.write(formatTable([say('column.line'), say('column.field'), say('column.reason')], rows));
  throw new FoundProblems();
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
