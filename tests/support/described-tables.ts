/**
 * The tables of drizzle as CREATE statements, so that PostgreSQL itself says whether they and the migrations
 * mean the same. Checks (but for the words of an enum), foreign keys, storage, partitions and grants are the
 * migrations' alone.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { is, SQL } from 'drizzle-orm';
import { toSnakeCase } from 'drizzle-orm/casing';
import {
  getTableConfig,
  type Index,
  type IndexedColumn,
  type PgColumn,
  PgDialect,
  PgTable,
} from 'drizzle-orm/pg-core';
import { packageRoot } from '../../shared/package-root.ts';

const DIALECT = new PgDialect({ casing: 'snake_case' });

/** Statements that make all tables that a program's features, and shared, describe for drizzle. */
export async function describedTables(program: 'node' | 'hub'): Promise<string[]> {
  const modules = await Promise.all((await describing(program)).map((path) => import(path)));
  const exported = modules.flatMap((module) => Object.values(module as Record<string, unknown>));
  return exported.flatMap((value) => (is(value, PgTable) ? statementsOf(value) : []));
}

/** The files in which a feature says what its tables are. */
async function describing(program: 'node' | 'hub'): Promise<string[]> {
  const folders = [program, 'shared'].map((name) => join(packageRoot, name));
  const found = await Promise.all(folders.map((folder) => readdir(folder, { recursive: true })));
  const paths = found.flatMap((names, i) => names.map((name) => join(folders[i] as string, name)));
  const candidates = paths.filter((path) => /(?:tables|queries)\.ts$/.test(path));
  const texts = await Promise.all(candidates.map((path) => readFile(path, 'utf8')));
  return candidates.filter((_, i) => texts[i]?.includes(' = pgTable('));
}

/** What a schema (as `describeSchema` tells it) says of ordinary tables that drizzle can say too. */
export function drizzlesShare(schema: string): string {
  return schema
    .split('\n\n')
    .filter((block) => block.startsWith('CREATE TABLE') && !block.includes(') PARTITION BY'))
    .map((block) =>
      block.replace(FOREIGN_KEY, '').replace(CHECK, keepEnum).replaceAll(' STORAGE EXTERNAL', ''),
    )
    .map((block) => block.replace(/,$/gm, '').trim())
    .join('\n\n');
}

const FOREIGN_KEY = /\n {2}CONSTRAINT \S+ FOREIGN KEY .*\n {4}REFERENCES .*/g;
const CHECK = /\n {2}CONSTRAINT \S+\n {4}CHECK .*/g;
const keepEnum = (check: string) => (/CHECK \(\(\w+ = ANY \(ARRAY\['/.test(check) ? check : '');

function statementsOf(table: PgTable): string[] {
  const { name, columns, primaryKeys, uniqueConstraints, indexes } = getTableConfig(table);
  const lines = columns.map(lineOf);
  for (const key of primaryKeys) lines.push(`PRIMARY KEY (${key.columns.map(nameOf).join(', ')})`);
  for (const { columns: of, nullsNotDistinct } of uniqueConstraints) {
    const nulls = nullsNotDistinct ? ' NULLS NOT DISTINCT' : '';
    lines.push(`UNIQUE${nulls} (${of.map(nameOf).join(', ')})`);
  }
  return [
    `CREATE TABLE ${name} (${lines.join(', ')})`,
    ...indexes.map(({ config }) => indexOn(name, config)),
  ];
}

function lineOf(column: PgColumn): string {
  const words = [nameOf(column), column.getSQLType()];
  if (column.primary) words.push('PRIMARY KEY');
  if (column.notNull) words.push('NOT NULL');
  if (column.isUnique) words.push('UNIQUE');
  if (column.generatedIdentity) words.push('GENERATED ALWAYS AS IDENTITY');
  if (column.default !== undefined) words.push('DEFAULT', defaultOf(column));
  if (column.enumValues)
    words.push(`CHECK (${nameOf(column)} IN (${column.enumValues.map(quoted).join(', ')}))`);
  return words.join(' ');
}

function defaultOf(column: PgColumn): string {
  if (is(column.default, SQL)) return textOf(column.default);
  const value = column.mapToDriverValue(column.default);
  return typeof value === 'string' ? quoted(value) : String(value);
}

function indexOn(table: string, { name, unique, method, columns, where }: Index['config']): string {
  const parts = columns.map((column) => {
    if (is(column, SQL)) return textOf(column);
    const { name: key, keyAsName, indexConfig } = column as IndexedColumn;
    const direction = method === 'btree' ? ` ${indexConfig.order} NULLS ${indexConfig.nulls}` : '';
    return nameOf({ name: key as string, keyAsName }) + direction;
  });
  const kind = unique ? 'UNIQUE INDEX' : 'INDEX';
  const end = where ? ` WHERE ${textOf(where)}` : '';
  return `CREATE ${kind} ${name} ON ${table} USING ${method} (${parts.join(', ')})${end}`;
}

const textOf = (expression: SQL) => DIALECT.sqlToQuery(expression, 'indexes').sql;
const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;

function nameOf({ name, keyAsName }: Pick<PgColumn, 'name' | 'keyAsName'>): string {
  return `"${keyAsName ? toSnakeCase(name) : name}"`;
}
