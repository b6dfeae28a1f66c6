/**
 * The graph of a trace as the hub shows it: a phone that several share is marked as one.
 */
import { expect, it } from 'vitest';
import { flagsOf, type IdentifierKind, KIND_NUMBER } from '../../shared/trace/identifier-flags.ts';
import { PROTOCOL } from '../../shared/trace/messages.ts';
import { TraceState } from '../../shared/trace/trace-state.ts';
import { graphOf } from './graph.ts';

const T = 1_623_258_000;
const key = (n: number) => new Uint8Array(16).fill(n);
const rules = {
  ...{ number: 1, effective_from: '2021-01-01T00:00:00+07:00', infectious_days_before: 2, latent_days: 1 },
  ...{ close_contact_seconds: 900, longest_stay_seconds: 43_200, max_degree: 2, source_days: 14 },
  ...{ trace_open_days: 21, retention_days: 30 },
  ...{ assumed_stay_seconds: { default: 3600 }, weight_percent: { default: 100 } },
};
const index = [{ pseudonym: key(1), from: T, until: T + 86_400 }];
const terms = { direction: 'forward', maxDegree: 1, asOf: T + 864_000, rules, index } as const;

/** The graph of a case of one phone that two records name, each with something else of these kinds. */
function graphOfPhone(kinds: readonly [IdentifierKind, IdentifierKind]) {
  const state = new TraceState(terms);
  for (const question of state.nextQuestions()) state.log(question);
  const none = new Uint32Array();
  const answer = {
    ...{ seq: 1, protocol: PROTOCOL.records, known: Uint32Array.of(0) },
    named: Buffer.concat([key(2), key(3)]),
    namedFlags: Uint8Array.from(kinds, (kind) => flagsOf(KIND_NUMBER[kind], false)),
    knownFlags: Uint8Array.of(flagsOf(KIND_NUMBER.phone, false)),
    records: {
      ...{ size: Uint8Array.of(2, 2), members: Uint32Array.of(0, 1, 0, 2) },
      ...{ tagged: Uint8Array.of(0, 0), tags: new Uint8Array() },
    },
    ...{ linkOf: none, linkTo: none, namedLinkOf: none, namedLinkTo: none },
    ...{ eventOf: none, eventTo: none, eventFrom: none, eventUntil: none, eventSetting: new Uint8Array() },
  };
  state.apply(24, answer, { incarnation: 1, dataVersion: 1 });
  return graphOf(state.view(), [], 10).persons;
}

it('marks a phone that two citizen ids share', () => {
  const [person, ...others] = graphOfPhone(['cccd', 'cccd']);
  expect(others).toEqual([]);
  expect(person).toMatchObject({ sharedHandle: true, links: [], pseudonyms: ['01'.repeat(16)] });
});

it('does not mark the phone of one person', () => {
  const [person] = graphOfPhone(['cmnd', 'cccd']);
  expect(person).toMatchObject({ sharedHandle: false });
  expect(person?.pseudonyms).toHaveLength(3);
});
