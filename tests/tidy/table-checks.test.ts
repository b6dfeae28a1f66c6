import { describe, expect, test } from 'vitest';
import { parseSource } from './source.ts';
import { checkTables, tableUses } from './table-checks.ts';

const SCHEMA = [
  parseSource('node/db/schema.sql', 'CREATE TABLE cases (\n);\nCREATE TABLE contacts (\n);\n'),
  parseSource('node/casework/cases/tables.ts', "export const cases = pgTable('cases', {});\n"),
];
const owners = { 'node/tracing/contacts': ['contacts'] };
const OWN = [
  parseSource('node/casework/cases/queries.ts', 'sql`INSERT INTO cases VALUES (1)`;\n'),
  parseSource('node/tracing/contacts/queries.ts', "copyIn(tx.sql, 'contacts (id)', rows);\n"),
];
const found = (path: string, code: string, readers = [] as never[]) =>
  checkTables([...SCHEMA, ...OWN, parseSource(path, code)], owners, readers).map(({ what }) => what);
const ELSEWHERE = 'node/tracing/contacts/deliveries-queries.ts';

describe('checkTables refuses', () => {
  test.each([
    ['sql`INSERT INTO cases VALUES (1)`;', 'writes cases'],
    ['sql`\n  UPDATE cases SET ward = 1`;', 'writes cases'],
    ['sql`DELETE FROM cases`;', 'writes cases'],
    ["copyIn(sql, 'cases (id)', rows);", 'writes cases'],
    ['sql`SELECT id FROM cases`;', 'reads cases'],
    ['sql`SELECT id FROM contacts JOIN cases USING (id)`;', 'reads cases'],
    ["import { cases } from '../../casework/cases/tables.ts';\ndb.orm.update(cases);", 'writes cases'],
    ["import { cases } from '../../casework/cases/tables.ts';\ndb.orm.select().from(cases);", 'reads cases'],
  ])('%s', (code, what) => expect(found(ELSEWHERE, code)).toEqual([what]));

  test('a table of nobody, and words about tables that nobody uses', () => {
    const other = parseSource('hub/db/schema.sql', 'CREATE TABLE orphans (\n);\n');
    const rules = { ...owners, 'node/casework/places': ['gone'] };
    const readers = [{ reader: 'node/casework/cases', tables: ['contacts'], why: 'it once did' }];
    expect(checkTables([...SCHEMA, ...OWN, other], rules, readers).map(({ what }) => what)).toEqual([
      'orphans has no owner',
      'the owner of gone does not use it',
      'node/casework/cases does not read contacts',
    ]);
  });
});

describe('checkTables lets pass', () => {
  test.each([
    'sql`SELECT id FROM contacts FOR UPDATE`;',
    '// INSERT INTO cases\n/* UPDATE cases */\n',
    'const list = Array.from(cases);',
    'sql`INSERT INTO contacts SELECT 1 ON CONFLICT DO UPDATE SET id = 1`;',
  ])('%s', (code) => expect(found(ELSEWHERE, code)).toEqual([]));

  test('what another may read', () => {
    const readers = [{ reader: 'node/tracing/contacts', tables: ['cases'], why: 'one statement' }];
    expect(found(ELSEWHERE, 'sql`SELECT FROM cases`;', readers as never)).toEqual([]);
    expect(found(ELSEWHERE, 'sql`DELETE FROM cases`;', readers as never)).toContain('writes cases');
  });
});

test('a use has its line', () => {
  const uses = tableUses([...SCHEMA, parseSource(ELSEWHERE, '\n\nsql`SELECT FROM cases`;\n')]);
  expect(uses).toMatchObject([{ path: ELSEWHERE, line: 3, table: 'cases', does: 'read' }]);
});
