/**
 * The oracle's reading of the windows (README.md, Forward, Backward): in which instants a label's person
 * matters, forward and backward. A window is a union of disjoint intervals in order; empty = no instant.
 * Must not import the code under test.
 */
import type { RulePack } from '../../shared/domain/rule-pack.ts';
import type { CaseRow, TraceRequest } from './dataset.ts';
import type { Interval } from './oracle-events.ts';
import type { Person } from './oracle-persons.ts';

export type Window = readonly Interval[];

export interface Windows {
  /** Every index person, also one whose window is empty. */
  readonly indexPersons: ReadonlyMap<Person, Window>;
  /** The window of a label (q, k, at) with k ≥ 1. */
  ofLabel(at: number): Window;
}

/** The windows of a trace that starts from `cases`; `personOf` knows every identifier of them. */
export function windowsOf(
  cases: readonly CaseRow[],
  rules: RulePack,
  request: TraceRequest,
  personOf: (identifier: string) => Person,
): Windows {
  const { ofCase, ofLabel } =
    request.direction === 'forward' ? forward(rules, request.asOf) : backward(rules, request.asOf, cases);
  // "The persons of **all** identifiers that the cases name"; the window of each is "the union, over the
  // index cases that name an identifier of it".
  const indexPersons = new Map<Person, Window>();
  for (const row of cases) {
    for (const person of row.identifiers.map(personOf)) {
      indexPersons.set(person, unionOf([...(indexPersons.get(person) ?? []), ofCase(row)]));
    }
  }
  return { indexPersons, ofLabel: (at) => unionOf([ofLabel(at)]) };
}

interface Rule {
  ofCase(row: CaseRow): Interval;
  ofLabel(at: number): Interval;
}

/** `[onset − infectious_days_before, min(isolated_at, asOf))`; from a label `[t + latent_days, asOf)`. */
function forward(rules: RulePack, asOf: number): Rule {
  return {
    ofCase: (row) => ({
      from: Math.max(onsetOf(row) - secondsOf(rules.infectious_days_before), keptFrom(rules, asOf)),
      until: row.isolatedAt === null ? asOf : Math.min(row.isolatedAt, asOf),
    }),
    ofLabel: (at) => ({ from: at + secondsOf(rules.latent_days), until: asOf }),
  };
}

/** `[L, min(onset − latent_days, asOf))`; from a label `[L, t − latent_days)`. */
function backward(rules: RulePack, asOf: number, cases: readonly CaseRow[]): Rule {
  // L, of all index cases
  const sources = cases.map((row) => onsetOf(row) - secondsOf(rules.source_days));
  const earliest = Math.max(Math.min(...sources), keptFrom(rules, asOf));
  const latent = secondsOf(rules.latent_days);
  return {
    ofCase: (row) => ({ from: earliest, until: Math.min(onsetOf(row) - latent, asOf) }),
    ofLabel: (at) => ({ from: earliest, until: at - latent }),
  };
}

/** "No window begins more than `retention_days` before `as_of`". */
function keptFrom(rules: RulePack, asOf: number): number {
  return asOf - secondsOf(rules.retention_days);
}

/** Midnight in Asia/Ho_Chi_Minh (+07:00 all year); "the sampling time takes the place of a missing onset". */
function onsetOf(row: CaseRow): number {
  if (row.onsetOn !== null) return Date.parse(`${row.onsetOn}T00:00:00+07:00`) / 1000;
  if (row.sampledAt !== null) return row.sampledAt;
  throw new Error(`case ${row.id} has neither onset nor sampling`);
}

/** "Multiplied by 86,400 and rounded to the nearest second, halves up." */
function secondsOf(days: number): number {
  return Math.round(days * 86_400);
}

/** The same instants as disjoint intervals, in order, without empty ones. */
export function unionOf(intervals: readonly Interval[]): Window {
  const union: { from: number; until: number }[] = [];
  const inOrder = intervals.filter(({ from, until }) => from < until).sort((a, b) => a.from - b.from);
  for (const { from, until } of inOrder) {
    const last = union.at(-1);
    if (last !== undefined && from <= last.until) last.until = Math.max(last.until, until);
    else union.push({ from, until });
  }
  return union;
}
