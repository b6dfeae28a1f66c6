/**
 * `truyvet-node keys …`: what an operator does with data keys on the node's own machine. Prints generations
 * and counts, never a key.
 */
import type { Command } from 'commander';
import { z } from 'zod';
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
  const keys = program.command('keys').description('khóa dữ liệu · data keys of the sealed columns');
  keys
    .command('create')
    .description('tạo tệp khóa đầu tiên (DATA_KEYS_FILE) · write a first key file')
    .action(async () => print(await createKeys(env)));
  keys
    .command('rotate')
    .description(
      'thêm một thế hệ khóa; nút tự niêm phong lại · add a generation; the node re-seals by itself',
    )
    .action(async () => print(await rotateKeys(env)));
  keys
    .command('status')
    .description('số dòng theo thế hệ khóa (DATABASE_URL) · rows by generation of keys')
    .action(async () => print(await showKeys(env)));
}

const WITH_COMMAND = `Khóa đến từ DATA_KEYS_COMMAND: hãy thêm thế hệ mới ở dịch vụ quản lý khóa,
giữ các thế hệ cũ, và đặt "current" là thế hệ mới. Nút đọc lại trong vòng một phút.
The keys come from DATA_KEYS_COMMAND: add a new generation in your key management service, keep the
old ones, and make the new one "current". The node reads it within a minute.
`;

async function createKeys(env: Env): Promise<string> {
  const source = parseKeySource(env);
  if (source.file === undefined) return WITH_COMMAND;
  await createKeyRingFile(source.file);
  return `Đã tạo thế hệ 1. Hãy sao lưu tệp khóa, ở nơi khác với cơ sở dữ liệu.
Generation 1 is made. Back the file up, apart from the database.
`;
}

async function rotateKeys(env: Env): Promise<string> {
  const source = parseKeySource(env);
  if (source.file === undefined) return WITH_COMMAND;
  const { current } = await rotateKeyRingFile(source.file);
  return `Thế hệ ${current} có hiệu lực trong vài giây. Giữ các thế hệ cũ đến khi "keys status" báo có thể bỏ,
và lâu hơn nếu còn bản sao lưu cần chúng.
Generation ${current} takes effect within seconds. Keep the older ones until "keys status" says that they
can go, and as long as there are backups that need them.
`;
}

async function showKeys(env: Env): Promise<string> {
  const { DATABASE_URL } = parseEnv(z.object({ DATABASE_URL: databaseUrl }), env);
  await using db = openDatabase(DATABASE_URL.reveal(), { max: 1, name: 'node-cli' });
  const generations = await readSealingStatus({ db });
  const tables = Object.keys(generations[0]?.rows ?? {});
  const head = ['thế hệ · generation', 'từ · since', ...tables, 'trạng thái · state'];
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
  if (retiredAt !== null) return `có thể bỏ · may leave the ring (${isoInstant(retiredAt)})`;
  return generation === all.at(-1)?.generation ? 'đang dùng · current' : 'còn cần · still needed';
}
