/**
 * Predicates of rule packs: one small language over a closed list of typed facts, for plans of follow-ups,
 * classifications and whatever else a pack decides. Pure and total; what may be wrong with one is said before
 * it is ever asked.
 *
 *   P = {"all": [P…]} | {"any": [P…]} | {"not": P} | {"fact": name, <op>: value}
 */
import type { FieldError } from '../errors.ts';

/** What a fact is: instants in epoch seconds, dates as `YYYY-MM-DD`, texts as a list. */
export type FactType = 'number' | 'boolean' | 'text' | 'texts' | 'instant' | 'date';

/** The facts that one use knows, by name. */
export type FactTypes = Readonly<Record<string, FactType>>;

export type FactValue = number | boolean | string | readonly string[];

/** What is known; a fact that is absent is unknown. */
export type KnownFacts = Readonly<Record<string, FactValue | undefined>>;

export type Predicate =
  | { readonly all: readonly Predicate[] }
  | { readonly any: readonly Predicate[] }
  | { readonly not: Predicate }
  | FactTest;

interface FactTest {
  readonly fact: string;
  readonly eq?: number | boolean | string;
  readonly in?: readonly (number | string)[];
  readonly gt?: number;
  readonly gte?: number;
  readonly lte?: number;
  readonly known?: boolean;
  /** The instant or date is at most so many days before now, and not after it. */
  readonly within_days?: number;
  readonly count_gte?: number;
}

const MAX_DEPTH = 6;
const MAX_NODES = 64;
const DAY_SECONDS = 86_400;

type Op = Exclude<keyof FactTest, 'fact'>;

/** Which operators a type of fact takes. */
const OPS: Readonly<Record<FactType, readonly Op[]>> = {
  number: ['eq', 'in', 'gt', 'gte', 'lte', 'known'],
  boolean: ['eq', 'known'],
  text: ['eq', 'in', 'known'],
  texts: ['count_gte', 'known'],
  instant: ['gt', 'gte', 'lte', 'within_days', 'known'],
  date: ['within_days', 'known'],
};

/** What is wrong with a would-be predicate over these facts; empty = it is one. */
export function predicateProblems(value: unknown, types: FactTypes, at: string): FieldError[] {
  return new Reading(types).problems(value, at, 1);
}

/** One reading of a predicate: it counts as it goes, so that nothing deep or wide is walked. */
class Reading {
  readonly #types: FactTypes;
  #nodes = 0;

  constructor(types: FactTypes) {
    this.#types = types;
  }

  problems(value: unknown, at: string, depth: number): FieldError[] {
    if (depth > MAX_DEPTH) return [{ field: at, reason: 'TOO_DEEP', params: { most: MAX_DEPTH } }];
    if (++this.#nodes > MAX_NODES) return [{ field: at, reason: 'TOO_MANY', params: { most: MAX_NODES } }];
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return [{ field: at, reason: 'NOT_AN_OBJECT' }];
    const entries = Object.entries(value);
    const [[key, inner] = ['', undefined]] = entries;
    if ('fact' in value) return this.#factProblems(value as Record<string, unknown>, at);
    if (entries.length !== 1 || !['all', 'any', 'not'].includes(key))
      return [{ field: at, reason: 'NOT_ONE_OF', params: { values: 'all, any, not, fact' } }];
    if (key === 'not') return this.problems(inner, `${at}.not`, depth + 1);
    if (!Array.isArray(inner)) return [{ field: `${at}.${key}`, reason: 'NOT_A_LIST' }];
    const problems: FieldError[] = [];
    for (const [i, one] of inner.entries()) {
      problems.push(...this.problems(one, `${at}.${key}[${i}]`, depth + 1));
      if (this.#nodes > MAX_NODES) break;
    }
    return problems;
  }

  #factProblems(test: Record<string, unknown>, at: string): FieldError[] {
    const { fact, ...rest } = test;
    const type = typeof fact === 'string' && Object.hasOwn(this.#types, fact) ? this.#types[fact] : undefined;
    if (type === undefined) return [{ field: `${at}.fact`, reason: 'UNKNOWN_FACT' }];
    const [[op, value] = ['', undefined], ...others] = Object.entries(rest);
    if (others.length > 0 || !OPS[type].includes(op as Op))
      return [{ field: at, reason: 'NOT_ONE_OF', params: { values: OPS[type].join(', ') } }];
    const wrong = operandProblem(op as Op, value, type);
    return wrong ? [{ field: `${at}.${op}`, ...wrong }] : [];
  }
}

type Wrong = { reason: 'NOT_A_NUMBER' | 'NOT_A_BOOLEAN' | 'NOT_TEXT' | 'NOT_A_LIST' };

function operandProblem(op: Op, value: unknown, type: FactType): Wrong | undefined {
  if (op === 'known') return typeof value === 'boolean' ? undefined : { reason: 'NOT_A_BOOLEAN' };
  if (op === 'in') {
    if (!Array.isArray(value)) return { reason: 'NOT_A_LIST' };
    return value.map((one) => ofType(one, type)).find((wrong) => wrong !== undefined);
  }
  return ofType(value, op === 'eq' ? type : 'number');
}

function ofType(value: unknown, type: FactType): Wrong | undefined {
  if (type === 'boolean') return typeof value === 'boolean' ? undefined : { reason: 'NOT_A_BOOLEAN' };
  if (type === 'text') return typeof value === 'string' ? undefined : { reason: 'NOT_TEXT' };
  return typeof value === 'number' && Number.isFinite(value) ? undefined : { reason: 'NOT_A_NUMBER' };
}

/** Whether the predicate holds at `now` (epoch seconds): of what is unknown, only `known` says anything. */
export function holds(predicate: Predicate, facts: KnownFacts, now: number): boolean {
  if ('all' in predicate) return predicate.all.every((one) => holds(one, facts, now));
  if ('any' in predicate) return predicate.any.some((one) => holds(one, facts, now));
  if ('not' in predicate) return !holds(predicate.not, facts, now);
  const value = facts[predicate.fact];
  if (predicate.known !== undefined) return (value !== undefined) === predicate.known;
  return value !== undefined && tested(predicate, value, now);
}

function tested(test: FactTest, value: FactValue, now: number): boolean {
  if (test.eq !== undefined) return value === test.eq;
  if (test.in !== undefined) return test.in.includes(value as number | string);
  if (test.gt !== undefined) return (value as number) > test.gt;
  if (test.gte !== undefined) return (value as number) >= test.gte;
  if (test.lte !== undefined) return (value as number) <= test.lte;
  if (test.count_gte !== undefined) return (value as readonly string[]).length >= test.count_gte;
  return isWithinDays(value as number | string, test.within_days ?? 0, now);
}

function isWithinDays(value: number | string, days: number, now: number): boolean {
  const at = typeof value === 'number' ? value : Date.parse(`${value}T00:00:00+07:00`) / 1000;
  return at <= now && now - at <= days * DAY_SECONDS;
}
