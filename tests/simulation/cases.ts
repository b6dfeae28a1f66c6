/**
 * The cases of a generated world and the traces to run: an early case to trace forward from, a late one to
 * trace backward from, second index cases (also of the same person), empty windows, sampling for onset. Part
 * of world.ts.
 */
import type { RulePack } from '../../shared/domain/rule-pack.ts';
import type { CaseRow, TraceRequest } from './dataset.ts';
import type { Population, Someone } from './population.ts';
import type { Random } from './random.ts';

export interface Story {
  readonly population: Population;
  /** Begins a planted chain, and ends one. */
  readonly early: Someone;
  readonly late: Someone;
  readonly provinces: readonly string[];
  readonly rules: RulePack;
  readonly span: { readonly from: number; readonly days: number };
}

const DAY = 86_400;

/**
 * Cases in all provinces; every trace names cases of one province only. One that no trace starts from may be
 * corrected or withdrawn.
 */
export function casesAndTraces(random: Random, story: Story): { cases: CaseRow[]; traces: TraceRequest[] } {
  const { rules, span, population, provinces } = story;
  const firstDay = Math.ceil(rules.infectious_days_before);
  const lastDay = span.days + Math.ceil(rules.latent_days);
  const cases: CaseRow[] = [];
  const open = (one: Someone, day: number, province: string): string => {
    const id = `case-${cases.length + 1}`;
    cases.push(caseOf(random, { id, one, province, onsetAt: span.from + day * DAY, rules }));
    return id;
  };
  const indexCases = (index: Someone, day: number): string[] => {
    const province = random.pick(provinces);
    const first = open(index, day, province);
    const other = random.chance(40) ? index : random.pick(population.someones);
    return random.chance(35) ? [first, open(other, Math.max(1, day + random.int(-1, 2)), province)] : [first];
  };
  const forward = indexCases(story.early, firstDay);
  const backward = indexCases(story.late, lastDay);
  if (random.chance(25)) {
    open(random.pick(population.someones), random.int(1, lastDay), random.pick(provinces));
    const untraced = cases.at(-1) as CaseRow;
    const { identifiers } = random.pick(population.someones);
    const corrected = { ...untraced, identifiers: random.some(2, identifiers), sampledAt: span.from + DAY };
    cases.push(...random.pick<CaseRow[]>([[], [{ ...untraced, withdrawn: true }], [corrected]]));
  }
  const endAt = span.from + span.days * DAY;
  const asOf = () => (random.chance(80) ? endAt + DAY : endAt - random.int(0, 2 * DAY));
  const maxDegree = () => random.pick([1, 2, 2, 3, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4]);
  const traces: TraceRequest[] = [
    { direction: 'forward', cases: forward, maxDegree: maxDegree(), asOf: asOf() },
    { direction: 'backward', cases: backward, maxDegree: maxDegree(), asOf: asOf() },
  ];
  return { cases, traces };
}

interface Diagnosis {
  readonly id: string;
  readonly one: Someone;
  readonly province: string;
  readonly onsetAt: number;
  readonly rules: RulePack;
}

function caseOf(random: Random, { id, one, province, onsetAt, rules }: Diagnosis): CaseRow {
  const sampledOnly = random.chance(20);
  const beforeWindow = onsetAt - Math.round(rules.infectious_days_before * DAY);
  const isolatedAt = random.pick([null, null, null, onsetAt + 4 * DAY, onsetAt + random.int(0, 3 * DAY)]);
  return {
    province,
    id,
    identifiers: random.some(random.int(1, 3), one.identifiers),
    onsetOn: sampledOnly ? null : dateOf(onsetAt),
    sampledAt: sampledOnly ? onsetAt + random.pick([0, 0, 3600, -7200]) : random.pick([null, onsetAt + DAY]),
    isolatedAt: random.chance(4) ? beforeWindow - random.int(0, 1) : isolatedAt,
  };
}

/** The date in Asia/Ho_Chi_Minh of an instant. */
function dateOf(at: number): string {
  return new Date((at + 7 * 3600) * 1000).toISOString().slice(0, 10);
}
