/**
 * A rule pack with work in it, for tests: trace keys as the shipped pack of 2021-12-29.
 */
import { readShippedPacks } from '../../hub/packs/operations.ts';
import type { FollowUpRules } from '../../shared/domain/follow-up-rules.ts';
import type { RulePack } from '../../shared/domain/rule-pack.ts';

const requires = ['tests_done_negative', 'no_symptoms'] as const;

export const WORK: FollowUpRules = {
  call: { within_hours: 12, retry_minutes: [60, 180, 960], max_attempts: 3 },
  report_by: '18:00',
  plans: [
    {
      ...{ id: 'f1', when: { fact: 'degree', eq: 1 }, quarantine: { where: 'home', days: 7 }, watch_days: 7 },
      tests: [1, 7].map((day) => ({ day, method: 'rt_pcr' as const })),
      ...{ daily: true, priority: 1, release: { requires } },
    },
    {
      ...{ id: 'f2', when: { fact: 'degree', gte: 2 }, quarantine: { where: 'none', days: 0 } },
      ...{ watch_days: 14, tests: [], daily: true, priority: 3, release: { requires: ['no_symptoms'] } },
    },
  ],
};

/** In force since shortly after the shipped ones. */
export function workPack(more: Partial<RulePack> = {}): RulePack {
  const trace = readShippedPacks().find(({ number }) => number === 1) as RulePack;
  const own = { number: 190, effective_from: '2022-01-01T00:00:00+07:00', priority: { symptomatic: 1 } };
  return { ...trace, ...own, follow_up: WORK, ...more };
}
