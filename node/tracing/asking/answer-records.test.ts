/**
 * The records of an answer against a naive closure, over random records: each row that hangs on what is asked
 * and named, once, and nothing else; and that the hub takes such an answer.
 */
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { createTagCipher, TAG_BYTES } from '../../../shared/pseudonym/tag-cipher.ts';
import { answerFault } from '../../../shared/trace/answer-fault.ts';
import { flagsOf } from '../../../shared/trace/identifier-flags.ts';
import { PROTOCOL } from '../../../shared/trace/messages.ts';
import { recordsOf, type StandingRecords, type UntaggedRecords } from './answer-records.ts';
import { NamedIdentifiers } from './named-identifiers.ts';

interface Row {
  readonly identifiers: readonly number[];
  readonly birth: number;
}

/** Of a local id, so that there are two of each. */
const kindOf = (id: number) => (id % 6) + 1;
const BORN_1985 = 1985 * 4 + 2;

/** Without tokens: identifiers of `without`. */
function standing(rows: readonly Row[], without: readonly number[] = []): StandingRecords {
  return {
    has: (id) => !without.includes(id),
    kindOf,
    eachRecord: (id, visit) => {
      for (const { identifiers, birth } of rows)
        if (identifiers.includes(id)) visit(Int32Array.from(identifiers), birth);
    },
  };
}

/** The rows as text, members by their local ids. */
function readable(
  { size, tagged, members, handles, births }: UntaggedRecords,
  ids: readonly number[],
): string[] {
  let [m, t] = [0, 0];
  return Array.from(size, (count, r) => {
    const own = Array.from(members.subarray(m, m + count), (position) => ids[position] as number);
    m += count;
    if (tagged[r] === 0) return textOf(own, 0);
    const ownHandles = own.filter((id) => kindOf(id) > 4);
    expect(handles.slice(t, t + ownHandles.length)).toEqual(ownHandles);
    const birth = (births.year[t] as number) * 4 + (births.sex[t] as number);
    t += ownHandles.length;
    return textOf(own, birth);
  }).sort();
}

function textOf(identifiers: readonly number[], birth: number): string {
  const isComparable = identifiers.some((id) => kindOf(id) > 4);
  return `${[...identifiers].sort((a, b) => a - b)} ${isComparable ? birth : 0}`;
}

/** All that hangs together with `start`, of two identifiers with a token or more. */
function closure(rows: readonly Row[], start: readonly number[], without: readonly number[]): string[] {
  const held = rows
    .map(({ identifiers, birth }) => ({
      identifiers: identifiers.filter((id) => !without.includes(id)),
      birth,
    }))
    .filter(({ identifiers }) => identifiers.length > 1);
  const reached = new Set(start);
  for (let before = -1; before < reached.size; ) {
    before = reached.size;
    for (const { identifiers } of held)
      if (identifiers.some((id) => reached.has(id))) for (const id of identifiers) reached.add(id);
  }
  const said = held.filter(({ identifiers }) => identifiers.some((id) => reached.has(id)));
  return [...new Set(said.map(({ identifiers, birth }) => textOf(identifiers, birth)))].sort();
}

const row = fc.record({
  identifiers: fc
    .uniqueArray(fc.integer({ min: 0, max: 11 }), { minLength: 1, maxLength: 4 })
    .filter((ids) => ids.filter((id) => kindOf(id) === 1).length <= 1),
  birth: fc.constantFrom(0, BORN_1985, BORN_1985 + 4),
});

test('says each row that hangs on what is asked and named, once, and the hub takes it', () => {
  const few = fc.array(fc.integer({ min: -1, max: 11 }), { maxLength: 4 });
  const property = fc.property(
    fc.array(row, { maxLength: 9 }),
    few,
    few,
    few,
    (rows, asked, met, without) => {
      const who = asked.map((id) => (without.includes(id) ? -1 : id));
      const named = new NamedIdentifiers();
      for (const id of met) if (id >= 0 && !without.includes(id)) named.positionOf(id);
      const events = named.ids.length;
      const said = recordsOf(standing(rows, without), Int32Array.from(who), named);
      expect(readable(said, [...who, ...named.ids])).toEqual(
        closure(
          rows,
          [...who, ...named.ids.slice(0, events)].filter((id) => id >= 0),
          without,
        ),
      );
      expect(faultOf(said, who, named.ids, events)).toBeUndefined();
    },
  );
  fc.assert(property, { numRuns: 2_000, seed: 20211123 });
});

/** As an answer in which the first `events` of `named` were met. */
function faultOf(said: UntaggedRecords, who: readonly number[], named: readonly number[], events: number) {
  const { handles, births, ...columns } = said;
  const flags = (id: number) => flagsOf(kindOf(id), false);
  const known = who.flatMap((id, position) => (id >= 0 ? position : []));
  const none = new Uint32Array();
  const tags = createTagCipher(randomBytes(32), '00'.repeat(16)).tagsOf(
    randomBytes(handles.length * 16),
    births,
  );
  expect(tags).toHaveLength(handles.length * TAG_BYTES);
  const answer = {
    ...{ seq: 1, protocol: PROTOCOL.records, named: new Uint8Array(named.length * 16) },
    namedFlags: Uint8Array.from(named, flags),
    known: Uint32Array.from(known),
    knownFlags: Uint8Array.from(known, (position) => flags(who[position] as number)),
    records: { ...columns, tags },
    ...{ linkOf: none, linkTo: none, namedLinkOf: none, namedLinkTo: none },
    ...{ eventOf: new Uint32Array(events), eventTo: Uint32Array.from({ length: events }, (_, i) => i) },
    eventFrom: new Uint32Array(events),
    eventUntil: new Uint32Array(events).fill(1),
    eventSetting: new Uint8Array(events).fill(254),
  };
  return answerFault(answer, who.length, 1);
}

describe('a record', () => {
  const said = (rows: readonly Row[], who: readonly number[], without: readonly number[] = []) => {
    const named = new NamedIdentifiers();
    return readable(recordsOf(standing(rows, without), Int32Array.from(who), named), [...who, ...named.ids]);
  };

  it('of one identifier, or of one with a token, is not said', () => {
    expect(
      said(
        [
          { identifiers: [4], birth: BORN_1985 },
          { identifiers: [4, 0], birth: 0 },
        ],
        [4],
        [0],
      ),
    ).toEqual([]);
  });

  it('of several cccd, as cases of before may be, links nobody', () => {
    // Of kindOf, 0 and 6 are cccd.
    expect(said([{ identifiers: [0, 6, 4], birth: 0 }], [0, 4])).toEqual([]);
    expect(said([{ identifiers: [0, 4], birth: 0 }], [0, 4])).toHaveLength(1);
  });

  it('of numbers alone has no tag, and is one row with another of its kind', () => {
    const numbers = { identifiers: [0, 3], birth: BORN_1985 };
    expect(said([numbers, { ...numbers, birth: 0 }], [0])).toEqual(['0,3 0']);
  });

  it('of another year is another row', () => {
    const one = { identifiers: [4, 3], birth: BORN_1985 };
    expect(said([one, { ...one, birth: BORN_1985 + 4 }, one, { ...one, birth: 0 }], [4])).toHaveLength(3);
  });
});
