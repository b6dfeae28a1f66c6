/**
 * A node's budgets on a real database: what is counted, once and no more, by whom, and when it begins anew.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { upsertBudget } from '../../node/federation/budgets/queries.ts';
import type { Budget } from '../../node/federation/budgets/rules.ts';
import type { AdmittedTrace } from '../../node/tracing/asking/admission.ts';
import { beginAsking, recordAnswer } from '../../node/tracing/asking/asking.ts';
import { openDatabase } from '../../shared/db/database.ts';
import type { Opening, Warrant } from '../../shared/signed/opening-shape.ts';
import type { TraceQuestion } from '../../shared/trace/messages.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

/** 12:30 UTC. */
const NOON = 1_640_003_400;
const HOUR = 3_600;
const NONE = new Uint32Array();

let database: TestDatabase;
let seconds: number;
let traces = 0;
const ctx = () => ({ traceDb: database.db, clock: { nowMs: () => seconds * 1_000 } });

beforeAll(async () => {
  database = await createTestDatabase('node');
});
afterAll(() => database?.[Symbol.asyncDispose]());
beforeEach(async () => {
  for (const table of ['answered_questions', 'asked_counts', 'budgets'])
    await database.db.sql.unsafe(`DELETE FROM ${table}`);
  seconds = NOON;
});

/** A trace that `province` opened and whose warrant allows nearly anything. */
function traceOf(province = '24', budget = { questions: 1_000, persons: 1_000_000 }): AdmittedTrace {
  const trace_id = String(++traces).padStart(32, '0');
  const opening = { trace_id, province } as Opening;
  return { opening, warrant: { budget } as Warrant, askable: opening };
}

function question(seq: number, persons = 1, fill = 0): TraceQuestion {
  const who = new Uint8Array(persons * 16).fill(fill);
  return { seq, who, met: new Uint8Array(), metFrom: NONE, metUntil: NONE };
}

const SIZE = { who: 1, met: 0, known: 0, events: 0, bytes: 10 };

/** Asks as a stream does: first whether it may, then, with the answer in hand, whether it still may. */
async function ask(trace: AdmittedTrace, asked: TraceQuestion, db = database.db): Promise<void> {
  const asking = await beginAsking({ ...ctx(), traceDb: db }, trace, asked);
  await recordAnswer({ ...ctx(), traceDb: db }, asking, SIZE);
}

const grant = (budget: Partial<Budget>, province = '*') => {
  const most = 1_000_000;
  const all = { questionsPerHour: most, personsPerHour: most, questionsPerDay: most, personsPerDay: most };
  return upsertBudget(database.db, { province, ...all, ...budget });
};

const counted = async (holder: string, period = 'hour') => {
  const [row] = await database.db.sql<{ questions: number; persons: number }[]>`
    SELECT sum(questions)::int AS questions, sum(persons)::int AS persons FROM asked_counts
    WHERE holder = ${holder} AND period = ${period}`;
  return [row?.questions, row?.persons];
};
const answers = async () => {
  const [row] = await database.db.sql<{ n: number }[]>`SELECT count(*)::int AS n FROM audit_records
    WHERE body::jsonb ->> 'action' = 'question.answered'`;
  return row?.n ?? 0;
};

const overBudget = { code: 'RESOURCE_EXHAUSTED', reason: 'PROVINCE_BUDGET' };

describe('a province’s budget', () => {
  it.each<[string, Partial<Budget>, number, number]>([
    ['questions per hour', { questionsPerHour: 2 }, 1, 2],
    ['persons per hour', { personsPerHour: 20 }, 10, 2],
    ['questions per day', { questionsPerDay: 2 }, 1, 2],
    ['persons per day', { personsPerDay: 20 }, 10, 2],
  ])('of %s is over when it is used up', async (name, budget, persons, allowed) => {
    await grant(budget);
    const trace = traceOf();
    for (let seq = 1; seq <= allowed; seq++) await ask(trace, question(seq, persons));
    const refusal = { ...overBudget, message: expect.stringContaining(name) };
    await expect(ask(trace, question(9, persons))).rejects.toMatchObject(refusal);
    await expect(ask(traceOf(), question(1, persons))).rejects.toMatchObject(refusal);
    await ask(traceOf('79'), question(1, persons));
    expect(await counted('24')).toEqual([allowed, allowed * persons]);
  });

  it('begins anew with the hour, and with the day', async () => {
    await grant({ questionsPerHour: 2, questionsPerDay: 3 });
    const trace = traceOf();
    for (const seq of [1, 2]) await ask(trace, question(seq));
    await expect(ask(trace, question(3))).rejects.toMatchObject(overBudget);
    seconds += HOUR / 2;
    await ask(trace, question(3));
    await expect(ask(trace, question(4))).rejects.toMatchObject(overBudget);
    seconds += 24 * HOUR;
    await ask(trace, question(4));
  });

  it('is raised for the next question, for one province or for all', async () => {
    await grant({ questionsPerHour: 0 });
    await expect(ask(traceOf(), question(1))).rejects.toMatchObject(overBudget);
    await grant({ questionsPerHour: 1 }, '24');
    await ask(traceOf(), question(1));
    await expect(ask(traceOf('79'), question(1))).rejects.toMatchObject(overBudget);
    await grant({ questionsPerHour: 5 });
    await ask(traceOf('79'), question(1));
  });

  it('is not passed by many who ask at the same time', async () => {
    await using many = openDatabase(database.url, { max: 8, name: 'test' });
    await grant({ personsPerHour: 70 });
    const before = await answers();
    const asked = Array.from({ length: 24 }, () => ask(traceOf(), question(1, 10), many));
    const outcomes = await Promise.allSettled(asked);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(7);
    expect(await counted('24')).toEqual([7, 70]);
    // What was refused as its answer was to be recorded is not on record as answered.
    expect((await answers()) - before).toBe(7);
  });
});

describe('a trace', () => {
  it('has the budget of its warrant, whatever its province may ask', async () => {
    const trace = traceOf('24', { questions: 2, persons: 100 });
    const refusal = { code: 'RESOURCE_EXHAUSTED', reason: 'TRACE_BUDGET' };
    await expect(ask(trace, question(1, 101))).rejects.toMatchObject(refusal);
    for (const seq of [1, 2]) await ask(trace, question(seq));
    await expect(ask(trace, question(3))).rejects.toMatchObject(refusal);
    await ask(traceOf(), question(3));
  });

  it('is counted once for a question that is answered again', async () => {
    await grant({ questionsPerHour: 1 });
    const trace = traceOf();
    const before = await answers();
    for (let times = 0; times < 3; times++) await ask(trace, question(1, 5));
    expect([await counted('24'), await counted(trace.opening.trace_id, 'trace')]).toEqual([
      [1, 5],
      [1, 5],
    ]);
    expect((await answers()) - before).toBe(3);
  });

  it('cannot ask something else under a number that it has used', async () => {
    const trace = traceOf();
    await ask(trace, question(1, 5));
    const refusal = { code: 'PERMISSION_DENIED', reason: 'QUESTION_REPLACED' };
    await expect(ask(trace, question(1, 5, 1))).rejects.toMatchObject(refusal);
    // Nor when both are under way at once.
    const both = [question(2, 5, 1), question(2, 5, 2)].map((asked) => ask(trace, asked));
    const outcomes = await Promise.allSettled(both);
    const failed = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    expect(failed).toEqual([expect.objectContaining(refusal)]);
    expect(await counted('24')).toEqual([2, 10]);
  });

  it('is not answered any more at the province that closed it', async () => {
    const trace = traceOf();
    const id = trace.opening.trace_id;
    await database.db.sql`INSERT INTO traces (id, direction, max_degree, as_of, rules, closing)
      VALUES (${id}, 'forward', 1, 0, 1, true)`;
    const refusal = { code: 'FAILED_PRECONDITION', reason: 'TRACE_CLOSED' };
    await expect(ask(trace, question(1))).rejects.toMatchObject(refusal);
  });
});
