/**
 * A province that answers questions from its rows of a dataset, in pseudonyms: the data side of the fold's
 * simulation. Naive on purpose, and with no code of the node's; records and contact events come from the
 * oracle's own reading of CONTRIBUTING.md, Words.
 */
import { createHash } from 'node:crypto';
import { ENCOUNTER_SETTING, HOUSEHOLD_SETTING, placeKindNumber } from '../../shared/domain/place-kind.ts';
import type { RulePack } from '../../shared/domain/rule-pack.ts';
import {
  flagsOf,
  type IdentifierKind,
  KIND_NUMBER,
  withoutKind,
} from '../../shared/trace/identifier-flags.ts';
import {
  type AnswerRecords,
  NO_RECORDS,
  PROTOCOL,
  type TraceAnswer,
  type TraceQuestion,
} from '../../shared/trace/messages.ts';
import type { Dataset } from './dataset.ts';
import { acceptedCheckIns, acceptedEncounters, type Events, eventsOf, groupBy } from './oracle-events.ts';
import { isHandle, kindOf, type StandingRecord, standing } from './oracle-records.ts';

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

/** Every identifier that a dataset's rows name, whether they stand or not. */
function identifiersOf(dataset: Dataset): Set<string> {
  return new Set([
    ...dataset.people.flatMap((row) => row.identifiers),
    ...dataset.cases.flatMap((row) => row.identifiers),
    ...observedIn(dataset),
  ]);
}

function observedIn(dataset: Dataset): string[] {
  return [
    ...acceptedCheckIns(dataset).map((row) => row.identifier),
    ...acceptedEncounters(dataset).flatMap((row) => [row.identifierA, row.identifierB]),
  ];
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

export interface ModelOptions {
  /** Whether it says of those that it names what `who` would say of them. */
  readonly tellsAhead: boolean;
  /** Links, as an older node has them, or records. */
  readonly protocol?: number;
}

/** Gives identifiers that an answer names their positions in it. */
type Name = (identifier: string) => number;

export class ModelNode {
  readonly #events: Events;
  readonly #known: Set<string>;
  readonly #residents: Set<string>;
  /** Of two identifiers and more, by each that they name. */
  readonly #records: Map<string, StandingRecord[]>;
  readonly #names: Pseudonyms;
  readonly #options: ModelOptions;

  constructor(part: Dataset, rules: RulePack, names: Pseudonyms, options: ModelOptions) {
    this.#options = options;
    this.#names = names;
    this.#events = eventsOf(part, rules);
    const records = standing(part);
    this.#known = new Set([...records.flatMap((record) => record.identifiers), ...observedIn(part)]);
    const residents = records.filter((record) => record.provinceOfResidence === record.province);
    this.#residents = new Set(residents.flatMap((record) => record.identifiers));
    const namings = records
      .filter(({ identifiers }) => identifiers.length > 1)
      .flatMap((record) => record.identifiers.map((identifier) => ({ identifier, record })));
    this.#records = new Map(
      [...groupBy(namings, ({ identifier }) => identifier)].map(([identifier, own]) => [
        identifier,
        own.map(({ record }) => record),
      ]),
    );
  }

  answer(question: TraceQuestion): TraceAnswer {
    const named: string[] = [];
    const name: Name = (identifier) => {
      const at = named.indexOf(identifier);
      return at >= 0 ? at : named.push(identifier) - 1;
    };
    const who = keysOf(question.who).map((key) => this.#names.identifierOf(key));
    const met = keysOf(question.met).map((key) => this.#names.identifierOf(key));
    const known = who.map((_, i) => i).filter((i) => this.#known.has(who[i] as string));
    const events = met.flatMap((id, i) => this.#eventsOf(id, i, question, name));
    const isOld = this.#options.protocol === PROTOCOL.links;
    const said = isOld ? this.#linksOf(who, named, name) : this.#recordsOf(who, named, name);
    const flags = (id: string) => {
      const all = flagsOf(KIND_NUMBER[kindOf(id) as IdentifierKind], this.#residents.has(id));
      return isOld ? withoutKind(all) : all;
    };
    return {
      seq: question.seq,
      protocol: this.#options.protocol ?? PROTOCOL.records,
      named: Buffer.from(named.map(pseudonymOf).join(''), 'hex'),
      namedFlags: Uint8Array.from(named, flags),
      known: Uint32Array.from(known),
      knownFlags: Uint8Array.from(known, (i) => flags(who[i] as string)),
      ...said,
      eventOf: Uint32Array.from(events, (e) => e.of),
      eventTo: Uint32Array.from(events, (e) => e.to),
      eventFrom: Uint32Array.from(events, (e) => e.from),
      eventUntil: Uint32Array.from(events, (e) => e.until),
      eventSetting: Uint8Array.from(events, (e) => e.setting),
    };
  }

  /** Records that name one of `who`, and, told ahead, one of `named`, which grows meanwhile. */
  #recordsOf(who: readonly string[], named: readonly string[], name: Name): Said {
    const rows = new Map<string, { members: number[]; tags: string[] }>();
    const say = (identifier: string) => {
      for (const { identifiers, birth } of this.#records.get(identifier) ?? []) {
        const key = JSON.stringify([[...identifiers].sort(), birth]);
        if (rows.has(key)) continue;
        const members = identifiers.map((one) =>
          who.includes(one) ? who.indexOf(one) : who.length + name(one),
        );
        const handles = birth === undefined ? [] : identifiers.filter(isHandle);
        rows.set(key, { members, tags: handles.map((handle) => tagOf(handle, birth)) });
        tagged.push(birth === undefined ? 0 : 1);
      }
    };
    const tagged: number[] = [];
    for (const identifier of who) say(identifier);
    for (let i = 0; this.#options.tellsAhead && i < named.length; i++) say(named[i] as string);
    const said = [...rows.values()];
    const records = {
      size: Uint8Array.from(said, ({ members }) => members.length),
      tagged: Uint8Array.from(tagged),
      members: Uint32Array.from(said.flatMap(({ members }) => members)),
      tags: Buffer.from(said.flatMap(({ tags }) => tags).join(''), 'hex'),
    };
    return { records, ...linkColumns([], []) };
  }

  #linksOf(who: readonly string[], named: readonly string[], name: Name): Said {
    const linked = (identifier: string) => {
      const beside = (this.#records.get(identifier) ?? []).flatMap(({ identifiers }) => identifiers);
      return [...new Set(beside)].filter((other) => other !== identifier);
    };
    const links = who.flatMap((id, i) => linked(id).map((to) => [i, name(to)] as const));
    const ahead: (readonly [number, number])[] = [];
    for (let i = 0; this.#options.tellsAhead && i < named.length; i++) {
      for (const to of linked(named[i] as string)) ahead.push([i, name(to)]);
    }
    return { records: NO_RECORDS, ...linkColumns(links, ahead) };
  }

  #eventsOf(identifier: string, of: number, question: TraceQuestion, name: Name) {
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

type Links = readonly (readonly [of: number, to: number])[];
type Said = { records: AnswerRecords } & ReturnType<typeof linkColumns>;

function linkColumns(links: Links, ahead: Links) {
  return {
    linkOf: Uint32Array.from(links, ([of]) => of),
    linkTo: Uint32Array.from(links, ([, to]) => to),
    namedLinkOf: Uint32Array.from(ahead, ([of]) => of),
    namedLinkTo: Uint32Array.from(ahead, ([, to]) => to),
  };
}

/** Stands for the tag cipher: equal for one handle if year and sex are, else different. */
function tagOf(handle: string, birth: StandingRecord['birth']): string {
  return createHash('md5')
    .update(JSON.stringify([handle, birth]))
    .digest('hex')
    .slice(0, 16);
}

/** Packed 16-byte keys as hex. */
export function keysOf(packed: Uint8Array): string[] {
  const hex = Buffer.from(packed).toString('hex');
  return Array.from({ length: packed.length / 16 }, (_, i) => hex.slice(i * 32, i * 32 + 32));
}
