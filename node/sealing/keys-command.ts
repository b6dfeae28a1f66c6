/**
 * `truyvet-node keys …`: what an operator does with data keys on the node's own machine. Prints generations
 * and counts, never a key.
 */

import type { Command } from 'commander';
import { z } from 'zod';
import { say } from '../../shared/cli/say.ts';
import { formatTable } from '../../shared/cli/terminal.ts';
import { type Env, parseEnv } from '../../shared/config.ts';
import { databaseUrl } from '../../shared/config-fields.ts';
import { openDatabase } from '../../shared/db/database.ts';
import { isoInstant } from '../../shared/domain/instant.ts';
import { parseKeySource } from './key-config.ts';
import { createKeyRingFile, rotateKeyRingFile } from './key-source.ts';
import { type GenerationStatus, readSealingStatus } from './operations.ts';

/** Adds `keys create`, `keys rotate` and `keys status` to `program`, with variables from `env`. */
export function addKeysCommands(program: Command, env: Env, print: (text: string) => void): void {
  const keys = program.command('keys').description(say('keys'));
  keys
    .command('create')
    .description(say('keys.create'))
    .action(async () => print(await createKeys(env)));
  keys
    .command('rotate')
    .description(say('keys.rotate'))
    .action(async () => print(await rotateKeys(env)));
  keys
    .command('status')
    .description(say('keys.status'))
    .action(async () => print(await showKeys(env)));
}

function withCommand(): string {
  return `${say('keys.with_command')}\n${say('keys.make_current')}\n`;
}

async function createKeys(env: Env): Promise<string> {
  const source = parseKeySource(env);
  if (source.file === undefined) return withCommand();
  await createKeyRingFile(source.file);
  return `${say('keys.created')}\n`;
}

async function rotateKeys(env: Env): Promise<string> {
  const source = parseKeySource(env);
  if (source.file === undefined) return withCommand();
  const { current } = await rotateKeyRingFile(source.file);
  return `${say('keys.rotated', { generation: current })}\n${say('keys.keep')}\n`;
}

async function showKeys(env: Env): Promise<string> {
  const { DATABASE_URL } = parseEnv(z.object({ DATABASE_URL: databaseUrl }), env);
  await using db = openDatabase(DATABASE_URL.reveal(), { max: 1, name: 'node-cli' });
  const generations = await readSealingStatus({ db });
  const tables = Object.keys(generations[0]?.rows ?? {});
  const head = [say('column.generation'), say('column.since'), ...tables, say('column.state')];
  return formatTable(
    head,
    generations.map((found) => [
      ...[String(found.generation), isoInstant(found.firstUsedAt)],
      ...tables.map((table) => String(found.rows[table])),
      stateOf(found, generations),
    ]),
  );
}

function stateOf({ generation, retiredAt }: GenerationStatus, all: readonly GenerationStatus[]): string {
  if (retiredAt !== null) return say('keys.may_go', { since: isoInstant(retiredAt) });
  return generation === all.at(-1)?.generation ? say('keys.current') : say('keys.needed');
}
