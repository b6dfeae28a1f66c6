/**
 * Lists of a large province cost what a page costs: with 100,000 cases and traces no statement reads a table
 * from end to end, and none walks along an index for more rows than the page and the ward account for.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listCases } from '../../node/casework/cases/queries.ts';
import { type ContactsPage, listContacts } from '../../node/tracing/contacts/queries.ts';
import { listTraceIds } from '../../node/tracing/openings/list-queries.ts';
import type { Scope } from '../../shared/acts/access.ts';
import { type Database, openDatabase } from '../../shared/db/database.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const ROWS = 100_000;
/** Wards 00000 to 00499: each has 200 cases and 400 contacts. */
const WARDS = 500;
/** A trace of 20,000 contacts. */
const CROWDED = 'c'.repeat(32);
const TABLES = ['cases', 'case_identifiers', 'traces', 'trace_cases', 'openings', 'contacts'];

let database: TestDatabase;
/** One connection: its statistics are told at once. */
let db: Database;
beforeAll(async () => {
  database = await createTestDatabase('node');
  db = openDatabase(database.url, { max: 1, name: 'lists' });
  await fill();
});
afterAll(async () => {
  await db[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

async function fill(): Promise<void> {
  const ward = `lpad((n % ${WARDS})::text, 5, '0')`;
  const id = `lpad(to_hex(n), 32, '0')`;
  const at = `timestamptz '2021-05-01T00:00:00Z' + n * interval '7 seconds'`;
  const rows = `generate_series(1, ${ROWS}) n`;
  await db.sql.unsafe(`
    SET session_replication_role = replica;
    INSERT INTO identifiers (value_sealed, value_index, key_generation, kind)
      SELECT 'x', decode(${id}, 'hex'), 1, 5 FROM generate_series(1, 10) n;
    INSERT INTO cases (id, onset_on, created_at, ward)
      SELECT (${id})::uuid, '2021-05-01', ${at}, ${ward} FROM ${rows};
    INSERT INTO case_identifiers SELECT (${id})::uuid, 0, 1 + n % 10 FROM ${rows};
    INSERT INTO traces (id, direction, max_degree, as_of, rules, created_at)
      SELECT ${id}, 'forward', 2, 0, 1, ${at} FROM ${rows};
    INSERT INTO trace_cases SELECT ${id}, (${id})::uuid, 0 FROM ${rows};
    INSERT INTO openings (trace_id, revision, province, opening, expires_at, first_seen_at)
      SELECT 'f' || ${id}, r, '79', '', 0, ${at} + r * interval '3 seconds'
      FROM ${rows}, generate_series(1, 2) r WHERE r = 1 OR n % 10 = 0;
    INSERT INTO contacts (trace_id, contact_id, degree, first_exposed_at, last_exposed_at, seconds, settings,
        place_kinds, exposed_in, identifier_ids, ward, delivery)
      SELECT 'f' || ${id}, c, 1, 0, 0, 0, 1, 1, '{}', '{1}', ${ward}, 1
      FROM ${rows}, generate_series(1, 2) c;
    INSERT INTO contacts (trace_id, contact_id, degree, first_exposed_at, last_exposed_at, seconds, settings,
        place_kinds, exposed_in, identifier_ids, ward, delivery)
      SELECT '${CROWDED}', ${id}, 1 + n % 2, 0, n * 7919 % 86400, 0, 1, 1, '{}', '{1}', ${ward}, 1
      FROM generate_series(1, 20000) n;
    SET session_replication_role = origin`);
  await db.sql.unsafe(`VACUUM ANALYZE ${TABLES.join(', ')}`);
}

/** What was read while `work` ran: tables from end to end, and rows through indexes. */
async function readBy<T>(work: () => Promise<T>) {
  const before = await readSoFar();
  const result = await work();
  const after = await readSoFar();
  const scanned = TABLES.filter((table) => after.get(table)?.scans !== before.get(table)?.scans);
  const rows = TABLES.map((table) => (after.get(table)?.rows ?? 0) - (before.get(table)?.rows ?? 0));
  return { result, scanned, rows: rows.reduce((a, b) => a + b, 0) };
}

async function readSoFar() {
  await db.sql`SELECT pg_stat_force_next_flush()`;
  await db.sql`SELECT pg_stat_clear_snapshot()`;
  const rows = await db.sql<{ relname: string; seq_scan: number; read: number }[]>`
    SELECT t.relname, t.seq_scan, coalesce(sum(i.idx_tup_read), 0)::bigint AS read
    FROM pg_stat_user_tables t LEFT JOIN pg_stat_user_indexes i USING (relid)
    WHERE t.relname = ANY (${TABLES}) GROUP BY t.relname, t.seq_scan`;
  return new Map(rows.map(({ relname, seq_scan, read }) => [relname, { scans: seq_scan, rows: read }]));
}

const ward = (n: number) => String(n).padStart(5, '0');
const LIMIT = 100;

describe.each([
  ['of the province', 'whole' as Scope, 3_000],
  ['of a ward', new Set([ward(7)]), 8_000],
  ['of a district of 40 wards', new Set(Array.from({ length: 40 }, (_, i) => ward(i))), 30_000],
])('the list %s', (_, scope, mostRows) => {
  it('of cases reads what it shows, on every page', async () => {
    let after: { createdAt: number; id: string } | undefined;
    const seen: string[] = [];
    for (let page = 0; page < 2; page++) {
      const { result, scanned, rows } = await readBy(() => listCases(db, { limit: LIMIT, after }, scope));
      expect(scanned).toEqual([]);
      expect(rows).toBeLessThan(60 * LIMIT);
      seen.push(...result.map(({ id }) => id));
      after = result.at(-1);
    }
    const wards = scope === 'whole' ? Array.from({ length: WARDS }, (_, i) => ward(i)) : [...scope];
    const inScope = await db.sql`
      SELECT id FROM cases WHERE ward = ANY (${wards}) ORDER BY created_at DESC LIMIT 200`;
    expect(seen).toEqual(inScope.map(({ id }) => id));
  });

  it('of traces reads what the page and the wards account for, and names each once', async () => {
    let after: { listedAt: number; id: string } | undefined;
    const seen: string[] = [];
    for (let page = 0; page < 3; page++) {
      const found = await readBy(() =>
        listTraceIds(db, { limit: LIMIT, after }, { cases: scope, contacts: scope }),
      );
      expect(found.scanned).toEqual([]);
      expect(found.rows).toBeLessThan(mostRows);
      seen.push(...found.result.map(({ id }) => id));
      after = found.result.at(-1);
    }
    expect(seen).toHaveLength(3 * LIMIT);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.filter((id) => id.startsWith('f'))).toHaveLength(1.5 * LIMIT);
  });
});

it('the list of contacts of a crowded trace reads what it shows, on every page', async () => {
  const places: ContactsPage['after'][] = [undefined, [1, 43_200, '']];
  for (const after of places) {
    const page = { traceId: CROWDED, limit: LIMIT, after };
    const { result, scanned, rows } = await readBy(() => listContacts(db, page, 'whole'));
    expect(result).toHaveLength(LIMIT);
    expect(scanned).toEqual([]);
    expect(rows).toBeLessThan(3 * LIMIT);
  }
});
