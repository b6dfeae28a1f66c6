/**
 * Runs one trace of a world through the fold alone, over a network that delays, duplicates, reorders, replays
 * and supersedes answers, with one province late and a hub that restarts; and says what the fold made of it.
 */

import { provinceCode } from '../../hub/traces/assignments.ts';
import { PLACE_KINDS } from '../../shared/domain/place-kind.ts';
import { MAX_DEGREE } from '../../shared/domain/rule-pack.ts';
import { planAssignments } from '../../shared/trace/assignment.ts';
import type { TraceAnswer, TraceQuestion, TraceTerms } from '../../shared/trace/messages.ts';
import {
  ENCOUNTER_SETTING_BIT,
  HOUSEHOLD_SETTING_BIT,
  PLACE_SETTING_BIT,
} from '../../shared/trace/pair-groups.ts';
import { TraceState, type TraceView } from '../../shared/trace/trace-state.ts';
import type { Dataset, TraceRequest } from './dataset.ts';
import { ModelNode, Pseudonyms, partOf, pseudonymOf } from './model-node.ts';
import type { OracleLabel, OracleWindow } from './oracle.ts';
import { standingCases } from './oracle-records.ts';
import { Random } from './random.ts';
import type { World } from './world.ts';

interface Post {
  readonly province: number;
  readonly answer: TraceAnswer;
  readonly version: { incarnation: number; dataVersion: number };
}

/** What a contact looks like to oracle and fold alike. */
export interface FoldedContact {
  identifiers: string[];
  degree: number;
  firstExposedAt: number;
  lastExposedAt: number;
  seconds: number;
  settings: string[];
  placeKinds: string[];
  exposedIn: string[];
}

export interface Folded {
  readonly contacts: FoldedContact[];
  /** Sorted as the oracle's. */
  readonly labels: OracleLabel[];
  readonly windows: OracleWindow[];
  /** Province to which each contact, by its first identifier, is assigned. */
  readonly assignedTo: ReadonlyMap<string, string>;
  readonly state: TraceState;
}

/** Terms of a trace as its province would sign them. */
export function termsOf(world: World, request: TraceRequest): TraceTerms {
  const { rules } = world;
  const day = 86_400;
  const cases = standingCases(world).filter(({ id }) => request.cases.includes(id));
  const onset = (row: (typeof cases)[number]) =>
    row.onsetOn === null ? (row.sampledAt as number) : Date.parse(`${row.onsetOn}T00:00:00+07:00`) / 1000;
  const floor = Math.min(...cases.map((row) => onset(row) - Math.round(rules.source_days * day)));
  const index = cases.flatMap((row) =>
    row.identifiers.map((identifier) => ({
      pseudonym: Buffer.from(pseudonymOf(identifier), 'hex'),
      ...(request.direction === 'forward'
        ? {
            from: onset(row) - Math.round(rules.infectious_days_before * day),
            until: Math.min(row.isolatedAt ?? request.asOf, request.asOf),
          }
        : { from: floor, until: Math.min(onset(row) - Math.round(rules.latent_days * day), request.asOf) }),
    })),
  );
  const { direction, asOf } = request;
  return { direction, asOf, maxDegree: Math.min(request.maxDegree, MAX_DEGREE), rules, index };
}

/** Folds one trace to its end under the faults that `seed` draws. */
export function foldTrace(world: World, request: TraceRequest, seed: number): Folded {
  const random = new Random(seed);
  const names = new Pseudonyms(world);
  const nodes = world.provinces.map((province) => {
    const part = partOf(world, province);
    const tellsAhead = random.chance(50);
    const earlier = new ModelNode(withoutSomeRows(part, random), world.rules, names, { tellsAhead });
    return {
      province: Number(province),
      full: new ModelNode(part, world.rules, names, { tellsAhead }),
      earlier,
    };
  });
  const late = random.pick(nodes).province;
  const terms = termsOf(world, request);
  const log: TraceQuestion[] = [];
  const applied: Post[] = [];
  let state = new TraceState(terms);
  let posts: Post[] = [];

  const ask = () => {
    for (const question of state.nextQuestions()) {
      state.log(question);
      log.push(question);
      for (const { province, full, earlier } of nodes) {
        const older = { incarnation: random.int(1, 2), dataVersion: 1 };
        if (random.chance(30)) posts.push({ province, answer: earlier.answer(question), version: older });
        const newer = { incarnation: 2, dataVersion: 2 };
        posts.push({ province, answer: full.answer(question), version: newer });
      }
    }
  };
  const restart = () => {
    state = new TraceState(terms);
    for (const question of log) state.log(question);
    for (const post of random.shuffled(applied)) state.apply(post.province, post.answer, post.version);
  };

  for (ask(); posts.length > 0; ask()) {
    const ready = posts.filter((post) => post.province !== late);
    const post = random.pick(ready.length > 0 ? ready : posts);
    if (!random.chance(10)) posts = posts.filter((p) => p !== post);
    state.apply(post.province, post.answer, post.version);
    applied.push(post);
    if (random.chance(5)) {
      const replayed = random.pick(applied);
      state.apply(replayed.province, replayed.answer, replayed.version);
    }
    if (random.chance(2)) restart();
  }
  return { ...readable(state.view(), names), state };
}

/** The same trace without one province: its answers left out, the others asked for what is then open. */
export function leaveOut(world: World, { state }: Folded, province: string): FoldedContact[] {
  const names = new Pseudonyms(world);
  const others = world.provinces
    .filter((other) => other !== province)
    .map((other) => ({
      number: Number(other),
      node: new ModelNode(partOf(world, other), world.rules, names, { tellsAhead: true }),
    }));
  const without = state.without((number) => number === Number(province));
  for (let open = without.nextQuestions(); open.length > 0; open = without.nextQuestions()) {
    for (const question of open) {
      without.log(question);
      for (const { number, node } of others) {
        without.apply(number, node.answer(question), { incarnation: 2, dataVersion: 2 });
      }
    }
  }
  return readable(without.view(), names).contacts;
}

/** A province before some of its rows arrived: what it says then is superseded later. */
function withoutSomeRows(part: Dataset, random: Random): Dataset {
  const some = <Row>(rows: readonly Row[]) => rows.filter(() => !random.chance(30));
  const { people, checkIns, encounters, cases } = part;
  return {
    ...part,
    people: some(people),
    checkIns: some(checkIns),
    encounters: some(encounters),
    cases: some(cases),
  };
}

function readable(view: TraceView, names: Pseudonyms): Omit<Folded, 'state'> {
  const { keys } = view.evidence;
  const nameOf = (n: number) => names.identifierOf(Buffer.from(keys.keyOf(n)).toString('hex'));
  const { identifiers, start } = view.persons;
  const identifiersOf = (person: number) =>
    Array.from(identifiers.subarray(start[person], start[person + 1]), nameOf).sort();
  const contacts = [...view.contacts].map((contact) => ({
    identifiers: identifiersOf(contact.person),
    degree: contact.degree,
    firstExposedAt: contact.firstExposedAt,
    lastExposedAt: contact.lastExposedAt,
    seconds: contact.seconds,
    settings: settingWords(contact.settings),
    placeKinds: PLACE_KINDS.filter((_, i) => contact.placeKinds & (1 << i)).sort(),
    exposedIn: contact.seenIn.map((seen) => provinceCode(seen.province)).sort(),
  }));
  const { assigned } = planAssignments(
    view,
    { owned: new Map(), claimed: new Map() },
    { hearsClaims: () => false },
  );
  const assignedTo = new Map(
    assigned.map((a) => [a.identifiers.map(nameOf).sort()[0] as string, provinceCode(a.province)]),
  );
  contacts.sort(byFirst);
  const labels = view.labels.map(({ person, degree, at }) => ({
    identifiers: identifiersOf(person),
    degree,
    at,
  }));
  const windows = [...view.index].map(([person, window]) => ({
    identifiers: identifiersOf(person),
    window: window.map(([from, until]) => ({ from, until })),
  }));
  return {
    contacts,
    labels: labels.sort((a, b) => byFirst(a, b) || a.degree - b.degree),
    windows: windows.sort(byFirst),
    assignedTo,
  };
}

type Named = { readonly identifiers: readonly string[] };

function byFirst({ identifiers: [a = ''] }: Named, { identifiers: [b = ''] }: Named): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function settingWords(bits: number): string[] {
  const words = {
    encounter: ENCOUNTER_SETTING_BIT,
    household: HOUSEHOLD_SETTING_BIT,
    place: PLACE_SETTING_BIT,
  };
  return Object.entries(words).flatMap(([word, bit]) => (bits & bit ? [word] : []));
}
