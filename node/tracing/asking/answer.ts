/**
 * Builds the columns of an answer from what the node holds. Pure but for the index that it reads; local ids
 * in, tokens out, which the caller turns into pseudonyms of the trace.
 */
import { HOUSEHOLD_SETTING } from '../../../shared/domain/place-kind.ts';
import type { BirthColumns } from '../../../shared/pseudonym/tag-cipher.ts';
import { withoutKind } from '../../../shared/trace/identifier-flags.ts';
import {
  NO_RECORDS,
  PROTOCOL,
  type TraceAnswer,
  type TraceQuestion,
} from '../../../shared/trace/messages.ts';
import { recordsOf } from './answer-records.ts';
import type { IdentifierIndex } from './identifier-index.ts';
import { NamedIdentifiers } from './named-identifiers.ts';
import type { MetColumns } from './queries.ts';

/** A question with its pseudonyms as local ids, -1 where the node does not hold one. */
export interface LocalQuestion {
  readonly question: TraceQuestion;
  readonly who: Int32Array;
  readonly met: Int32Array;
}

/** An answer whose `named` are tokens still, and whose tags are to be made. */
export interface BuiltAnswer {
  readonly answer: TraceAnswer;
  /** Tokens of the handles that have tags, and birth years and sexes of their records, in the tags' order. */
  readonly handles: Uint8Array;
  readonly births: BirthColumns;
  /** Local ids that it would name if they had a token. */
  readonly leftOut: ReadonlySet<number>;
}

/** @param protocol what the asker reads: links or records. */
export function buildAnswer(
  index: IdentifierIndex,
  local: LocalQuestion,
  events: MetColumns,
  protocol: number,
): BuiltAnswer {
  return protocol === PROTOCOL.links ? inLinks(index, local, events) : inRecords(index, local, events);
}

function inRecords(index: IdentifierIndex, local: LocalQuestion, events: MetColumns): BuiltAnswer {
  const named = new NamedIdentifiers(local.who.length);
  const met = eventsOf(index, local, events, named);
  const { handles, births, ...records } = recordsOf(index, local.who, named);
  const answer = {
    seq: local.question.seq,
    protocol: PROTOCOL.records,
    named: index.tokensOf(named.ids),
    namedFlags: index.flagsOf(named.ids),
    ...knownOf(index, local.who),
    ...met,
    records: { ...records, tags: NO_RECORDS.tags },
    ...NO_LINKS,
  };
  return { answer, handles: index.tokensOf(handles), births, leftOut: named.leftOut };
}

/** Of an asker of protocol 1. */
function inLinks(index: IdentifierIndex, local: LocalQuestion, events: MetColumns): BuiltAnswer {
  const named = new NamedIdentifiers(local.who.length);
  const links = linksOf(index, local.who, named);
  const met = eventsOf(index, local, events, named);
  const further = linksOfNamed(index, named);
  const known = knownOf(index, local.who);
  const answer = {
    seq: local.question.seq,
    protocol: PROTOCOL.links,
    named: index.tokensOf(named.ids),
    namedFlags: index.flagsOf(named.ids).map(withoutKind),
    known: known.known,
    knownFlags: known.knownFlags.map(withoutKind),
    ...links,
    ...further,
    ...met,
    records: NO_RECORDS,
  };
  const untagged = { handles: new Uint8Array(), births: { year: new Uint16Array(), sex: new Uint8Array() } };
  return { answer, ...untagged, leftOut: named.leftOut };
}

const NO_LINKS = {
  linkOf: new Uint32Array(),
  linkTo: new Uint32Array(),
  namedLinkOf: new Uint32Array(),
  namedLinkTo: new Uint32Array(),
};

function knownOf(index: IdentifierIndex, who: Int32Array): Pick<TraceAnswer, 'known' | 'knownFlags'> {
  let count = 0;
  const known = new Uint32Array(who.length);
  for (let i = 0; i < who.length; i++) if ((who[i] as number) >= 0) known[count++] = i;
  const held = who.filter((id) => id >= 0);
  return { known: known.slice(0, count), knownFlags: index.flagsOf(held) };
}

/**
 * What records name together, as the pairs that protocol 1 has. Records whole, with birth year and sex, are
 * `index.eachRecord`; kinds are `index.kindOf`.
 */
function linksOf(
  index: IdentifierIndex,
  who: Int32Array,
  named: NamedIdentifiers,
): Pick<TraceAnswer, 'linkOf' | 'linkTo'> {
  const of: number[] = [];
  const to: number[] = [];
  for (let i = 0; i < who.length; i++) {
    if ((who[i] as number) < 0) continue;
    index.eachLink(who[i] as number, (other) => {
      if (!mayName(index, named, other)) return;
      of.push(i);
      to.push(named.positionOf(other));
    });
  }
  return { linkOf: Uint32Array.from(of), linkTo: Uint32Array.from(to) };
}

/** Links of all that the answer names, and of what they name in turn: the hub would ask next. */
function linksOfNamed(
  index: IdentifierIndex,
  named: NamedIdentifiers,
): Pick<TraceAnswer, 'namedLinkOf' | 'namedLinkTo'> {
  const of: number[] = [];
  const to: number[] = [];
  for (let i = 0; i < named.ids.length; i++) {
    index.eachLink(named.ids[i] as number, (other) => {
      if (!mayName(index, named, other)) return;
      of.push(i);
      to.push(named.positionOf(other));
    });
  }
  return { namedLinkOf: Uint32Array.from(of), namedLinkTo: Uint32Array.from(to) };
}

/** Whether it has a token; else it is noted as left out. */
function mayName(index: IdentifierIndex, named: NamedIdentifiers, id: number): boolean {
  const isHeld = index.has(id);
  if (!isHeld) named.leftOut.add(id);
  return isHeld;
}

type EventColumns = Pick<TraceAnswer, 'eventOf' | 'eventTo' | 'eventFrom' | 'eventUntil' | 'eventSetting'>;

function eventsOf(
  index: IdentifierIndex,
  { question, met }: LocalQuestion,
  events: MetColumns,
  named: NamedIdentifiers,
): EventColumns {
  const housemates = housematesOf(index, question, met).filter(([, mate]) => mayName(index, named, mate));
  const length = events.row.length + housemates.length;
  const columns: EventColumns = {
    eventOf: new Uint32Array(length),
    eventTo: new Uint32Array(length),
    eventFrom: new Uint32Array(length),
    eventUntil: new Uint32Array(length),
    eventSetting: new Uint8Array(length),
  };
  let n = 0;
  for (let i = 0; i < events.row.length; i++) {
    const other = events.other[i] as number;
    if (!mayName(index, named, other)) continue;
    columns.eventOf[n] = events.row[i] as number;
    columns.eventTo[n] = named.positionOf(other);
    columns.eventFrom[n] = events.from[i] as number;
    columns.eventUntil[n] = events.until[i] as number;
    columns.eventSetting[n++] = events.setting[i] as number;
  }
  for (const [row, other] of housemates) {
    columns.eventOf[n] = row;
    columns.eventTo[n] = named.positionOf(other);
    columns.eventSetting[n++] = HOUSEHOLD_SETTING;
  }
  return n === length ? columns : shorten(columns, n);
}

function housematesOf(
  index: IdentifierIndex,
  { metFrom, metUntil }: TraceQuestion,
  met: Int32Array,
): [row: number, other: number][] {
  const housemates: [number, number][] = [];
  for (let i = 0; i < met.length; i++) {
    if ((met[i] as number) < 0 || (metFrom[i] as number) >= (metUntil[i] as number)) continue;
    index.eachHousemate(met[i] as number, (other) => void housemates.push([i, other]));
  }
  return housemates;
}

function shorten(columns: EventColumns, length: number): EventColumns {
  return {
    eventOf: columns.eventOf.slice(0, length),
    eventTo: columns.eventTo.slice(0, length),
    eventFrom: columns.eventFrom.slice(0, length),
    eventUntil: columns.eventUntil.slice(0, length),
    eventSetting: columns.eventSetting.slice(0, length),
  };
}
