/**
 * Reads the SQL of both programs, hand-written and drizzle's, for who writes and who reads which table.
 * Statements whose table is only known at run time (re-sealing, partitions) are not seen.
 */

import { matchesAny } from './glob.ts';
import { featureOf } from './import-checks.ts';
import { TESTS } from './import-rules.ts';
import type { Problem } from './problem.ts';
import type { Source } from './source.ts';
import { TABLE_READERS, TABLE_WHY, type TableReader, UNDESCRIBED_TABLES } from './table-rules.ts';

const PROGRAMS = ['node', 'hub'] as const;
/** Where tables are described for drizzle. */
const DRIZZLE = ['{node,hub,shared}/**/tables.ts', '{node,hub,shared}/**/*queries.ts'];

export interface TableUse {
  readonly path: string;
  readonly line: number;
  readonly folder: string;
  readonly table: string;
  readonly does: 'write' | 'read';
}

const WRITES =
  /(?:\bINSERT\s+INTO|(?<!FOR\s)\bUPDATE|\bDELETE\s+FROM|\bcopyIn\(\s*\w+(?:\.\w+)?,\s*['`])\s*(\w+)/g;
const READS = /(?<!\bDELETE\s)\b(?:FROM|JOIN|USING)\s+(\w+)/g;
const DRIZZLE_WRITES = /\.(?:insert|update|delete)\((\w+)\)/g;
const DRIZZLE_READS = /\.(?:from|innerJoin|leftJoin|rightJoin)\((\w+)/g;

/** Every use of a known table in the code of the programs, tests excepted. */
export function tableUses(sources: readonly Source[]): TableUse[] {
  const tables = tablesOf(sources);
  const names = new Map(
    sources.flatMap(({ path, text }) => (matchesAny(DRIZZLE, path) ? variables(text) : [])),
  );
  const code = sources.filter(({ path }) => isProgram(path) && /\.ts$/.test(path));
  return code.flatMap(({ path, text }) => {
    const folder = folderOf(path);
    const sql = withoutComments(text);
    const found = (pattern: RegExp, does: TableUse['does'], nameOf: (word: string) => string | undefined) =>
      [...sql.matchAll(pattern)].flatMap((match): TableUse[] => {
        const table = nameOf(match[1] ?? '');
        const line = sql.slice(0, match.index).split('\n').length;
        return table === undefined ? [] : [{ path, line, folder, table, does }];
      });
    const known = (word: string) => (tables.has(word) ? word : undefined);
    const isTable = /from '[./\w-]*\/tables\.ts'| = pgTable\(/.test(text);
    const drizzle = (word: string) => (isTable ? names.get(word) : undefined);
    return [
      ...[...found(WRITES, 'write', known), ...found(DRIZZLE_WRITES, 'write', drizzle)],
      ...[...found(READS, 'read', known), ...found(DRIZZLE_READS, 'read', drizzle)],
    ];
  });
}

/** Tables that are written by another than their owner, read without a reason, or nobody's. */
export function checkTables(
  sources: readonly Source[],
  undescribed = UNDESCRIBED_TABLES,
  readers: readonly TableReader[] = TABLE_READERS,
): Problem[] {
  const uses = tableUses(sources);
  const owners = ownersOf(sources, undescribed);
  const owns = (folder: string, table: string) => owners[folder]?.includes(table) === true;
  const mayRead = (folder: string, table: string) =>
    owns(folder, table) || readers.some((one) => one.reader === folder && one.tables.includes(table));
  const wrong = uses
    .filter(({ folder, table, does }) => !(does === 'write' ? owns : mayRead)(folder, table))
    .map(({ path, line, table, does }) => ({ path, line, what: `${does}s ${table}`, why: TABLE_WHY[does] }));
  const said = (what: string, why: string) => ({ path: 'tests/tidy/table-rules.ts', line: 1, what, why });
  const orphans = [...tablesOf(sources)].filter(
    (table) => !Object.values(owners).some((o) => o.includes(table)),
  );
  const idleOwners = Object.entries(owners).flatMap(([folder, tables]) =>
    tables.filter((table) => !uses.some((use) => use.folder === folder && use.table === table)),
  );
  const idleReaders = readers.flatMap(({ reader, tables }) =>
    tables
      .filter((table) => !uses.some((use) => use.folder === reader && use.table === table))
      .map((table) => `${reader} does not read ${table}`),
  );
  return [
    ...wrong,
    ...orphans.map((table) => said(`${table} has no owner`, TABLE_WHY.owner)),
    ...idleOwners.map((table) => said(`the owner of ${table} does not use it`, TABLE_WHY.idle)),
    ...idleReaders.map((what) => said(what, TABLE_WHY.idle)),
  ];
}

type Owners = Readonly<Record<string, readonly string[]>>;

/** Folder → the tables that it describes, and those that are said to be its. */
function ownersOf(sources: readonly Source[], undescribed: Owners): Owners {
  const owners: Record<string, readonly string[]> = { ...undescribed };
  for (const { path, text } of sources.filter((source) => matchesAny(DRIZZLE, source.path))) {
    const folder = folderOf(path);
    const tables = variables(text).map(([, table]) => table);
    if (tables.length > 0) owners[folder] = [...(owners[folder] ?? []), ...tables];
  }
  return owners;
}

function tablesOf(sources: readonly Source[]): ReadonlySet<string> {
  const dumps = PROGRAMS.map((program) => sources.find(({ path }) => path === `${program}/db/schema.sql`));
  return new Set(
    dumps.flatMap((dump) =>
      [...(dump?.text ?? '').matchAll(/^CREATE TABLE (\w+)/gm)].map(([, name = '']) => name),
    ),
  );
}

function variables(schema: string): [string, string][] {
  const found = schema.matchAll(/export const (\w+) = pgTable\(\s*'(\w+)'/g);
  return [...found].map(([, variable = '', table = '']) => [variable, table]);
}

const isProgram = (path: string) =>
  matchesAny(['{node,hub,shared}/**'], path) &&
  !matchesAny([...TESTS, 'shared/gen/**', '**/tables.ts'], path);

function folderOf(path: string): string {
  return featureOf(path) ?? path.split('/').slice(0, 2).join('/');
}

/** The text with its comments blanked: lines keep their numbers. */
function withoutComments(text: string): string {
  const blank = (comment: string) => comment.replace(/[^\n]/g, ' ');
  return text.replace(/\/\*[\s\S]*?\*\//g, blank).replace(/^\s*\/\/.*$/gm, blank);
}
