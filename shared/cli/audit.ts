/**
 * `audit verify` and `audit checkpoints` of both programs: read the audit log in the database itself, with no
 * program running, and print what is wrong with it. They change nothing.
 */

import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { z } from 'zod';
import type { LogOrigin } from '../audit/checkpoint.ts';
import { findHeldLogs, type LostStretch, type Restore, restoreShape } from '../audit/restores.ts';
import { type LogFault, type Verification, type VerifyOptions, verifyLog } from '../audit/verify.ts';
import type { Secret } from '../config.ts';
import { type Database, openDatabase } from '../db/database.ts';
import { invalidField } from '../errors.ts';
import { FoundProblems } from './run.ts';
import { say } from './say.ts';

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
  const audit = program.command('audit').description(say('audit'));
  audit
    .command('verify')
    .description(say('audit.verify'))
    .option('--held <file>', say('audit.held'))
    .action(async ({ held }: { held?: string }) => {
      const { databaseUrl, origin, key } = await ownLog();
      const notes = held === undefined ? { held: [], past: [] } : await readNotes(held);
      const found = await inDatabase(databaseUrl, (db) => verifyLog(db, { origin, key, ...notes }));
      print(describe(found, notes.held.length));
      if (found.fault) throw new FoundProblems();
    });
  audit
    .command('checkpoints <peer>')
    .description(say('audit.checkpoints'))
    .action(async (peer: string) => {
      const { databaseUrl } = await ownLog();
      const { present, past } = await inDatabase(databaseUrl, (db) => findHeldLogs(db, peer, MOST));
      const notesOf = (kept: readonly { note: string }[]) => kept.map(({ note }) => note);
      const older = past.flatMap(({ restore, checkpoints }) => [restore, ...notesOf(checkpoints)]);
      print(`${JSON.stringify([...notesOf(present), ...older])}\n`);
    });
  return audit;
}

const MOST_NOTES = 100_000;
const MOST = { present: MOST_NOTES, past: MOST_NOTES };
/** Newest first: behind a restore stands what was signed before it. */
const notesShape = z.array(z.union([z.string(), restoreShape])).max(10 * MOST_NOTES);

interface Notes {
  readonly held: readonly string[];
  readonly past: NonNullable<VerifyOptions['past']>;
}

async function inDatabase<T>(url: Secret<string>, work: (db: Database) => Promise<T>): Promise<T> {
  await using db = openDatabase(url.reveal(), { max: 1, name: 'audit' });
  return await work(db);
}

async function readNotes(file: string): Promise<Notes> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw invalidField('held', 'FILE_UNREADABLE');
  });
  const { success, data = [] } = notesShape.safeParse(parseJson(text));
  if (!success) throw invalidField('held', 'NOT_CHECKPOINTS');
  const held: string[] = [];
  const past: { restore: Restore; notes: string[] }[] = [];
  for (const one of data) {
    if (typeof one === 'string') (past.at(-1)?.notes ?? held).push(one);
    else past.push({ restore: one, notes: [] });
  }
  return { held, past };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What a restore has cost, in a line. */
export function describeLost({ first, last, restore }: Omit<LostStretch, 'sound'>): string {
  const { at, by, reason } = restore;
  const accepted = { at, by, reason };
  return first > last
    ? say('audit.none_lost', { last: String(last), ...accepted })
    : say('audit.some_lost', { first: String(first), last: String(last), ...accepted });
}

function describe({ size, unplaced, checkpoints, foreign, lost, fault }: Verification, held: number): string {
  const lines = [
    say('audit.entries', { size, unplaced }),
    say('audit.compared', { checkpoints, held }),
    ...(foreign > 0 ? [say('audit.foreign', { foreign })] : []),
    ...lost.map(describeLost),
    fault ? describeFault(fault) : say('audit.no_fault'),
  ];
  return `${lines.join('\n')}\n`;
}

function describeFault({ reason, position, recordId, checkpoint }: LogFault): string {
  const parts = [
    say('audit.fault_position', { reason, position: String(position) }),
    ...(recordId === undefined ? [] : [say('audit.fault_entry', { entry: String(recordId) })]),
    ...(checkpoint === undefined ? [] : [say('audit.fault_checkpoint', { checkpoint: String(checkpoint) })]),
  ];
  return parts.join(', ');
}
