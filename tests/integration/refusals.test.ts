/**
 * Refusals on the record: the first of a kind at once, what follows within a minute as one entry; whatever
 * kinds there are, nobody waits in a crowd (tests/support/leak-check.ts fails this file if they do).
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HUB_ACTOR } from '../../shared/audit/actors.ts';
import { RefusalLog } from '../../shared/audit/refusals.ts';
import { createLogger } from '../../shared/log.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { waitFor } from '../support/wait.ts';

const logger = createLogger('test', 'silent');
const KINDS = 20;

let t: TestDatabase;
beforeAll(async () => {
  t = await createTestDatabase('node');
});
afterAll(() => t[Symbol.asyncDispose]());

async function entries(): Promise<{ reason: string; more: number | null }[]> {
  const rows = await t.db.sql<{ body: string }[]>`SELECT body FROM audit_records ORDER BY id`;
  return rows.map(({ body }) => {
    const { reason, detail } = JSON.parse(body) as { reason: string; detail?: { refusals: number } };
    return { reason, more: detail?.refusals ?? null };
  });
}

const ASKED = { action: 'question.refused', actor: HUB_ACTOR, outcome: 'refused' } as const;
const refused = (n: number) => ({ ...ASKED, reason: `REASON_${n}` });

it('of many kinds at once are each written, and counted until their minute is over', async () => {
  const clock = new ManualClock();
  await using log = new RefusalLog({ db: t.db, clock, logger });
  const kinds = Array.from({ length: KINDS }, (_, n) => n);
  for (const n of [...kinds, ...kinds, ...kinds]) await log.note(refused(n));
  expect(await entries()).toEqual(kinds.map((n) => ({ reason: `REASON_${n}`, more: null })));
  await clock.advance(60_000);
  await waitFor('what was counted', async () => (await entries()).length === 2 * KINDS);
  expect((await entries()).slice(KINDS).every(({ more }) => more === 2)).toBe(true);
  await log.note(refused(0));
  expect(await entries()).toHaveLength(2 * KINDS + 1);
});

it('that are counted and not written yet are written at the end', async () => {
  const before = (await entries()).length;
  {
    await using log = new RefusalLog({ db: t.db, clock: new ManualClock(), logger });
    for (let n = 0; n < KINDS; n++) for (const _ of [1, 2]) await log.note(refused(n));
  }
  expect(await entries()).toHaveLength(before + 2 * KINDS);
});
