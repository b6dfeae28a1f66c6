/**
 * `audit verify` and `audit checkpoints` of both programs: read the audit log in the database itself, with no
 * program running, and print what is wrong with it. They change nothing.
 */
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { z } from 'zod';
import type { LogOrigin } from '../audit/checkpoint.ts';
import { listPeerCheckpoints } from '../audit/queries.ts';
import { type LogFault, type Verification, type VerifyOptions, verifyLog } from '../audit/verify.ts';
import type { Secret } from '../config.ts';
import { type Database, openDatabase } from '../db/database.ts';
import { invalidField } from '../errors.ts';
import { FoundProblems } from './run.ts';

/** Where a program's own log lies, and what it signs it with. */
export interface OwnLog {
  readonly databaseUrl: Secret<string>;
  readonly origin: LogOrigin;
  readonly key: VerifyOptions['key'];
}

/** Adds `audit verify` and `audit checkpoints`; the answer is the command `audit`, for more of it. */
export function addAuditCommands(
  program: Command,
  ownLog: () => Promise<OwnLog>,
  print: (text: string) => void,
): Command {
  const audit = program.command('audit').description('nhật ký kiểm tra · the audit log');
  audit
    .command('verify')
    .description('tính lại toàn bộ nhật ký (DATABASE_URL) · recompute the whole log; exit code 1 at a fault')
    .option('--held <file>', 'điểm kiểm tra bên kia giữ · our checkpoints as the other side holds them')
    .action(async ({ held }: { held?: string }) => {
      const { databaseUrl, origin, key } = await ownLog();
      const notes = held === undefined ? [] : await readNotes(held);
      const found = await inDatabase(databaseUrl, (db) => verifyLog(db, { origin, key, held: notes }));
      print(describe(found, notes.length));
      if (found.fault) throw new FoundProblems();
    });
  audit
    .command('checkpoints <peer>')
    .description(
      'điểm kiểm tra của một bên, để bên đó so · what a peer signed, for its `audit verify --held`',
    )
    .action(async (peer: string) => {
      const { databaseUrl } = await ownLog();
      const kept = await inDatabase(databaseUrl, (db) => listPeerCheckpoints(db, peer, MOST_NOTES));
      print(`${JSON.stringify(kept.map(({ note }) => note))}\n`);
    });
  return audit;
}

const MOST_NOTES = 100_000;
const notesShape = z.array(z.string()).max(MOST_NOTES);

async function inDatabase<T>(url: Secret<string>, work: (db: Database) => Promise<T>): Promise<T> {
  await using db = openDatabase(url.reveal(), { max: 1, name: 'audit' });
  return await work(db);
}

async function readNotes(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw invalidField('held', 'cannot be read');
  });
  try {
    return notesShape.parse(JSON.parse(text));
  } catch {
    throw invalidField('held', 'not what `audit checkpoints` prints');
  }
}

function describe({ size, unsealed, checkpoints, foreign, fault }: Verification, held: number): string {
  const lines = [
    `${size} mục · entries, ${unsealed} chưa niêm phong · not sealed yet`,
    `${checkpoints} điểm kiểm tra · checkpoints, ${held} của bên kia · from the other side`,
    ...(foreign > 0 ? [`${foreign} ký bằng khóa khác · signed by another key (an earlier one?)`] : []),
    fault ? describeFault(fault) : 'không có sai lệch · no fault',
  ];
  return `${lines.join('\n')}\n`;
}

function describeFault({ reason, position, recordId, checkpoint }: LogFault): string {
  const parts = [
    `${reason}: vị trí · position ${position}`,
    ...(recordId === undefined ? [] : [`mục · entry ${recordId}`]),
    ...(checkpoint === undefined ? [] : [`điểm kiểm tra · checkpoint ${checkpoint}`]),
  ];
  return parts.join(', ');
}
