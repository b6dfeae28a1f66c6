/**
 * Plans as tables: which pack makes which days and tasks of which exposures, and what planning anew changes.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FollowUpPlan, FollowUpRules } from '../../../shared/domain/follow-up-rules.ts';
import { vietnamInstant } from '../../../shared/domain/instant.ts';
import type { RulePack } from '../../../shared/domain/rule-pack.ts';
import {
  addDays,
  type Exposure,
  type MadeTask,
  type Plan,
  type PlanFacts,
  type PlanningPack,
  packFor,
  planOf,
  taskChanges,
} from './rules.ts';

const at = (text: string) => Date.parse(`${text}+07:00`) / 1000;

const F1: FollowUpPlan = {
  ...{ id: 'f1', when: { fact: 'degree', eq: 1 }, daily: true, priority: 1, watch_days: 7 },
  quarantine: { where: 'site', days: 14 },
  tests: [1, 7, 14].map((day) => ({ day, method: 'rt_pcr' as const })),
  release: { requires: ['tests_done_negative', 'no_symptoms'] },
};
const VACCINATED: FollowUpPlan = {
  ...F1,
  ...{ id: 'f1-vaccinated', quarantine: { where: 'home', days: 7, from: 'quarantine' } },
  when: { all: [F1.when, { fact: 'vaccinated', eq: true }] },
  tests: [1, 7].map((day) => ({ day, method: 'rt_pcr' as const, from: 'quarantine' as const })),
};
const F2: FollowUpPlan = {
  ...{ id: 'f2', when: { fact: 'degree', gte: 2 }, daily: true, priority: 3, watch_days: 14, tests: [] },
  ...{ quarantine: { where: 'none', days: 0 }, release: { requires: ['no_symptoms'] } },
};
const RULES: FollowUpRules = {
  call: { within_hours: 12, retry_minutes: [60, 180, 960], max_attempts: 6 },
  ...{ report_by: '18:00', plans: [VACCINATED, F1, F2] },
};
const PACK: PlanningPack = { number: 107, follow_up: RULES, priority: { symptomatic: 1 } };

const exposure = (last: string, more: Partial<Exposure> = {}): Exposure => ({
  ...{ direction: 'forward', degree: 1, seconds: 1800, kinds: ['place', 'market'] },
  ...{ firstExposedAt: at(last) - 1800, lastExposedAt: at(last), ...more },
});
const facts = (exposures: Exposure[], more: Partial<PlanFacts> = {}): PlanFacts => ({
  ...{ exposures, person: {}, beganAt: at('2021-12-30T10:00:00'), ...more },
});
/** Tasks as a person reads them: kind, cause, first and last day. */
const said = (plan: Plan | undefined) =>
  plan?.tasks
    .filter(({ kind }) => kind === 'sample')
    .map(({ cause, notBefore }) => `${cause} ${vietnamInstant(notBefore).slice(5, 10)}`);

describe('a plan', () => {
  it('is nobody’s without its section, and nobody’s whom no plan means', () => {
    expect(planOf(facts([exposure('2021-12-29T12:00:00')]), { number: 1 })).toBeUndefined();
    const none = { ...PACK, follow_up: { ...RULES, plans: [F2] } };
    expect(planOf(facts([exposure('2021-12-29T12:00:00')]), none)).toBeUndefined();
    expect(planOf(facts([]), PACK)).toBeUndefined();
  });

  it.each([
    ['2021-12-29T23:59:00', '2021-12-29', '2022-01-12', ['plan:1 12-30', 'plan:7 01-05', 'plan:14 01-12']],
    ['2021-12-30T00:01:00', '2021-12-30', '2022-01-13', ['plan:1 12-31', 'plan:7 01-06', 'plan:14 01-13']],
  ])('counts days in Vietnam: last exposed %s, day 0 is %s', (last, day0, until, tests) => {
    const plan = planOf(facts([exposure(last)]), PACK);
    expect(plan).toMatchObject({ id: 'f1', day0, quarantineUntil: until, where: 'site', priority: 1 });
    expect(plan?.watchUntil).toBe(addDays(until, 7));
    expect(said(plan)).toEqual(tests);
  });

  it('is called within its hours, kept apart within a day, and each sample has its day', () => {
    const { tasks } = planOf(facts([exposure('2021-12-29T12:00:00')]), PACK) as Plan;
    expect(tasks[0]).toMatchObject({ kind: 'call', dueAt: at('2021-12-30T22:00:00'), expiresAt: null });
    expect(tasks[1]).toMatchObject({ kind: 'quarantine', dueAt: at('2021-12-31T10:00:00') });
    expect(tasks[2]).toEqual({
      ...{ kind: 'sample', cause: 'plan:1', method: 'rt_pcr', notBefore: at('2021-12-30T00:00:00') },
      ...{ dueAt: at('2021-12-31T00:00:00'), expiresAt: at('2022-01-02T00:00:00') },
    });
  });

  it.each<[string, string, string[]]>([
    ['two days past: one test now', '2021-12-22T12:00:00', ['plan:7 12-30', 'plan:14 01-05']],
    ['one is planned today anyway', '2021-12-23T12:00:00', ['plan:7 12-30', 'plan:14 01-06']],
    ['all past', '2021-12-15T12:00:00', ['plan:14 12-30']],
  ])('makes one test of the days that are past: %s', (_, last, tests) => {
    expect(said(planOf(facts([exposure(last)]), PACK))).toEqual(tests);
  });

  it('makes nothing of an end that is past', () => {
    expect(planOf(facts([exposure('2021-12-08T12:00:00')]), PACK)?.tasks).toEqual([]);
  });

  it('of the vaccinated is shorter, and counts from quarantine where the act says so', () => {
    const person = { vaccinated: true };
    const vaccinated = (more = {}) =>
      planOf(facts([exposure('2021-12-29T12:00:00')], { person, ...more }), PACK);
    expect(vaccinated()).toMatchObject({ id: 'f1-vaccinated', quarantineUntil: '2022-01-05' });
    const kept = vaccinated({ quarantinedAt: at('2021-12-31T08:00:00') });
    expect(kept).toMatchObject({ day0: '2021-12-29', quarantineUntil: '2022-01-07' });
    expect(said(kept)).toEqual(['plan:1 01-01', 'plan:7 01-07']);
  });

  it('of an old F1 with a fresh F2 exposure is not that of a fresh F1', () => {
    const old = exposure('2021-12-20T12:00:00');
    const fresh = exposure('2021-12-29T12:00:00', { degree: 2 });
    const plan = planOf(facts([old, fresh]), PACK);
    expect(plan).toMatchObject({ id: 'f1', day0: '2021-12-20', quarantineUntil: '2022-01-03' });
    expect(plan?.watchUntil).toBe('2022-01-12');
  });

  it('of somebody who may be the source is a call and a test, no quarantine', () => {
    const backward = exposure('2021-12-20T12:00:00', { direction: 'backward' });
    const plan = planOf(facts([backward]), PACK);
    expect(plan).toMatchObject({ id: 'possible-source', where: 'none', quarantineUntil: null });
    expect(plan?.tasks.map(({ kind }) => kind)).toEqual(['call', 'sample']);
    // Who was infected by the case, too, is a contact like any other.
    expect(planOf(facts([backward, exposure('2021-12-29T12:00:00')]), PACK)?.id).toBe('f1');
  });

  it('puts somebody with symptoms first', () => {
    const far = exposure('2021-12-29T12:00:00', { degree: 2 });
    expect(planOf(facts([far]), PACK)?.priority).toBe(3);
    expect(planOf(facts([far], { person: { symptomatic: true } }), PACK)?.priority).toBe(1);
  });
});

describe('planning anew', () => {
  const exposures = fc.array(
    fc.record({
      direction: fc.constantFrom('forward', 'forward', 'backward') as fc.Arbitrary<Exposure['direction']>,
      degree: fc.integer({ min: 1, max: 3 }),
      lastExposedAt: fc.integer({ min: at('2021-12-10T00:00:00'), max: at('2021-12-30T00:00:00') }),
      ...{ firstExposedAt: fc.constant(0), seconds: fc.constant(900), kinds: fc.constant([]) },
    }),
    { maxLength: 3 },
  );
  const state = fc.constantFrom('open', 'open', 'done', 'cancelled', 'missed') as fc.Arbitrary<
    MadeTask['state']
  >;
  const wanted = (of: Exposure[]) => planOf(facts(of), PACK)?.tasks ?? [];

  it('changes nothing where nothing changed, never touches what is done, and leads to the plan', () => {
    const property = fc.property(exposures, exposures, fc.array(state, { maxLength: 9 }), (a, b, states) => {
      const made = wanted(a).map((task, i): MadeTask => {
        return { ...task, id: i + 1, state: states[i] ?? 'open', priority: 1, attempts: 0 };
      });
      const plan = wanted(b);
      const { add, reopen, move, cancel } = taskChanges(made, plan, 1);
      const touched = new Set([...reopen, ...move].map(({ id }) => id).concat(cancel));
      for (const { id, state: was } of made)
        if (was === 'done' || was === 'missed') expect(touched.has(id)).toBe(false);
      const moved = new Map([...reopen, ...move].map(({ id, task }) => [id, task]));
      const after = [
        ...made.flatMap((task): MadeTask[] => {
          if (cancel.includes(task.id)) return [{ ...task, state: 'cancelled' }];
          const to = moved.get(task.id);
          return [to ? { ...task, ...to, state: 'open' } : task];
        }),
        ...add.map(
          (task, i): MadeTask => ({ ...task, id: 100 + i, state: 'open', priority: 1, attempts: 0 }),
        ),
      ];
      const keys = (tasks: readonly { kind: string; cause: string }[]) =>
        tasks.map(({ kind, cause }) => `${kind} ${cause}`).sort();
      const settled = after.filter((task) => task.state === 'done' || task.state === 'missed');
      const open = after.filter((task) => task.state === 'open');
      expect(keys(open)).toEqual(keys(plan).filter((key) => !keys(settled).includes(key)));
      expect(taskChanges(after, plan, 1)).toEqual({ add: [], reopen: [], move: [], cancel: [] });
    });
    fc.assert(property, { numRuns: 300 });
  });

  it('leaves the time of a next try', () => {
    const [call] = wanted([exposure('2021-12-29T12:00:00')]);
    const tried = { ...(call as Plan['tasks'][number]), id: 1, state: 'open', priority: 1 } as const;
    const dueAt = (call?.dueAt ?? 0) + 3600;
    expect(taskChanges([{ ...tried, dueAt, attempts: 1 }], [call as never], 1).move).toEqual([]);
    expect(taskChanges([{ ...tried, dueAt, attempts: 0 }], [call as never], 1).move).toHaveLength(1);
  });
});

describe('the pack of a follow-up', () => {
  const pack = (number: number, from: string, applies_to: 'new' | 'open' = 'new') =>
    ({ number, effective_from: `${from}T00:00:00+07:00`, applies_to }) as RulePack;
  const packs = [pack(1, '2021-12-01'), pack(2, '2021-12-10', 'open'), pack(3, '2021-12-20')];
  it.each([
    ['2021-11-30', '2021-12-05', undefined],
    ['2021-12-05', '2021-12-09', 1],
    ['2021-12-05', '2021-12-10', 2],
    ['2021-12-05', '2021-12-25', 2],
    ['2021-12-21', '2021-12-25', 3],
  ])('of day 0 %s is, on %s, %s', (day0, today, number) => {
    const facts = { province: '24', day0At: at(`${day0}T12:00:00`), now: at(`${today}T12:00:00`) };
    expect(packFor(packs, facts)?.number).toBe(number);
  });
});
