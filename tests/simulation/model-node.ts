/**
 * A province that answers questions from its rows of a dataset, in pseudonyms: the data side of the fold's
 * simulation. Naive on purpose, and with no code of the node's; contact events come from the oracle's own
 * reading of CONTRIBUTING.md, Words.
 */
import { createHash } from 'node:crypto';
import { ENCOUNTER_SETTING, HOUSEHOLD_SETTING, placeKindNumber } from '../../shared/domain/place-kind.ts';
import type { RulePack } from '../../shared/domain/rule-pack.ts';
import type { TraceAnswer, TraceQuestion } from '../../shared/trace/messages.ts';
import type { Dataset } from './dataset.ts';
import { acceptedCheckIns, type Events, eventsOf } from './oracle-events.ts';

/** Stands for token and trace cipher: the same identifier has the same pseudonym in every province. */
export function pseudonymOf(identifier: string): string {
  return createHash('md5').update(identifier).digest('hex');
}

/** Names of pseudonyms, and the other way round, for all identifiers of a dataset. */
export class Pseudonyms {
  readonly #identifiers = new Map<string, string>();

  constructor(dataset: Dataset) {
    for (const identifier of identifiersOf(dataset))
      this.#identifiers.set(pseudonymOf(identifier), identifier);
  }

  identifierOf(pseudonym: string): string {
    return this.#identifiers.get(pseudonym) ?? '';
  }
}

/** Every identifier that a dataset's rows name. */
export function identifiersOf(dataset: Dataset): Set<string> {
  return new Set([
    ...dataset.people.flatMap((row) => row.identifiers),
    ...dataset.cases.flatMap((row) => row.identifiers),
    ...acceptedCheckIns(dataset).map((row) => row.identifier),
    ...dataset.encounters.flatMap((row) => [row.identifierA, row.identifierB]),
  ]);
}

/** The rows of one province. */
export function partOf(dataset: Dataset, province: string): Dataset {
  const own = <Row extends { readonly province: string }>(rows: readonly Row[]) =>
    rows.filter((row) => row.province === province);
  return {
    provinces: [province],
    people: own(dataset.people),
    places: own(dataset.places),
    checkIns: own(dataset.checkIns),
    encounters: own(dataset.encounters),
    cases: own(dataset.cases),
  };
}

export class ModelNode {
  readonly #events: Events;
  readonly #known: Set<string>;
  readonly #residents = new Set<string>();
  readonly #links = new Map<string, Set<string>>();
  readonly #names: Pseudonyms;
  readonly #tellsAhead: boolean;

  /** @param tellsAhead whether it says of those that it names what `who` would say of them. */
  constructor(part: Dataset, rules: RulePack, names: Pseudonyms, tellsAhead: boolean) {
    this.#tellsAhead = tellsAhead;
    this.#events = eventsOf(part, rules);
    this.#known = identifiersOf(part);
    this.#names = names;
    for (const { identifiers } of [...part.people, ...part.cases]) this.#link(identifiers);
    for (const row of part.people) {
      if (row.provinceOfResidence === row.province) for (const id of row.identifiers) this.#residents.add(id);
    }
  }

  #link(identifiers: readonly string[]): void {
    for (const one of identifiers) {
      const linked = this.#links.get(one) ?? new Set();
      this.#links.set(one, linked);
      for (const other of identifiers) if (other !== one) linked.add(other);
    }
  }

  answer(question: TraceQuestion): TraceAnswer {
    const named: string[] = [];
    const name = (identifier: string) => {
      const at = named.indexOf(identifier);
      return at >= 0 ? at : named.push(identifier) - 1;
    };
    const who = keysOf(question.who).map((key) => this.#names.identifierOf(key));
    const met = keysOf(question.met).map((key) => this.#names.identifierOf(key));
    const known = who.map((_, i) => i).filter((i) => this.#known.has(who[i] as string));
    const links = who.flatMap((id, i) =>
      [...(this.#links.get(id) ?? [])].map((to) => [i, name(to)] as const),
    );
    const events = met.flatMap((id, i) => this.#eventsOf(id, i, question, name));
    const ahead: (readonly [number, number])[] = [];
    for (let i = 0; this.#tellsAhead && i < named.length; i++) {
      for (const to of this.#links.get(named[i] as string) ?? []) ahead.push([i, name(to)]);
    }
    const flagsOf = (id: string) => cccdFlag(id) | (this.#residents.has(id) ? 2 : 0);
    return {
      seq: question.seq,
      named: Buffer.from(named.map(pseudonymOf).join(''), 'hex'),
      namedFlags: Uint8Array.from(named, flagsOf),
      known: Uint32Array.from(known),
      knownFlags: Uint8Array.from(known, (i) => flagsOf(who[i] as string)),
      linkOf: Uint32Array.from(links, ([of]) => of),
      linkTo: Uint32Array.from(links, ([, to]) => to),
      namedLinkOf: Uint32Array.from(ahead, ([of]) => of),
      namedLinkTo: Uint32Array.from(ahead, ([, to]) => to),
      eventOf: Uint32Array.from(events, (e) => e.of),
      eventTo: Uint32Array.from(events, (e) => e.to),
      eventFrom: Uint32Array.from(events, (e) => e.from),
      eventUntil: Uint32Array.from(events, (e) => e.until),
      eventSetting: Uint8Array.from(events, (e) => e.setting),
    };
  }

  #eventsOf(identifier: string, of: number, question: TraceQuestion, name: (identifier: string) => number) {
    const [wFrom, wUntil] = [question.metFrom[of] as number, question.metUntil[of] as number];
    const events = this.#events.of(identifier).flatMap(({ other, from, until, setting, kind }) => {
      const cut = { from: Math.max(from, wFrom), until: Math.min(until, wUntil) };
      if (cut.from >= cut.until) return [];
      const number =
        setting === 'encounter' ? ENCOUNTER_SETTING : (placeKindNumber(kind as string) as number);
      return [{ of, to: name(other), ...cut, setting: number }];
    });
    const housemates = this.#events
      .housemates(identifier)
      .map(({ other }) => ({ of, to: name(other), from: 0, until: 0, setting: HOUSEHOLD_SETTING }));
    return [...events, ...housemates];
  }
}

function cccdFlag(identifier: string): number {
  return identifier.startsWith('cccd:') ? 1 : 0;
}

/** Packed 16-byte keys as hex. */
export function keysOf(packed: Uint8Array): string[] {
  const hex = Buffer.from(packed).toString('hex');
  return Array.from({ length: packed.length / 16 }, (_, i) => hex.slice(i * 32, i * 32 + 32));
}
