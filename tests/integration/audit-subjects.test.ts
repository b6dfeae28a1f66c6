/**
 * What entries are about: the exact text that is hashed, the form of the ids, one index for "who read what
 * about this case", and entries of before subjects had a place of their own.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HUB_ORIGIN, nodeOrigin } from '../../shared/audit/checkpoint.ts';
import { listEntries } from '../../shared/audit/entries.ts';
import { auditBody, recordAct } from '../../shared/audit/record.ts';
import { SUBJECT_FORMS, SUBJECT_KINDS, type Subject, type SubjectKind } from '../../shared/audit/subjects.ts';
import { verifyLog } from '../../shared/audit/verify.ts';
import { type Database, openDatabase } from '../../shared/db/database.ts';
import { personWith } from '../support/callers.ts';
import { type AuditFixture, createAuditFixture, stillClock } from './audit-fixture.ts';

const CASE = '5f0c1d2e-3a4b-4c5d-8e6f-7a8b9c0d1e2f';
const TRACE = 'ab'.repeat(16);
const ACTOR = { kind: 'person', id: 'an' } as const;

describe('the text of an entry', () => {
  it('is this, to the byte: what is hashed today is hashed so for ever', () => {
    const on = [{ case: CASE }, { trace: TRACE }, { case: CASE }];
    const entry = { action: 'cases.read', actor: ACTOR, outcome: 'done', on, purpose: 'BTG' } as const;
    expect(auditBody({ ...entry, detail: { count: 1 } }, 1_800_000_000, 'salt')).toBe(
      '{"at":"2027-01-15T08:00:00Z","action":"cases.read","actor":{"kind":"person","id":"an"},' +
        `"outcome":"done","on":[{"case":"${CASE}"},{"trace":"${TRACE}"}],"purpose":"BTG",` +
        '"detail":{"count":1},"salt":"salt"}',
    );
  });

  it('leaves out what there is not', () => {
    const refused = {
      action: 'cases.read',
      actor: ACTOR,
      outcome: 'refused',
      reason: 'NO_SUCH_CASE',
    } as const;
    expect(auditBody({ ...refused, on: [], detail: {} }, 1_800_000_000, 'salt')).toBe(
      '{"at":"2027-01-15T08:00:00Z","action":"cases.read","actor":{"kind":"person","id":"an"},' +
        '"outcome":"refused","reason":"NO_SUCH_CASE","salt":"salt"}',
    );
  });

  it.each(['cccd:024090000001', '024090000001', '0912345678', '+84912345678', 'Nguyễn Văn Tí', ''])(
    'takes %j for no id of any kind',
    (id) => {
      for (const kind of SUBJECT_KINDS) {
        const on = [{ [kind]: id } as Subject];
        const entry = { action: 'cases.read', actor: ACTOR, outcome: 'done', on } as const;
        expect(() => auditBody(entry, 0, 'salt')).toThrow(`not the id of a subject: ${kind}`);
      }
    },
  );

  it('knows no kind that has no form', () => {
    for (const kind of SUBJECT_KINDS) expect(SUBJECT_FORMS[kind as SubjectKind]).toBeInstanceOf(RegExp);
  });
});

const OLD_ENTRY =
  '{"at":"2026-11-26T07:00:00Z","action":"traces.read","actor":{"kind":"person","id":"an"},' +
  `"outcome":"done","trace":"${TRACE}","detail":{"count":1},"salt":"s"}`;

describe.each(['node', 'hub'] as const)('the log of a %s', (kind) => {
  let audit: AuditFixture;
  let db: Database;
  beforeAll(async () => {
    audit = await createAuditFixture({ kind });
    db = openDatabase(audit.database.programUrl, { max: 1, name: 'one connection' });
    await db.sql`INSERT INTO audit_records (body) VALUES (${OLD_ENTRY})`;
    const done = { action: 'cases.read', actor: ACTOR, outcome: 'done' } as const;
    for (const on of [[{ case: CASE }], [{ case: CASE }, { trace: TRACE }], [{ trace: TRACE }], []])
      await recordAct(db, { ...done, on }, 1_800_000_000);
    await db.sql`
      INSERT INTO audit_records (body)
      SELECT jsonb_build_object('action', 'traces.read', 'actor', '{"kind":"person","id":"binh"}'::jsonb,
        'on', jsonb_build_array(jsonb_build_object('trace', md5(n::text))))::text
      FROM generate_series(1, 5000) n`;
    await audit.database.db.sql`ANALYZE audit_records`;
  });
  afterAll(async () => {
    await db[Symbol.asyncDispose]();
    await audit[Symbol.asyncDispose]();
  });
  const operator = personWith([kind === 'node' ? 'operator@24' : 'hub_operator']);
  const about = async (...on: Subject[]) => {
    const found = await listEntries({ db, clock: stillClock }, operator, { limit: 10, on });
    return found.filter(({ action }) => action !== 'audit.read').map((entry) => entry.on);
  };

  it('lists what is about a subject, older entries too, newest first', async () => {
    expect(await about({ case: CASE })).toEqual([[{ case: CASE }, { trace: TRACE }], [{ case: CASE }]]);
    expect(await about({ trace: TRACE })).toEqual([
      [{ trace: TRACE }],
      [{ case: CASE }, { trace: TRACE }],
      [{ trace: TRACE }],
    ]);
    expect(await about({ case: CASE }, { trace: TRACE })).toEqual([[{ case: CASE }, { trace: TRACE }]]);
  });

  it('names in the entry of the reading what was asked about', async () => {
    await about({ contact: 'cd'.repeat(16) });
    const [entry] = await listEntries({ db, clock: stillClock }, operator, {
      limit: 1,
      action: 'audit.read',
    });
    expect(entry?.on).toEqual([{ contact: 'cd'.repeat(16) }]);
  });

  it('answers by the index, without walking the log', async () => {
    const counted = async () => {
      await db.sql`SELECT pg_stat_force_next_flush()`;
      const [row] = await db.sql<{ seq: number; byOn: number; walked: number }[]>`
        SELECT t.seq_scan AS seq, i.idx_scan AS "byOn", p.idx_tup_read AS walked
        FROM pg_stat_user_tables t
        JOIN pg_stat_user_indexes i ON i.relid = t.relid AND i.indexrelname = 'audit_records_on'
        JOIN pg_stat_user_indexes p ON p.relid = t.relid AND p.indexrelname = 'audit_records_pkey'
        WHERE t.relname = 'audit_records'`;
      return row as { seq: number; byOn: number; walked: number };
    };
    for (const subject of [{ case: CASE }, { trace: TRACE }, { contact: 'ef'.repeat(16) }]) {
      const before = await counted();
      await about(subject);
      const after = await counted();
      expect(after.seq).toBe(before.seq);
      expect(after.byOn).toBeGreaterThan(before.byOn);
      expect(after.walked - before.walked).toBeLessThan(100);
    }
  });

  it('is verified with entries of both shapes', async () => {
    await audit.grower.grow();
    await audit.log.checkpoint();
    const origin = kind === 'node' ? nodeOrigin('24') : HUB_ORIGIN;
    const { fault, unplaced } = await verifyLog(db, { origin, key: audit.key.publicKey });
    expect([fault, unplaced]).toEqual([undefined, 0]);
  });
});
