/**
 * What an answer may not say, fault by fault, in the columns of both protocols; what it says rightly passes.
 */
import { describe, expect, it, test } from 'vitest';
import { answerFault } from './answer-fault.ts';
import { flagsOf, type IdentifierKind, KIND_NUMBER } from './identifier-flags.ts';
import { type AnswerRecords, NO_RECORDS, PROTOCOL, type TraceAnswer } from './messages.ts';

const T = 1_623_258_000;
const flags = (...kinds: IdentifierKind[]) =>
  Uint8Array.from(kinds, (kind) => flagsOf(KIND_NUMBER[kind], false));
const NO_LINKS = {
  linkOf: new Uint32Array(),
  linkTo: new Uint32Array(),
  namedLinkOf: new Uint32Array(),
  namedLinkTo: new Uint32Array(),
};

/**
 * To a question of who 0 and 1 are and whom one other met. Known is who 1, a phone; named are a cccd, an app
 * (both beside the phone, in a record with birth year and sex), an insurance card (in one without) and a
 * passport that was met.
 */
const SAID: TraceAnswer = {
  seq: 1,
  protocol: PROTOCOL.records,
  named: new Uint8Array(4 * 16),
  namedFlags: flags('cccd', 'app', 'insurance', 'passport'),
  known: Uint32Array.of(1),
  knownFlags: flags('phone'),
  records: {
    size: Uint8Array.of(3, 2),
    tagged: Uint8Array.of(1, 0),
    members: Uint32Array.of(2, 1, 3, 3, 4),
    tags: new Uint8Array(16),
  },
  ...NO_LINKS,
  eventOf: Uint32Array.of(0),
  eventTo: Uint32Array.of(3),
  eventFrom: Uint32Array.of(T),
  eventUntil: Uint32Array.of(T + 60),
  eventSetting: Uint8Array.of(254),
};

/** The same in links, as far as they can say it. */
const OLD: TraceAnswer = {
  ...SAID,
  protocol: PROTOCOL.links,
  namedFlags: Uint8Array.of(1, 0, 2, 0),
  knownFlags: Uint8Array.of(0),
  records: NO_RECORDS,
  linkOf: Uint32Array.of(1, 1),
  linkTo: Uint32Array.of(0, 1),
  namedLinkOf: Uint32Array.of(1),
  namedLinkTo: Uint32Array.of(2),
};

type Changes = Partial<Omit<TraceAnswer, 'records'>> & { readonly records?: Partial<AnswerRecords> };

function faultOf(answer: TraceAnswer, { records, ...changes }: Changes): string | undefined {
  return answerFault({ ...answer, ...changes, records: { ...answer.records, ...records } }, 2, 1);
}

describe('an answer', () => {
  it('of either protocol passes', () => {
    expect([faultOf(SAID, {}), faultOf(OLD, {})]).toEqual([undefined, undefined]);
  });

  it('that knows nobody passes', () => {
    const nothing = new Uint32Array();
    const events = { eventOf: nothing, eventTo: nothing, eventFrom: nothing, eventUntil: nothing };
    const flagless = { namedFlags: new Uint8Array(), knownFlags: new Uint8Array(), known: nothing };
    const silent = { ...SAID, ...events, ...flagless, named: new Uint8Array(), records: NO_RECORDS };
    expect(answerFault({ ...silent, eventSetting: new Uint8Array() }, 2, 1)).toBeUndefined();
    expect(answerFault({ ...silent, eventSetting: new Uint8Array() }, 0, 0)).toBeUndefined();
  });

  test.each<[string, string, Changes]>([
    ['of a protocol to come', 'protocol', { protocol: 3 }],
    ['whose names are cut', 'named', { named: new Uint8Array(4 * 16 - 1) }],
    ['without flags for its names', 'named_flags', { namedFlags: flags('cccd') }],
    ['that knows a position outside the question', 'known', { known: Uint32Array.of(2) }],
    ['with known positions but no flags', 'known_flags', { knownFlags: new Uint8Array() }],
    ['with events of nobody', 'event_of', { eventOf: Uint32Array.of(1) }],
    ['with an event with nobody', 'event_to', { eventTo: Uint32Array.of(4) }],
    ['with an event that ends before it begins', 'event_until', { eventUntil: Uint32Array.of(T - 1) }],
    ['with an event that ends when it begins', 'event_until', { eventUntil: Uint32Array.of(T) }],
    ['with an event without a beginning', 'eventFrom', { eventFrom: new Uint32Array() }],
    ['with an event without an end', 'eventUntil', { eventUntil: new Uint32Array() }],
    ['with an event without a setting', 'eventSetting', { eventSetting: new Uint8Array() }],
    ['with an unknown setting', 'event_setting', { eventSetting: Uint8Array.of(31) }],
    ['with the setting 0', 'event_setting', { eventSetting: Uint8Array.of(0) }],
  ])('%s is refused, of either protocol', (_, field, changes) => {
    expect(faultOf(SAID, changes)).toMatch(new RegExp(`^${field}: `));
    expect(faultOf(OLD, changes)).toMatch(new RegExp(`^${field}: `));
  });
});

describe('an answer of records', () => {
  const UNTAGGED = { tagged: new Uint8Array(2), tags: new Uint8Array() };
  const tooMany = Uint32Array.of(2, 1, 3, 3, 6);
  test.each<[string, string, Changes]>([
    ['with a name of no kind', 'named_flags', { namedFlags: Uint8Array.of(5, 24, 0, 12) }],
    ['with a kind to come', 'named_flags', { namedFlags: Uint8Array.of(5, 24, 28, 12) }],
    ['with a cccd that is none', 'named_flags', { namedFlags: Uint8Array.of(5, 25, 16, 12) }],
    ['with a kind cccd that is not marked', 'named_flags', { namedFlags: Uint8Array.of(4, 24, 16, 12) }],
    ['with bits of no meaning', 'known_flags', { knownFlags: Uint8Array.of(20 | 32) }],
    ['with links', 'links', { linkOf: Uint32Array.of(1), linkTo: Uint32Array.of(0) }],
    ['with links of names', 'links', { namedLinkTo: Uint32Array.of(0) }],
    ['with a record of one', 'record_size', { records: { size: Uint8Array.of(4, 1) } }],
    ['with a record of none', 'record_size', { records: { size: Uint8Array.of(5, 0) } }],
    ['with fewer members', 'record_members', { records: { size: Uint8Array.of(3, 3) } }],
    ['with more members', 'record_members', { records: { size: Uint8Array.of(2, 2) } }],
    ['with a record more', 'record_tagged', { records: { size: Uint8Array.of(3, 2, 2) } }],
    ['with half a birth', 'record_tagged', { records: { tagged: Uint8Array.of(2, 0) } }],
    ['with a member outside', 'record_members', { records: { members: tooMany } }],
    [
      'with a member that it does not know',
      'record_members',
      { records: { members: Uint32Array.of(2, 0, 3, 3, 4) } },
    ],
    ['with one twice in a record', 'record_members', { records: { members: Uint32Array.of(2, 1, 1, 3, 4) } }],
    [
      'with two cccd in a record',
      'record_members',
      { namedFlags: flags('cccd', 'cccd', 'insurance', 'passport') },
    ],
    ['without a tag', 'record_tags', { records: { tags: new Uint8Array(8) } }],
    ['with half a tag', 'record_tags', { records: { tags: new Uint8Array(12) } }],
    ['with a tag of a number', 'record_tags', { records: { tags: new Uint8Array(24) } }],
    ['with tags of a record without birth', 'record_tags', { records: { tagged: Uint8Array.of(1, 1) } }],
    // the insurance card stands alone, and the passport that nobody met
    [
      'with a name that no record reaches',
      'named',
      { records: { size: Uint8Array.of(3), tagged: Uint8Array.of(1), members: Uint32Array.of(2, 1, 3) } },
    ],
    ['with a name that nobody met', 'named', { eventTo: Uint32Array.of(1) }],
    [
      'with records that hang together and on nobody',
      'named',
      { records: { ...UNTAGGED, members: Uint32Array.of(2, 3, 4, 3, 4) } },
    ],
  ])('%s is refused', (_, field, changes) => {
    expect(faultOf(SAID, changes)).toMatch(new RegExp(`^${field}: `));
  });
});

describe('an answer of links', () => {
  test.each<[string, string, Changes]>([
    ['with kinds', 'named_flags', { namedFlags: flags('cccd', 'app', 'insurance', 'passport') }],
    ['with records', 'records', { records: SAID.records }],
    ['with a link of a position outside', 'link_of', { linkOf: Uint32Array.of(1, 2) }],
    ['with a link to nobody', 'link_to', { linkTo: Uint32Array.of(0, 4) }],
    ['with half a link', 'link_to', { linkOf: Uint32Array.of(1) }],
    ['with a link of names outside', 'named_link_of', { namedLinkOf: Uint32Array.of(4) }],
    ['with a link to names outside', 'named_link_to', { namedLinkTo: Uint32Array.of(4) }],
    ['with half a link of names', 'named_link_to', { namedLinkTo: new Uint32Array() }],
    ['with a name that no link reaches', 'named', { namedLinkTo: Uint32Array.of(0) }],
  ])('%s is refused', (_, field, changes) => {
    expect(faultOf(OLD, changes)).toMatch(new RegExp(`^${field}: `));
  });
});
