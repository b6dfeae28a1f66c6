/**
 * Promise 8: weeks of check-ins and encounters go when they are older than the rules keep, each on record,
 * and not before the last trace that can ask about them has ended. As the program's role, which owns nothing.
 */
import { generateKeyPairSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listPartitions, partitionOf, WEEK_SECONDS } from '../../node/db/partitions.ts';
import { erasuresOf } from '../../node/erasures.ts';
import { systemClock } from '../../shared/clock.ts';
import { type Database, openDatabase, withTransaction } from '../../shared/db/database.ts';
import { vietnamMidnight } from '../../shared/domain/instant.ts';
import { newId, newTraceId } from '../../shared/ids.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { signOpening } from '../../shared/signed/opening.ts';
import { RULES } from '../simulation/examples.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { extent } from '../support/extent.ts';
import { testDataKeys } from '../support/sealed.ts';
import { waitFor } from '../support/wait.ts';
import { intakeOn, NOW } from './imports-fixture.ts';

const DAY = 86_400;
const iso = (at: number) => new Date(at * 1000).toISOString();

let database: TestDatabase;
let db: Database;
beforeEach(async () => {
  database = await createTestDatabase('node');
  db = openDatabase(database.programUrl, { max: 3, name: 'program' });
});
afterEach(async () => {
  await db[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

/** What the loop does in one pass, that many days later. */
async function erase(daysLater: number, rules: object | null = RULES, on = db): Promise<void> {
  const clock = { nowMs: () => (NOW + daysLater * DAY) * 1000 };
  const book = { inForceAt: () => rules ?? undefined, pack: () => RULES };
  for (const erasure of erasuresOf({ db: on, clock, rules: book as never })) await erasure();
}

async function importWeeks(on = db): Promise<void> {
  const { importCsv } = intakeOn(on, testDataKeys());
  await importCsv('places', 'place,kind', 'P1,cafe');
  const days = [29, 22, 15, 8, 1];
  await importCsv(
    'check-ins',
    'identifier,place,in_at',
    ...days.map((day, i) => `cmnd:10000000${i},P1,${iso(NOW - day * DAY)}`),
  );
  await importCsv(
    'encounters',
    'identifier_a,identifier_b,from,until',
    ...days.map(
      (day, i) => `cmnd:10000000${i},cmnd:200000000,${iso(NOW - day * DAY)},${iso(NOW - day * DAY + 60)}`,
    ),
  );
}

const left = async () => {
  const [tables] = await db.sql<{ stays: number; met: number }[]>`SELECT
    (SELECT count(*) FROM check_ins)::int AS stays, (SELECT count(*) FROM encounters)::int AS met`;
  return [tables?.stays, tables?.met];
};

const receipts = async () =>
  (
    await db.sql<{ body: string }[]>`
      SELECT body FROM audit_records WHERE body LIKE '%"action":"weeks.erased"%' ORDER BY id`
  ).map(({ body }) => JSON.parse(body).detail);

const addOpening = (asks: { from: number; until: number }, expiresAt: number) => {
  const trace = newTraceId();
  return db.sql`
    INSERT INTO openings (trace_id, revision, province, opening, expires_at, asks_from, asks_until)
    VALUES (${trace}, 0, '79', 'x', ${expiresAt}, ${asks.from}, ${asks.until})`.then(() => trace);
};

it('openings of before are given what they can ask; one that nobody can read, everything', async () => {
  const [trace, index] = [newTraceId(), { case_ref: '0', pseudonym: newTraceId(), until: 900 }];
  const terms = { version: 1, revision: 0, province: '24', direction: 'forward', rules: 1, max_degree: 1 };
  const said = { ...terms, trace_id: trace, as_of: 2_000, expires_at: 3_000, purpose: 'x', generation: 1 };
  const opening = {
    ...said,
    index: [
      { ...index, from: 500 },
      { ...index, from: 400 },
    ],
  } as const;
  const jws = await signOpening(opening as never, generateKeyPairSync('ed25519').privateKey);
  await db.sql`INSERT INTO openings (trace_id, revision, province, opening, expires_at)
    VALUES (${trace}, 0, '24', ${jws}, 5), (${trace}, 1, '24', 'x', 5)`;
  const file = join(packageRoot, 'node', 'db', 'migrations', '0020_erasing_weeks.sql');
  const [filling] = /DO \$\$.*?END \$\$;/s.exec(await readFile(file, 'utf8')) ?? [''];
  await db.sql.unsafe(filling);
  expect(await db.sql`SELECT asks_from, asks_until FROM openings ORDER BY revision`).toEqual([
    { asks_from: 400, asks_until: 2_000 },
    { asks_from: 0, asks_until: 4_294_967_295 },
  ]);
});

it('how much was asked goes after as long: hours and days, and not what a trace has left', async () => {
  const began = [NOW - 29 * DAY, NOW - DAY, NOW];
  for (const period of ['hour', 'day', 'trace'])
    await db.sql`INSERT INTO asked_counts (holder, period, began_at, questions, persons)
      SELECT '79', ${period}, at, 1, 1 FROM unnest(${period === 'trace' ? [0] : began}::int8[]) AS t (at)`;
  const counted = async () =>
    (await db.sql`SELECT period, began_at FROM asked_counts ORDER BY 1, 2`).map(({ period, began_at }) => [
      period,
      began_at,
    ]);
  await erase(0);
  expect(await counted()).toHaveLength(7);
  await erase(5);
  expect(await counted()).toEqual([
    ...began.slice(1).map((at) => ['day', at]),
    ...began.slice(1).map((at) => ['hour', at]),
    ['trace', 0],
  ]);
});

describe('weeks', () => {
  it('go when they are older than the rules keep, with a receipt each', async () => {
    await importWeeks();
    await erase(8);
    expect(await left()).toEqual([5, 5]);
    await erase(14);
    expect(await left()).toEqual([4, 4]);
    const week = partitionOf('check_ins', NOW - 29 * DAY);
    const receipt = {
      from: iso(week.from).replace('.000', ''),
      until: iso(week.until).replace('.000', ''),
      rows: 1,
    };
    expect(await receipts()).toEqual([
      { ...receipt, table: 'check_ins', partition: week.name },
      { ...receipt, table: 'encounters', partition: week.name.replace('check_ins', 'encounters') },
    ]);
    await erase(14);
    expect(await receipts()).toHaveLength(2);
    await erase(400);
    expect(await left()).toEqual([0, 0]);
    expect(await listPartitions(db, 'check_ins')).toEqual([]);
  });

  it('stay while nobody has said how long they are kept, and as long as the rules say', async () => {
    await importWeeks();
    await erase(4_000, null);
    await erase(400, { ...RULES, retention_days: 4_000 });
    expect(await left()).toEqual([5, 5]);
  });

  it('that were dropped are made again if the rules come to keep more', async () => {
    await importWeeks();
    await erase(14);
    const { ctx, importCsv } = intakeOn(db, testDataKeys());
    Object.assign(ctx, { rules: { inForceAt: () => ({ ...RULES, retention_days: 60 }) } });
    const row = `cmnd:100000000,P1,${iso(NOW - 29 * DAY)}`;
    expect(await importCsv('check-ins', 'identifier,place,in_at', row)).toMatchObject({
      accepted: 1,
      errors: [],
    });
  });

  it('outlive every opening that can ask about them, and no longer', async () => {
    const trace = fc.record({
      from: fc.integer({ min: -40, max: 0 }),
      days: fc.integer({ min: 0, max: 10 }),
      expires: fc.integer({ min: 0, max: 90 }),
      closed: fc.boolean(),
    });
    const property = fc.asyncProperty(
      fc.array(trace, { maxLength: 4 }),
      fc.integer({ min: 0, max: 60 }),
      async (traces, later) => {
        await db.sql`DELETE FROM openings`;
        await importWeeks();
        for (const { from, days, expires, closed } of traces) {
          const asks = { from: NOW + from * DAY, until: NOW + (from + days) * DAY };
          const id = await addOpening(asks, NOW + expires * DAY);
          if (closed) await db.sql`UPDATE openings SET closed_at = ${NOW} WHERE trace_id = ${id}`;
        }
        const before = await listPartitions(db, 'encounters');
        await erase(later);
        const asked = (at: number) =>
          traces.some(
            ({ from, days, expires, closed }) =>
              !closed &&
              expires > later &&
              NOW + from * DAY < at + 2 * WEEK_SECONDS &&
              NOW + (from + days) * DAY > at,
          );
        const kept = before.filter(({ from, until }) => until > NOW + (later - 31) * DAY || asked(from));
        expect(await listPartitions(db, 'encounters')).toEqual(kept);
      },
    );
    await fc.assert(property, { numRuns: extent({ quick: 6, all: 100 }) });
  });

  it('outlive a trace of this province that still waits for the hub', async () => {
    await importWeeks();
    const [id, traceId] = [newId(), newTraceId()];
    const asOf = NOW - 5 * DAY;
    await db.sql`INSERT INTO cases (id, onset_on) VALUES (${id}, '2021-05-10')`;
    const [named] = await db.sql<{ id: number }[]>`SELECT id FROM identifiers LIMIT 1`;
    await db.sql`INSERT INTO case_identifiers VALUES (${id}, 0, ${named?.id as number})`;
    await db.sql`INSERT INTO traces (id, direction, max_degree, as_of, rules, created_at)
      VALUES (${traceId}, 'forward', 2, ${asOf}, 1, to_timestamp(${NOW}::bigint))`;
    await db.sql`INSERT INTO trace_cases VALUES (${traceId}, ${id}, 0)`;
    const from = vietnamMidnight('2021-05-10') - RULES.infectious_days_before * DAY;
    await erase(20.9);
    const weeks = (await listPartitions(db, 'check_ins')).map((week) => week.from);
    // It began before the window, and may reach into it.
    expect(weeks[0]).toBe(partitionOf('check_ins', from - 4 * DAY).from);
    await erase(21);
    const rest = await listPartitions(db, 'check_ins');
    expect(rest[0]?.until).toBeGreaterThan(NOW - 11 * DAY);
  });

  it('are not erased under a trace admitted at that moment, nor while somebody is at them', async () => {
    await importWeeks();
    let waiting: Promise<unknown> | undefined;
    await withTransaction(db, async (tx) => {
      await tx.sql`SELECT FROM check_ins LIMIT 1`;
      waiting = erase(14).then(
        () => 'done',
        (error) => error.reason,
      );
      await waitFor('the lock to be asked for', async () => {
        const [row] = await database.db
          .sql`SELECT FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'`;
        return row !== undefined;
      });
      await database.db
        .sql`INSERT INTO openings (trace_id, revision, province, opening, expires_at, asks_from, asks_until)
        VALUES (${newTraceId()}, 0, '79', 'x', ${NOW + 90 * DAY}, ${NOW - 40 * DAY}, ${NOW})`;
    });
    // Not erased, or not tried any longer: the machine may be slow.
    expect(['done', 'TRANSACTION_CONFLICT']).toContain(await waiting);
    expect(await left()).toEqual([5, 5]);
    await db.sql`DELETE FROM openings`;
    await withTransaction(db, async (tx) => {
      await tx.sql`SELECT FROM check_ins LIMIT 1`;
      await expect(erase(14)).rejects.toMatchObject({ reason: 'TRANSACTION_CONFLICT' });
    });
    expect(await left()).toEqual([5, 5]);
    await erase(14);
    expect(await left()).toEqual([4, 4]);
  });

  /** A pass of a program that dies in it: as `when` resolves. */
  const dyingPass = async (daysLater: number, when: () => Promise<unknown>) => {
    await using own = openDatabase(database.programUrl, { max: 3, name: 'dying' });
    const pass = erase(daysLater, RULES, own).catch(() => undefined);
    await when();
    await database.db.sql`SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
      WHERE application_name = 'dying' AND datname = current_database()`;
    await pass;
  };

  it('are erased with their receipt or not at all, should the program die in the midst of it', async () => {
    await importWeeks();
    await database.db.sql.begin(async (sql) => {
      // The partition is gone in the other transaction, and its receipt waits.
      await sql`LOCK TABLE audit_records IN SHARE ROW EXCLUSIVE MODE`;
      await dyingPass(14, () =>
        waitFor('the receipt to wait', async () => {
          const waits = `NOT granted AND relation = 'audit_records'::regclass`;
          return (await sql.unsafe(`SELECT FROM pg_locks WHERE ${waits}`)).length > 0;
        }),
      );
    });
    expect([await left(), await receipts()]).toEqual([[5, 5], []]);
    await erase(14);
    expect([await left(), (await receipts()).length]).toEqual([[4, 4], 2]);
    const instants = fc.asyncProperty(fc.integer({ min: 0, max: 40 }), async (ms) => {
      // Each life of the program knows its own partitions.
      await using next = openDatabase(database.programUrl, { max: 3, name: 'program' });
      const done = (await receipts()).length;
      await importWeeks(next);
      const before = await left();
      await dyingPass(400, () => systemClock.sleep(ms));
      const gone = (await receipts()).slice(done).reduce((sum, { rows }) => sum + rows, 0);
      const [stays = 0, met = 0] = await left();
      expect(stays + met + gone).toBe((before[0] ?? 0) + (before[1] ?? 0));
      await erase(400, RULES, next);
      expect(await left()).toEqual([0, 0]);
    });
    await fc.assert(instants, { numRuns: extent({ quick: 1, all: 15 }) });
  });
});
