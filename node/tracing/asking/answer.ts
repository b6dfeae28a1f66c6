/**
 * Builds the columns of an answer from what the node holds. Pure but for the index that it reads; local ids
 * in, tokens out, which the caller turns into pseudonyms of the trace.
 */
import { HOUSEHOLD_SETTING } from '../../../shared/domain/place-kind.ts';
import {
  NO_RECORDS,
  PROTOCOL,
  type TraceAnswer,
  type TraceQuestion,
} from '../../../shared/trace/messages.ts';
import type { IdentifierIndex } from './identifier-index.ts';
import { NamedIdentifiers } from './named-identifiers.ts';
import type { MetColumns } from './queries.ts';

/** A question with its pseudonyms as local ids, -1 where the node does not hold one. */
export interface LocalQuestion {
  readonly question: TraceQuestion;
  readonly who: Int32Array;
  readonly met: Int32Array;
}

/** An answer whose `named` are tokens still. */
export function buildAnswer(index: IdentifierIndex, local: LocalQuestion, events: MetColumns): TraceAnswer {
  const named = new NamedIdentifiers();
  const known = knownOf(index, local.who);
  const links = linksOf(index, local.who, named);
  const met = eventsOf(index, local, events, named);
  const further = linksOfNamed(index, named);
  return {
    seq: local.question.seq,
    protocol: PROTOCOL.links,
    named: index.tokensOf(named.ids),
    namedFlags: Uint8Array.from(named.ids, (id) => index.flagsOf(id)),
    ...known,
    ...links,
    ...further,
    ...met,
    records: NO_RECORDS,
  };
}

function knownOf(index: IdentifierIndex, who: Int32Array): Pick<TraceAnswer, 'known' | 'knownFlags'> {
  const known: number[] = [];
  for (let i = 0; i < who.length; i++) if ((who[i] as number) >= 0) known.push(i);
  return {
    known: Uint32Array.from(known),
    knownFlags: Uint8Array.from(known, (i) => index.flagsOf(who[i] as number)),
  };
}

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
      of.push(i);
      to.push(named.positionOf(other));
    });
  }
  return { namedLinkOf: Uint32Array.from(of), namedLinkTo: Uint32Array.from(to) };
}

type EventColumns = Pick<TraceAnswer, 'eventOf' | 'eventTo' | 'eventFrom' | 'eventUntil' | 'eventSetting'>;

function eventsOf(
  index: IdentifierIndex,
  { question, met }: LocalQuestion,
  events: MetColumns,
  named: NamedIdentifiers,
): EventColumns {
  const housemates = housematesOf(index, question, met);
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
    // Committed after the question was asked, and without a token yet: its change will ask again.
    if (!index.has(other)) continue;
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
