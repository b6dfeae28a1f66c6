/**
 * Weeks of check-ins and encounters: made ahead by their loop, and never by what a file says of dates.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listPartitions } from '../../node/db/partitions.ts';
import { startMakingWeeks, weeksAt } from '../../node/records/intake/weeks.ts';
import { createLogger } from '../../shared/log.ts';
import { RULES } from '../simulation/examples.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { waitFor } from '../support/wait.ts';
import { createIntake, type Intake, NOW } from './imports-fixture.ts';

const DAY = 86_400;
const WEEK = 7 * DAY;

let intake: Intake;
beforeEach(async () => {
  intake = await createIntake();
});
afterEach(() => intake[Symbol.asyncDispose]());

const weeks = async () => (await listPartitions(intake.db, 'check_ins')).map(({ from }) => from);
const iso = (at: number) => new Date(at * 1000).toISOString();
const rulesOf = (retention_days: number) => ({ inForceAt: () => ({ ...RULES, retention_days }) });

describe('weeks', () => {
  it.each([
    ['rules of thirty days', 30, 30 * DAY],
    ['rules of a day', 1, DAY],
    ['rules of years, as far as files go', 4000, 100 * DAY],
  ])('cover all that can occur under %s', (_, days, back) => {
    const ctx = { clock: { nowMs: () => NOW * 1000 }, rules: rulesOf(days) };
    const found = new Set(weeksAt(ctx).map((at) => Math.floor((at - 4 * DAY) / WEEK)));
    for (let at = NOW - back; at < NOW + 9 * DAY; at += 3_600) {
      expect(found.has(Math.floor((at - 4 * DAY) / WEEK)), new Date(at * 1000).toISOString()).toBe(true);
    }
    expect(found.size).toBeLessThanOrEqual(17);
  });

  it('are made before anything is imported, in both tables, and go on as time does', async () => {
    const clock = new ManualClock(NOW * 1000);
    const logger = createLogger('test', 'silent');
    await using _ = startMakingWeeks({ db: intake.db, clock, logger, rules: rulesOf(30) });
    await waitFor('the weeks', async () => (await weeks()).some((from) => from > NOW));
    const first = await weeks();
    await waitFor('those of encounters', async () => {
      return (await listPartitions(intake.db, 'encounters')).length === first.length;
    });
    await waitFor('the pause', async () => clock.sleeping > 0);
    await clock.advance(8 * DAY * 1000);
    await waitFor('another week', async () => (await weeks()).length > first.length);
    expect((await weeks()).at(-1)).toBeGreaterThanOrEqual((first.at(-1) ?? 0) + WEEK);
  });

  it('are not made by a file, whatever its dates, and such a file costs what its rows cost', async () => {
    await intake.importCsv('places', 'place,kind', 'P1,cafe');
    const good = Array.from({ length: 1_500 }, (_, i) => {
      const at = new Date((NOW - 20 * DAY + i * 600) * 1000).toISOString();
      return `cmnd:${100_000_000 + i},P1,${at}`;
    });
    const absurd = Array.from({ length: 1_500 }, (_, i) => {
      const at = new Date(Date.UTC(1971, 0, 4) + i * WEEK * 1000).toISOString();
      return `cmnd:${200_000_000 + i},P1,${at}`;
    });
    const timed = async (rows: string[]) => {
      const before = performance.now();
      const report = await intake.importCsv('check-ins', 'identifier,place,in_at', ...rows);
      return { ms: performance.now() - before, ...report };
    };
    const taken = await timed(good);
    expect(taken.accepted).toBe(1_500);
    const held = await weeks();
    const refused = await timed(absurd);
    expect(refused).toMatchObject({ accepted: 0, rejected: 1_500 });
    expect(new Set(refused.errors.map(({ reason }) => reason))).toEqual(new Set(['OLDER_THAN_KEPT']));
    expect(await weeks()).toEqual(held);
    expect(refused.ms).toBeLessThan(taken.ms);
  });

  it.each<[what: string, kind: 'check-ins' | 'encounters', header: string, row: (at: string) => string]>([
    ['an in', 'check-ins', 'identifier,place,in_at', (at) => `cmnd:100000000,P1,${at}`],
    [
      'an out',
      'check-ins',
      'identifier,place,in_at,out_at',
      (at) => `cmnd:100000000,P1,${iso(NOW - DAY)},${at}`,
    ],
    [
      'a beginning',
      'encounters',
      'identifier_a,identifier_b,from,until',
      (at) => `cmnd:100000000,cmnd:100000001,${at},${iso(NOW)}`,
    ],
    [
      'an end',
      'encounters',
      'identifier_a,identifier_b,from,until',
      (at) => `cmnd:100000000,cmnd:100000001,${iso(NOW - DAY)},${at}`,
    ],
  ])('are not made by %s of a week long gone or far ahead', async (_, kind, header, row) => {
    await intake.importCsv('places', 'place,kind', 'P1,cafe');
    const tables = ['check_ins', 'encounters'] as const;
    const held = async () => Promise.all(tables.map(async (table) => listPartitions(intake.db, table)));
    const before = await held();
    const years = [1971, 1999, 2009, 2034, 2077, 2105];
    const dates = years.flatMap((year) => [0, 17, 51].map((week) => Date.UTC(year, 0, 4 + 7 * week)));
    const report = await intake.importCsv(kind, header, ...dates.map((at) => row(iso(at / 1000))));
    expect(report).toMatchObject({ accepted: 0, rejected: dates.length });
    expect(await held()).toEqual(before);
  });
});
