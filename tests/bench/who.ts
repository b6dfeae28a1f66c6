/**
 * What an answer to `who` costs a node: 65,536 known phones, each in a record beside a cccd, out of a million
 * identifiers, and as many that nobody knows; processor time a pseudonym. Only measures.
 */
import { buildAnswer } from '../../node/tracing/asking/answer.ts';
import { IdentifierIndex } from '../../node/tracing/asking/identifier-index.ts';
import { newKey } from '../../shared/ids.ts';
import { KIND_NUMBER } from '../../shared/trace/identifier-flags.ts';
import { PROTOCOL } from '../../shared/trace/messages.ts';
import { median } from './median.ts';

const HELD = 1_000_000;
const ASKED = 65_536;
const REPETITIONS = 9;
const BORN_1985 = 1985 * 4 + 1;

/** A Markdown table. */
export function benchWho(): string {
  const index = filled();
  const phones = Int32Array.from({ length: ASKED }, (_, i) => 1 + 2 * ((i * 7) % (HELD / 2)));
  const lines = [
    ['in records', phones, PROTOCOL.records],
    ['in links (protocol 1)', phones, PROTOCOL.links],
    ['of nobody known', new Int32Array(ASKED).fill(-1), PROTOCOL.records],
  ].map(([name, who, protocol]) => {
    const us = microsecondsOf(index, who as Int32Array, protocol as number);
    return `| ${name} | ${us.toFixed(2)} µs |`;
  });
  return ['| who, answered | a pseudonym |', '|---|---|', ...lines].join('\n');
}

/** Persons (1, 2), (3, 4) …: odd ones are phones. */
function filled(): IdentifierIndex {
  const index = new IdentifierIndex();
  const ids = Int32Array.from({ length: HELD }, (_, i) => i + 1);
  const kind = ids.map((id) => (id % 2 === 1 ? KIND_NUMBER.phone : KIND_NUMBER.cccd));
  index.put({ id: ids, token: newKey(HELD * 16), kind });
  index.putRecords({
    record: ids.map((id) => (id + 1) >> 1),
    identifier: ids,
    birth: new Int32Array(HELD).fill(BORN_1985),
    household: new Int32Array(HELD),
    principal: ids.map((id) => id + (id & 1)),
    isResident: new Uint8Array(HELD),
  });
  return index;
}

function microsecondsOf(index: IdentifierIndex, who: Int32Array, protocol: number): number {
  const question = {
    ...{ seq: 1, who: new Uint8Array(who.length * 16), met: new Uint8Array() },
    ...{ metFrom: new Uint32Array(), metUntil: new Uint32Array() },
  };
  const nobody = {
    ...{ row: new Int32Array(), other: new Int32Array(), setting: new Int32Array() },
    ...{ from: new Float64Array(), until: new Float64Array() },
  };
  const times = Array.from({ length: REPETITIONS }, () => {
    const begun = process.cpuUsage();
    buildAnswer(index, { question, who, met: new Int32Array() }, nobody, protocol);
    const { user, system } = process.cpuUsage(begun);
    return (user + system) / who.length;
  });
  return median(times);
}
