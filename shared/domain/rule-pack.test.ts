/**
 * The sections of a pack that say what work follows: each wholly there or wholly absent, and which pack
 * counts for the work of a province.
 */
import { describe, expect, it } from 'vitest';
import { type RulePack, rulePackProblems, rulesInForce, workRulesInForce } from './rule-pack.ts';

const TRACE = {
  ...{ number: 107, effective_from: '2021-12-29T00:00:00+07:00', infectious_days_before: 2, latent_days: 2 },
  ...{ close_contact_seconds: 900, longest_stay_seconds: 43_200, max_degree: 2, source_days: 14 },
  ...{ trace_open_days: 21, retention_days: 30 },
  assumed_stay_seconds: { default: 3600 },
  weight_percent: { default: 100 },
};
const PLAN = {
  id: 'f1',
  when: { fact: 'degree', eq: 1 },
  quarantine: { where: 'home', days: 7 },
  watch_days: 7,
  tests: [{ day: 1, method: 'rt_pcr' }],
  ...{ daily: true, priority: 1, release: { requires: ['no_symptoms'] } },
};
const CALL = { within_hours: 12, retry_minutes: [60, 180], max_attempts: 6 };
const FOLLOW_UP = { call: CALL, report_by: '18:00', plans: [PLAN] };

const problems = (more: object) =>
  rulePackProblems({ ...TRACE, ...more }).map(({ field, reason }) => `${field} ${reason}`);

describe('a section of a pack', () => {
  it('may be absent, and may be there', () => {
    expect(problems({})).toEqual([]);
    expect(
      problems({
        ...{ title: 'Sau 11042/BYT-DP', sources: ['11042/BYT-DP'], notes: ['ours'], only_in: null },
        ...{ applies_to: 'open', follow_up: FOLLOW_UP, priority: { symptomatic: 1 } },
      }),
    ).toEqual([]);
  });

  const plan = (more: object) => ({ follow_up: { ...FOLLOW_UP, plans: [{ ...PLAN, ...more }] } });
  const at = 'follow_up.plans[0]';
  it.each<[string, object]>([
    ['follow_up NOT_AN_OBJECT', { follow_up: null }],
    ['follow_up.plans REQUIRED', { follow_up: { call: CALL, report_by: '18:00' } }],
    ['follow_up.plans TOO_FEW', { follow_up: { ...FOLLOW_UP, plans: [] } }],
    ['follow_up.report_by MALFORMED', { follow_up: { ...FOLLOW_UP, report_by: '24:00' } }],
    [
      'follow_up.call.max_attempts REQUIRED',
      { follow_up: { ...FOLLOW_UP, call: { ...CALL, max_attempts: undefined } } },
    ],
    [
      'follow_up.call.retry_minutes TOO_FEW',
      { follow_up: { ...FOLLOW_UP, call: { ...CALL, retry_minutes: [] } } },
    ],
    ['follow_up.plan UNKNOWN_FIELD', { follow_up: { ...FOLLOW_UP, plan: [] } }],
    [`${at}.when.fact UNKNOWN_FACT`, plan({ when: { fact: 'name', eq: 'An' } })],
    [`${at}.when.eq NOT_A_NUMBER`, plan({ when: { fact: 'degree', eq: '1' } })],
    [
      `${at}.when.not.not.not.not.not.not TOO_DEEP`,
      plan({ when: { not: { not: { not: { not: { not: { not: PLAN.when } } } } } } }),
    ],
    [`${at}.when.all[63] TOO_MANY`, plan({ when: { all: Array.from({ length: 64 }, () => PLAN.when) } })],
    [`${at}.quarantine.where NOT_ONE_OF`, plan({ quarantine: { where: 'prison', days: 7 } })],
    [`${at}.quarantine.days OUT_OF_BOUNDS`, plan({ quarantine: { where: 'home', days: 32 } })],
    [`${at}.priority OUT_OF_BOUNDS`, plan({ priority: 4 })],
    [`${at}.release.requires[0] NOT_ONE_OF`, plan({ release: { requires: ['money'] } })],
    [`${at}.tests[1].day REPEATED`, plan({ tests: [...PLAN.tests, ...PLAN.tests] })],
    ['follow_up.plans[1].id REPEATED', { follow_up: { ...FOLLOW_UP, plans: [PLAN, PLAN] } }],
    ['priority.symptomatic REQUIRED', { priority: {} }],
    ['priority.weights UNKNOWN_FIELD', { priority: { symptomatic: 1, weights: {} } }],
    ['applies_to NOT_ONE_OF', { applies_to: 'some' }],
    ['only_in[0] MALFORMED', { only_in: ['079'] }],
    ['only_in TOO_FEW', { only_in: [] }],
    ['lab_rules UNKNOWN_FIELD', { lab_rules: {} }],
  ])('is refused with the whole pack: %s', (expected, more) => {
    expect(problems(more)).toEqual([expected]);
  });

  it('may be one that nobody reads in packs of before', () => {
    expect(problems({ number: 3, comment: 'of before' })).toEqual([]);
  });
});

describe('the pack for the work of a province', () => {
  const pack = (number: number, from: string, only_in?: string[]) =>
    ({ ...TRACE, number, effective_from: `${from}T00:00:00+07:00`, only_in }) as RulePack;
  const packs = [pack(102, '2021-05-05'), pack(103, '2021-06-27', ['79']), pack(104, '2021-07-14')];
  it.each([
    ['2021-05-04', '79', undefined],
    ['2021-06-26', '79', 102],
    ['2021-06-27', '79', 103],
    ['2021-06-27', '24', 102],
    ['2021-07-14', '79', 104],
  ])('on %s in %s is %s', (on, province, number) => {
    const instant = Date.parse(`${on}T00:00:00+07:00`) / 1000;
    expect(workRulesInForce(packs, province, instant)?.number).toBe(number);
  });

  it('never is that of a trace, if it is not of all', () => {
    const instant = Date.parse('2021-07-01T00:00:00+07:00') / 1000;
    expect(rulesInForce(packs, instant)?.number).toBe(102);
  });
});
