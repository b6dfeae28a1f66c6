/**
 * The packs that a hub can issue: each is whole, they follow each other, their days are those of the acts.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readShippedPacks } from '../../hub/packs/operations.ts';
import { type Plan, planOf } from '../../node/casework/follow-ups/rules.ts';
import type { RulePack } from '../../shared/domain/rule-pack.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { parseRulePack } from '../../shared/signed/rule-signature.ts';

const FOLDER = join(packageRoot, 'deploy', 'rule-packs');
const packs = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .sort()
  .map((name) => ({ name, pack: parseRulePack(JSON.parse(readFileSync(join(FOLDER, name), 'utf8')), name) }));

/** Keys that a trace goes by. */
function traceKeys({ number, effective_from, title, sources, notes, applies_to, ...rest }: RulePack) {
  const { only_in, follow_up, priority, ...keys } = rest;
  return keys;
}

it('are nine, numbered and dated upwards, each after its date', () => {
  expect(packs.map(({ pack }) => pack.number)).toEqual([101, 102, 103, 104, 105, 106, 107, 108, 109]);
  const dates = packs.map(({ pack }) => pack.effective_from);
  expect(dates).toEqual([...new Set(dates)].sort());
  for (const { name, pack } of packs)
    expect(name).toBe(`${pack.number}-${pack.effective_from.slice(0, 10)}.json`);
});

it('say whence they are, and what of them is ours', () => {
  for (const { pack } of packs) {
    expect(pack.sources?.length).toBeGreaterThan(0);
    expect(pack.notes?.some((note) => note.includes('ours'))).toBe(true);
  }
});

it.each([
  [[101, 102, 103], 2],
  [[104, 105, 106], 3],
  [[107, 108, 109], 1],
])('%j trace as the shipped pack %i', (numbers, shipped) => {
  const keys = readShippedPacks().find(({ number }) => number === shipped) as RulePack;
  for (const { pack } of packs)
    if (numbers.includes(pack.number)) expect(traceKeys(pack)).toEqual(traceKeys(keys));
});

describe('an F1 of the first of a month', () => {
  const at = (text: string) => Date.parse(`${text}+07:00`) / 1000;
  const exposure = { direction: 'forward', degree: 1, seconds: 1800, kinds: [], firstExposedAt: 0 } as const;
  const planBy = (number: number, person: Record<string, boolean> = {}): Plan => {
    const pack = packs.find((one) => one.pack.number === number)?.pack as RulePack;
    const exposures = [{ ...exposure, lastExposedAt: at('2022-03-01T12:00:00') }];
    return planOf({ exposures, person, beganAt: at('2022-03-01T20:00:00') }, pack) as Plan;
  };
  it.each<[number, Record<string, boolean>, (string | null)[], string[]]>([
    [101, {}, ['site', '03-15', '03-29'], ['1', '14']],
    [102, {}, ['site', '03-22', '03-29'], ['1', '14', '20', '28']],
    [103, {}, ['home_if_suitable_else_site', '03-29', '03-29'], ['1', '7', '14', '20', '28']],
    [104, { vaccinated: true }, ['home_if_suitable_else_site', '03-15', '03-29'], ['1', '7', '14']],
    [106, { vaccinated: true }, ['home', '03-08', '03-15'], ['1', '7']],
    [106, {}, ['home_if_suitable_else_site', '03-15', '03-29'], ['1', '7', '14']],
    [107, { recovered: true }, ['home', '03-08', '03-15'], ['1', '7']],
    [108, { vaccinated: true }, ['home', '03-06', '03-11'], ['5']],
    [108, { vaccinated: false }, ['home_if_suitable_else_site', '03-08', '03-11'], ['7']],
    [109, {}, ['none', null, '03-11'], []],
  ])('under %i, %j', (number, person, ends, days) => {
    const plan = planBy(number, person);
    expect([plan.where, plan.quarantineUntil?.slice(5) ?? null, plan.watchUntil.slice(5)]).toEqual(ends);
    const tests = plan.tasks.filter(({ kind }) => kind === 'sample');
    expect(tests.map(({ cause }) => cause.slice('plan:'.length))).toEqual(days);
  });
});
