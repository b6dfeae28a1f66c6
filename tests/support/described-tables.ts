/**
 * The tables of drizzle as CREATE statements, so that PostgreSQL itself says whether they and the migrations
 * mean the same. Checks (but for the words of an enum), foreign keys, storage, partitions and grants are the
 * migrations' alone.
 */
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
import * as hubSchema from '../../hub/db/schema.ts';
import * as recordsSchema from '../../node/db/records-schema.ts';
import * as nodeSchema from '../../node/db/schema.ts';
import * as auditTables from '../../shared/db/audit-tables.ts';
import * as feedTables from '../../shared/db/feed-tables.ts';
import * as outgoingTables from '../../shared/db/outgoing-tables.ts';
import * as requestTables from '../../shared/db/request-tables.ts';

const SCHEMAS = { node: { ...recordsSchema, ...nodeSchema }, hub: hubSchema };
const DIALECT = new PgDialect({ casing: 'snake_case' });

/** Statements that make all tables that a program describes for drizzle. */
export function describedTables(program: keyof typeof SCHEMAS): string[] {
  const all = { ...SCHEMAS[program], ...auditTables, ...feedTables, ...outgoingTables, ...requestTables };
  return Object.values(all).flatMap((value) => (is(value, PgTable) ? statementsOf(value) : []));
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
  for (const key of uniqueConstraints) lines.push(`UNIQUE (${key.columns.map(nameOf).join(', ')})`);
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
