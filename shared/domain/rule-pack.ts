/**
 * The rule pack of the national centre (README.md, Rules): shape, validation, and the few values derived
 * from it. Days are multiplied by 86,400 and rounded to the nearest second.
 */
import type { FieldError } from '../errors.ts';
import {
  type FollowUpRules,
  followUpProblems,
  type PriorityRules,
  packTexts,
  packTitle,
  priorityProblems,
} from './follow-up-rules.ts';
import { PLACE_KINDS, type PlaceKind, placeKindNumber } from './place-kind.ts';
import { type Check, list, matching, oneOf } from './shape.ts';

export interface RulePack {
  readonly number: number;
  /** ISO 8601 instant with offset. */
  readonly effective_from: string;
  readonly infectious_days_before: number;
  readonly latent_days: number;
  readonly close_contact_seconds: number;
  readonly longest_stay_seconds: number;
  readonly max_degree: number;
  readonly source_days: number;
  readonly trace_open_days: number;
  readonly retention_days: number;
  readonly assumed_stay_seconds: PerKind;
  readonly weight_percent: PerKind;
  readonly title?: string;
  readonly sources?: readonly string[];
  readonly notes?: readonly string[];
  /** Whose follow-ups it plans: those that begin under it (unless told), or all open ones. */
  readonly applies_to?: 'new' | 'open';
  /** Provinces (codes) in whose work it counts; null or absent: all. A trace never asks. */
  readonly only_in?: readonly string[] | null;
  /** Absent: contacts are listed, and nobody's task. */
  readonly follow_up?: FollowUpRules;
  readonly priority?: PriorityRules;
}

export type PerKind = { readonly default: number } & { readonly [kind in PlaceKind]?: number };

export type Direction = 'forward' | 'backward';

/** Degrees that any pack may allow at most. */
export const MAX_DEGREE = 4;
/**
 * Longest `longest_stay_seconds` that a pack may set (stored look-back of check-ins relies on it): 7 days.
 */
export const LONGEST_STAY_LIMIT = 7 * 86_400;

/** Longest `trace_open_days` that a pack may set. */
export const LONGEST_OPEN_DAYS = 400;

/** Whole seconds of a number of days, rounded to nearest. */
export function daysToSeconds(days: number): number {
  return Math.round(days * 86_400);
}

/** Where a trace as of `asOf` begins at the earliest (epoch seconds): what is older is kept nowhere. */
export function earliestKept(asOf: number, { retention_days }: Pick<RulePack, 'retention_days'>): number {
  return Math.max(0, asOf - daysToSeconds(retention_days));
}

/** Assumed stay (seconds) by place-kind number, index 0 unused. */
export function assumedStays(rules: RulePack): number[] {
  return [
    0,
    ...PLACE_KINDS.map((kind) => rules.assumed_stay_seconds[kind] ?? rules.assumed_stay_seconds.default),
  ];
}

/** Weight in percent by setting number: place kinds 1 to 30, 254 encounter = 100; 255 household = 0. */
export function weights(rules: RulePack): Uint8Array {
  const table = new Uint8Array(256);
  for (const kind of PLACE_KINDS) {
    table[placeKindNumber(kind) as number] = rules.weight_percent[kind] ?? rules.weight_percent.default;
  }
  table[254] = 100;
  return table;
}

const INTEGERS: readonly (readonly [keyof RulePack, number, number])[] = [
  ['number', 1, 1_000_000],
  ['close_contact_seconds', 0, 86_400],
  ['longest_stay_seconds', 1, LONGEST_STAY_LIMIT],
  ['max_degree', 1, MAX_DEGREE],
];
const DAYS: readonly (readonly [keyof RulePack, number])[] = [
  ['infectious_days_before', 60],
  ['latent_days', 60],
  ['source_days', 400],
  ['trace_open_days', LONGEST_OPEN_DAYS],
  ['retention_days', 4000],
];

/** What is wrong with a would-be rule pack, named `whole`; empty = it is one. */
export function rulePackProblems(value: unknown, whole = 'rules'): FieldError[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [{ field: whole, reason: 'NOT_AN_OBJECT' }];
  const pack = value as Record<string, unknown>;
  const problems: FieldError[] = [];
  for (const [field, least, most] of INTEGERS) {
    const n = pack[field];
    if (!Number.isInteger(n)) problems.push({ field, reason: 'NOT_AN_INTEGER' });
    else if ((n as number) < least || (n as number) > most) problems.push(outside(field, least, most));
  }
  for (const [field, most] of DAYS) {
    const n = pack[field];
    if (typeof n !== 'number' || Number.isNaN(n)) problems.push({ field, reason: 'NOT_A_NUMBER' });
    else if (n < 0 || n > most) problems.push(outside(field, 0, most));
  }
  const from = pack.effective_from;
  if (typeof from !== 'string' || Number.isNaN(Date.parse(from)) || !/(Z|[+-]\d\d:\d\d)$/.test(from)) {
    problems.push({ field: 'effective_from', reason: 'NOT_AN_INSTANT' });
  }
  problems.push(...perKindProblems('assumed_stay_seconds', pack.assumed_stay_seconds, LONGEST_STAY_LIMIT));
  problems.push(...perKindProblems('weight_percent', pack.weight_percent, 100));
  problems.push(...sectionProblems(pack));
  return problems;
}

/** Packs before this one may say things that nobody reads. */
const FIRST_STRICT = 101;
const KEYS: readonly string[] = [
  ...[...INTEGERS, ...DAYS].map(([field]) => field),
  ...['effective_from', 'assumed_stay_seconds', 'weight_percent'],
];

/** What a pack may say beside what every trace needs, each wholly or not at all. */
const SECTIONS: Readonly<Record<string, Check>> = {
  title: packTitle,
  sources: packTexts,
  notes: packTexts,
  applies_to: oneOf(['new', 'open']),
  only_in: (value, at) => (value === null ? [] : list(matching(/^\d\d$/), 63, 1)(value, at)),
  follow_up: followUpProblems,
  priority: priorityProblems,
};

function sectionProblems(pack: Readonly<Record<string, unknown>>): FieldError[] {
  const isStrict = typeof pack.number === 'number' && pack.number >= FIRST_STRICT;
  const unknown = Object.keys(pack).filter((key) => !KEYS.includes(key) && !Object.hasOwn(SECTIONS, key));
  return [
    ...(isStrict ? unknown.map((field): FieldError => ({ field, reason: 'UNKNOWN_FIELD' })) : []),
    ...Object.entries(SECTIONS).flatMap(([key, check]) =>
      pack[key] === undefined ? [] : check(pack[key], key),
    ),
  ];
}

function perKindProblems(field: string, value: unknown, most: number): FieldError[] {
  if (typeof value !== 'object' || value === null) return [{ field, reason: 'NOT_AN_OBJECT' }];
  const table = value as Record<string, unknown>;
  const problems: FieldError[] =
    'default' in table ? [] : [{ field: `${field}.default`, reason: 'REQUIRED' }];
  for (const [kind, n] of Object.entries(table)) {
    const at = `${field}.${kind}`;
    if (kind !== 'default' && placeKindNumber(kind) === undefined)
      problems.push({ field: at, reason: 'UNKNOWN_PLACE_KIND', params: { kind } });
    else if (!Number.isInteger(n)) problems.push({ field: at, reason: 'NOT_AN_INTEGER' });
    else if ((n as number) < 0 || (n as number) > most) problems.push(outside(at, 0, most));
  }
  return problems;
}

function outside(field: string, least: number, most: number): FieldError {
  return { field, reason: 'OUT_OF_BOUNDS', params: { least, most } };
}

/**
 * The pack in force at `at` (epoch seconds): of those already effective the one that became so last;
 * undefined if none is. A pack's number is its name, not its rank: only between packs of the same instant
 * does the higher one win.
 */
export function rulesInForce(packs: readonly RulePack[], at: number): RulePack | undefined {
  // Of one province alone no trace may be: two provinces would cut its windows differently.
  return latestOf(
    packs.filter(({ only_in }) => only_in == null),
    at,
  );
}

/**
 * The pack in force at `at` for the work of a province: of those that are, one that names it goes before
 * those of all.
 */
export function workRulesInForce(
  packs: readonly RulePack[],
  province: string,
  at: number,
): RulePack | undefined {
  const own = packs.filter(({ only_in }) => only_in?.includes(province));
  const [national, named] = [rulesInForce(packs, at), latestOf(own, at)];
  if (national === undefined || named === undefined) return named ?? national;
  return since(named) >= since(national) ? named : national;
}

function latestOf(packs: readonly RulePack[], at: number): RulePack | undefined {
  const effective = packs.filter((pack) => since(pack) <= at);
  return effective.sort((a, b) => since(b) - since(a) || b.number - a.number)[0];
}

function since({ effective_from }: RulePack): number {
  return Date.parse(effective_from) / 1000;
}
