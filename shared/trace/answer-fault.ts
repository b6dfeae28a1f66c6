/**
 * What is wrong with an answer: a faulty (or lying) node must not be able to break the fold, nor name whom
 * its question does not reach. Checks one answer by itself, in time linear in its columns.
 */
import { HOUSEHOLD_SETTING } from '../domain/place-kind.ts';
import { disjointSets, join, rootOf } from './disjoint-sets.ts';
import { CCCD, CCCD_FLAG, isFaulty, isNumber, kindOf, RESIDENT_FLAG } from './identifier-flags.ts';
import { PROTOCOL, TAG_BYTES, type TraceAnswer } from './messages.ts';

/** What an answer must fit. */
interface Asked {
  readonly whoCount: number;
  readonly metCount: number;
  readonly namedCount: number;
}

/**
 * Why an answer cannot be one to a question of `whoCount` and `metCount` rows: the first fault as text, or
 * undefined.
 */
export function answerFault(answer: TraceAnswer, whoCount: number, metCount: number): string | undefined {
  const namedCount = answer.named.length / 16;
  if (!Number.isInteger(namedCount)) return 'named: not a multiple of 16 bytes';
  const asked = { whoCount, metCount, namedCount };
  return (
    flagsFault(answer, asked) ??
    (answer.protocol === PROTOCOL.records ? recordsFault(answer, asked) : linksFault(answer, asked)) ??
    eventsFault(answer, asked) ??
    reachFault(answer, asked)
  );
}

function flagsFault(answer: TraceAnswer, { whoCount, namedCount }: Asked): string | undefined {
  const { protocol, known, knownFlags, namedFlags } = answer;
  if (protocol !== PROTOCOL.links && protocol !== PROTOCOL.records) return 'protocol: unknown';
  if (namedFlags.length !== namedCount) return 'named_flags: wrong length';
  if (knownFlags.length !== known.length) return 'known_flags: wrong length';
  if (outside(known, whoCount)) return 'known: position outside the question';
  const isWrong = protocol === PROTOCOL.records ? isFaulty : hasOtherBits;
  if (namedFlags.some(isWrong)) return 'named_flags: unknown kind';
  if (knownFlags.some(isWrong)) return 'known_flags: unknown kind';
  return undefined;
}

function hasOtherBits(flags: number): boolean {
  return (flags & ~(CCCD_FLAG | RESIDENT_FLAG)) !== 0;
}

function linksFault(answer: TraceAnswer, { whoCount, namedCount }: Asked): string | undefined {
  if (Object.values(answer.records).some(({ length }) => length > 0)) return 'records: not of this protocol';
  if (answer.linkTo.length !== answer.linkOf.length) return 'link_to: wrong length';
  if (answer.namedLinkTo.length !== answer.namedLinkOf.length) return 'named_link_to: wrong length';
  if (outside(answer.linkOf, whoCount)) return 'link_of: position outside the question';
  if (outside(answer.linkTo, namedCount)) return 'link_to: position outside named';
  if (outside(answer.namedLinkOf, namedCount)) return 'named_link_of: position outside named';
  if (outside(answer.namedLinkTo, namedCount)) return 'named_link_to: position outside named';
  return undefined;
}

function recordsFault(answer: TraceAnswer, asked: Asked): string | undefined {
  const { linkOf, linkTo, namedLinkOf, namedLinkTo } = answer;
  if (linkOf.length + linkTo.length + namedLinkOf.length + namedLinkTo.length > 0)
    return 'links: not of this protocol';
  const { size, tagged, members } = answer.records;
  if (tagged.length !== size.length) return 'record_tagged: wrong length';
  if (tagged.some((one) => one > 1)) return 'record_tagged: neither 0 nor 1';
  if (outside(members, asked.whoCount + asked.namedCount)) return 'record_members: position outside';
  let named = 0;
  for (const one of size) {
    if (one < 2) return 'record_size: names nothing together';
    named += one;
  }
  if (named !== members.length) return 'record_members: wrong length';
  return membersFault(answer, asked);
}

/** What records name: all known to the province, nothing twice, one cccd at most, and a tag a handle. */
function membersFault(answer: TraceAnswer, { whoCount, namedCount }: Asked): string | undefined {
  const { size, tagged, members, tags } = answer.records;
  const kinds = new Uint8Array(whoCount + namedCount);
  for (let i = 0; i < answer.known.length; i++)
    kinds[answer.known[i] as number] = kindOf(answer.knownFlags[i] as number);
  for (let i = 0; i < namedCount; i++) kinds[whoCount + i] = kindOf(answer.namedFlags[i] as number);
  const lastRecord = new Int32Array(whoCount + namedCount).fill(-1);
  let [m, handles] = [0, 0];
  for (let r = 0; r < size.length; r++) {
    let cccds = 0;
    for (const end = m + (size[r] as number); m < end; m++) {
      const position = members[m] as number;
      const kind = kinds[position] as number;
      if (kind === 0) return 'record_members: not known to the province';
      if (lastRecord[position] === r) return 'record_members: one twice';
      lastRecord[position] = r;
      if (kind === CCCD && ++cccds > 1) return 'record_members: two cccd';
      if (tagged[r] === 1 && !isNumber(kind)) handles++;
    }
  }
  return tags.length === handles * TAG_BYTES ? undefined : 'record_tags: wrong length';
}

function eventsFault(answer: TraceAnswer, { metCount, namedCount }: Asked): string | undefined {
  const events = answer.eventOf.length;
  for (const column of ['eventTo', 'eventFrom', 'eventUntil', 'eventSetting'] as const) {
    if (answer[column].length !== events) return `${column}: wrong length`;
  }
  if (outside(answer.eventOf, metCount)) return 'event_of: position outside the question';
  if (outside(answer.eventTo, namedCount)) return 'event_to: position outside named';
  for (let i = 0; i < events; i++) {
    const setting = answer.eventSetting[i] as number;
    if (setting === HOUSEHOLD_SETTING) continue;
    if (setting !== 254 && (setting < 1 || setting > 30)) return 'event_setting: unknown';
    if ((answer.eventFrom[i] as number) >= (answer.eventUntil[i] as number))
      return 'event_until: not after from';
  }
  return undefined;
}

/**
 * Whether the answer names somebody whom no chain of its records, links and events leads to from what was
 * asked: a province cannot bring in whom nobody met.
 */
function reachFault(answer: TraceAnswer, { whoCount, namedCount }: Asked): string | undefined {
  // 0 stands for what was asked and whom it met; then come `who` and `named`.
  const sets = disjointSets(1 + whoCount + namedCount);
  sets.fill(0, 1, 1 + whoCount);
  const first = 1 + whoCount;
  for (const position of answer.eventTo) sets[first + position] = 0;
  joinLinked(sets, answer, first);
  for (let n = first; n < sets.length; n++) {
    if (rootOf(sets, n) !== 0) return 'named: not reached from the question';
  }
  return undefined;
}

/** @param first where `named` begins in `sets`. */
function joinLinked(sets: Int32Array, answer: TraceAnswer, first: number): void {
  const { linkOf, linkTo, namedLinkOf, namedLinkTo } = answer;
  for (let i = 0; i < linkOf.length; i++)
    join(sets, 1 + (linkOf[i] as number), first + (linkTo[i] as number));
  for (let i = 0; i < namedLinkOf.length; i++)
    join(sets, first + (namedLinkOf[i] as number), first + (namedLinkTo[i] as number));
  const { size, members } = answer.records;
  let m = 0;
  for (const count of size) {
    const one = 1 + (members[m++] as number);
    for (const end = m + count - 1; m < end; m++) join(sets, one, 1 + (members[m] as number));
  }
}

function outside(positions: Uint32Array, count: number): boolean {
  for (let i = 0; i < positions.length; i++) if ((positions[i] as number) >= count) return true;
  return false;
}
