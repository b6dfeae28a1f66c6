/**
 * What the programs of the federation can try against each other, with real keys on a running federation:
 * every row would succeed without its defence. What is merely malformed is in tests/federation/bad-input*.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TracingService } from '../../shared/gen/truyvet/v1/tracing_pb.ts';
import { createClient } from '../../shared/grpc/client.ts';
import { MESSAGE_LIMIT } from '../../shared/grpc/messages.ts';
import { packUint32 } from '../../shared/grpc/trace-messages.ts';
import { newKey, newTraceId } from '../../shared/ids.ts';
import { MET_PER_QUESTION, WHO_PER_QUESTION } from '../../shared/trace/messages.ts';
import { call } from '../federation/drive.ts';
import {
  byHand,
  channelBetween,
  federation,
  HUB,
  heard,
  hubAs,
  node,
  opening,
  other,
  owner,
  pair,
  pairOf,
  patience,
  refused,
  setUp,
  signedBy,
  tearDown,
  traceId,
  tracingOf,
  wiring,
} from '../federation/intruder.ts';
import { rowsOf } from '../federation/scenario.ts';
import { waitFor } from '../support/wait.ts';
import { countersigned, type Forgery, forgedOpening } from './forged.ts';

beforeAll(setUp);
afterAll(tearDown);

type Pair = { opening: string; countersignature: string };

const NOTHING = new Uint8Array();
const question = (changes: object = {}) => ({
  case: 'question',
  value: { seq: 1_000, who: newKey(16), met: NOTHING, metFrom: NOTHING, metUntil: NOTHING, ...changes },
});
const met = (from: number, until: number) => ({
  ...{ who: NOTHING, met: new Uint8Array(16) },
  ...{ metFrom: packUint32(Uint32Array.of(from)), metUntil: packUint32(Uint32Array.of(until)) },
});
const present = (value: Pair) => ({ case: 'warrant', value });
const stream = (at: string, messages: Iterable<object> | AsyncIterable<object>) =>
  tracingOf(at).trace(wrapped(messages), patience());
async function* wrapped(messages: Iterable<object> | AsyncIterable<object>) {
  for await (const message of messages) yield { message: message as never };
}
const ask = (...messages: object[]) => refused(() => stream(other, messages));
/** Asks what must be answered; the number of answers. */
async function answers(at: string, ...messages: object[]): Promise<number> {
  let whole = 0;
  for await (const { message } of stream(at, messages))
    if (message.case === 'fragment' && message.value.last) whole++;
  return whole;
}

const now = () => Math.floor(Date.now() / 1000);
const fresh = (changes: object = {}) => signedBy(owner, { trace_id: newTraceId(), ...changes });
const amended = (changes: object) => signedBy(owner, { revision: opening.revision + 1, ...changes });
const ownerKey = () => wiring.keys.openingKeyFile(owner);
const forged = async (forgery: Omit<Forgery, 'keyFile'> & { keyFile?: string }): Promise<Pair> => {
  const jws = await forgedOpening(pair.opening, { keyFile: ownerKey(), ...forgery });
  const { trace_id, revision, expires_at } = { ...opening, ...forgery.changes };
  return countersigned(jws, { trace_id, revision, expires_at }, wiring.keys.warrantKeyFile);
};
const auditOf = (participant: { databaseUrl: string }, action: string) =>
  rowsOf<{ entry: { on?: object[]; reason?: string; detail?: Record<string, unknown> } }>(
    participant,
    `SELECT body::jsonb AS entry FROM audit_records WHERE body::jsonb ->> 'action' = '${action}' ORDER BY id`,
  ).then((rows) => rows.map(({ entry }) => entry));

describe('openings and warrants that are not what they seem', () => {
  const DENIED = 'PERMISSION_DENIED';
  test.each<[string, () => Promise<Pair>, string]>([
    [
      'replayed: another opening of a trace',
      async () =>
        pairOf(await signedBy(owner, { index: opening.index.map((c) => ({ ...c, from: c.until })) })),
      `${DENIED} OPENING_REPLAYED`,
    ],
    [
      'altered under its signature',
      async () => {
        const [head, , signature] = pair.opening.split('.');
        const body = Buffer.from(JSON.stringify({ ...opening, max_degree: 1 })).toString('base64url');
        return pairOf([head, body, signature].join('.'));
      },
      `${DENIED} OPENING_BAD_SIGNATURE`,
    ],
    ['widened: a direction more', async () => pairOf(await amended(turned())), `${DENIED} OPENING_ALTERED`],
    [
      'widened: a degree more',
      async () => pairOf(await amended({ max_degree: opening.max_degree === 4 ? 3 : 4 })),
      `${DENIED} OPENING_ALTERED`,
    ],
    [
      'widened: a day more',
      async () => pairOf(await amended({ as_of: opening.as_of + 86_400 })),
      `${DENIED} OPENING_ALTERED`,
    ],
    [
      'widened: open for a minute more',
      async () => pairOf(await amended({ expires_at: opening.expires_at + 60 })),
      `${DENIED} OPENING_ALTERED`,
    ],
    [
      'under a federation key that the node does not hold',
      async () => pairOf(await fresh({ federation_key: 9 })),
      'FAILED_PRECONDITION FEDERATION_KEY_UNKNOWN',
    ],
    [
      'under another OPRF key than the node has tokens of',
      async () => pairOf(await fresh({ generation: 2 })),
      'FAILED_PRECONDITION KEY_GENERATION_MISMATCH',
    ],
    [
      'widened: for another purpose',
      async () => pairOf(await amended({ purpose: 'policing' })),
      `${DENIED} OPENING_ALTERED`,
    ],
    [
      'widened: open for a year',
      async () => pairOf(await fresh({ expires_at: now() + 365 * 86_400 })),
      'INVALID_ARGUMENT OPEN_TOO_LONG',
    ],
    [
      'expired, with a countersignature that has not',
      async () => pairOf(await fresh({ expires_at: now() - 1 }), { expires_at: now() + 60 }),
      `${DENIED} OPENING_EXPIRED`,
    ],
    [
      'countersigned until yesterday',
      async () => pairOf(pair.opening, { expires_at: now() - 86_400 }),
      `${DENIED} WARRANT_EXPIRED`,
    ],
    [
      'mis-addressed: countersigned for another trace',
      async () => pairOf(pair.opening, { trace_id: newTraceId() }),
      `${DENIED} WARRANT_MISMATCH`,
    ],
    [
      'mis-addressed: countersigned for another opening',
      async () => ({ ...pair, opening: await fresh() }),
      `${DENIED} WARRANT_MISMATCH`,
    ],
    [
      'mis-addressed: countersigned for other words of the same revision',
      async () => ({ ...pair, opening: await signedBy(owner, { as_of: opening.as_of + 1 }) }),
      `${DENIED} WARRANT_MISMATCH`,
    ],
    [
      'without a province: the hub signs for it',
      () => forged({ changes: { trace_id: newTraceId() }, keyFile: wiring.keys.warrantKeyFile }),
      `${DENIED} OPENING_BAD_SIGNATURE`,
    ],
    [
      'without a province: the hub signs for itself',
      () => forged({ changes: { province: 'hub' as never }, keyFile: wiring.keys.warrantKeyFile }),
      `${DENIED} OPENING_UNKNOWN_PROVINCE`,
    ],
    [
      'of a province that another one poses as',
      () => forged({ changes: { trace_id: newTraceId() }, keyFile: wiring.keys.openingKeyFile(other) }),
      `${DENIED} OPENING_BAD_SIGNATURE`,
    ],
    [
      'of a trace that another province opened',
      async () => pairOf(await signedBy(other, { revision: 9 })),
      `${DENIED} OPENING_NOT_YOURS`,
    ],
    [
      'with a header that says more',
      () => forged({ header: { jku: 'https://example.org/keys' } }),
      'INVALID_ARGUMENT OPENING_MALFORMED',
    ],
    [
      'of another type',
      () => forged({ header: { typ: 'truyvet-warrant' } }),
      'INVALID_ARGUMENT OPENING_MALFORMED',
    ],
    ['that say more', () => forged({ changes: { everything: true } }), 'INVALID_ARGUMENT OPENING_MALFORMED'],
  ])('%s', async (_, make, is) => {
    const presented = await make();
    expect(await ask(present(presented), question())).toMatchObject({ is });
    const delivery = { warrant: presented, traceId, seq: 1 };
    expect(await refused(() => tracingOf(other).assign(delivery, patience()))).toMatchObject({ is });
  });

  const turned = () => ({ direction: opening.direction === 'forward' ? 'backward' : 'forward' });

  test('two first openings of a trace at once: one of them is the second', async () => {
    const trace_id = newTraceId();
    const pairs = await Promise.all(
      [1, 2, 3, 4].map(async (hour) =>
        pairOf(await signedBy(owner, { trace_id, as_of: opening.as_of + hour * 3_600 })),
      ),
    );
    const outcomes = await Promise.allSettled(pairs.map((one) => answers(other, present(one), question())));
    const refusals = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason.reason] : []));
    expect(refusals).toEqual(Array(3).fill('OPENING_REPLAYED'));
  });

  test('a refusal is on the record of whoever refused, with the trace that was claimed', async () => {
    await ask(present(await pairOf(await signedBy(other, { revision: 9 }))), question());
    expect(await auditOf(federation.node(other), 'warrant.refused')).toContainEqual(
      expect.objectContaining({ reason: 'OPENING_NOT_YOURS', on: [{ trace: traceId }] }),
    );
  });
});

describe('programs that pose as others', () => {
  test('a node does not take the place of the hub, nor the hub that of a node', async () => {
    const asNode = () => tracingOf(other, node(owner)).trace(wrapped([present(pair)]), patience());
    expect(await refused(asNode)).toMatchObject({ is: 'PERMISSION_DENIED PEER_NOT_ALLOWED' });
    const asHub = () => hubAs(HUB).openTrace({ opening: pair.opening }, patience());
    expect(await refused(asHub)).toMatchObject({ is: 'PERMISSION_DENIED PEER_NOT_ALLOWED' });
  });

  test.each([
    ['the hub', () => HUB],
    ['another node', () => node(owner)],
  ])('a node that answers in the place of %s is not spoken to', async (_, posed) => {
    // The listener is that of `other`; who calls expects somebody else there.
    const channel = channelBetween({ from: node(owner), to: node(other), expecting: posed() });
    const client = createClient(TracingService, channel);
    const soon = { ...patience(), deadlineMs: 2_000 };
    const failure = await heard(() => client.trace(wrapped([present(pair)]), soon));
    expect(failure.is).toMatch(/UNAVAILABLE|DEADLINE_EXCEEDED/);
  });

  test.each<[string, () => Promise<string>, string]>([
    ['another province’s opening', async () => pair.opening, 'PERMISSION_DENIED OPENING_NOT_YOURS'],
    [
      'an opening of its own in another’s name',
      async () => (await forged({ keyFile: wiring.keys.openingKeyFile(other) })).opening,
      'PERMISSION_DENIED OPENING_BAD_SIGNATURE',
    ],
    [
      'an amendment of another’s trace',
      async () => signedBy(other, { revision: 1 }),
      'PERMISSION_DENIED OPENING_NOT_YOURS',
    ],
  ])('a node that brings the hub %s', async (_, make, is) => {
    const jws = await make();
    expect(await refused(() => hubAs(node(other)).openTrace({ opening: jws }, patience()))).toMatchObject({
      is,
    });
    const entries = await auditOf(federation.hub, 'openings.refused');
    expect(entries.map(({ reason }) => reason)).toContain(is.split(' ')[1]);
  });
});

describe('a hub that asks more than it may', () => {
  test('without any opening', async () => {
    expect(await ask(question())).toMatchObject({ is: 'PERMISSION_DENIED NO_WARRANT' });
    const reasons = (await auditOf(federation.node(other), 'question.refused')).map(({ reason }) => reason);
    expect(reasons).toContain('NO_WARRANT');
  });

  test.each<[string, () => object, string]>([
    ['a second before the opening’s window', () => met(windowFrom() - 1, windowFrom()), 'PERMISSION_DENIED'],
    ['a second after it', () => met(opening.as_of - 1, opening.as_of + 1), 'PERMISSION_DENIED'],
    ['all of time', () => met(0, 0xffff_ffff), 'PERMISSION_DENIED'],
    ['one pseudonym too many', () => ({ who: newKey((WHO_PER_QUESTION + 1) * 16) }), 'INVALID_ARGUMENT'],
    ['one window too many', () => windows(MET_PER_QUESTION + 1), 'INVALID_ARGUMENT'],
  ])('about %s', async (_, make, code) => {
    const failure = await ask(present(pair), question(make()));
    const reason = code === 'PERMISSION_DENIED' ? 'QUESTION_OUTSIDE_OPENING' : 'QUESTION_TOO_LARGE';
    expect(failure).toMatchObject({ is: `${code} ${reason}` });
  });

  const windowFrom = () => Math.min(...opening.index.map(({ from }) => from));
  const windows = (rows: number) => ({
    ...{ who: NOTHING, met: newKey(rows * 16) },
    ...{ metFrom: new Uint8Array(rows * 4), metUntil: new Uint8Array(rows * 4) },
  });

  test('under a number that was another question’s', async () => {
    const [asked] = await rowsOf<{ seq: number }>(
      federation.node(other),
      `SELECT min(seq) AS seq FROM answered_questions WHERE trace_id = '${traceId}'`,
    );
    const again = question({ seq: asked?.seq });
    expect(await ask(present(pair), again)).toMatchObject({ is: 'PERMISSION_DENIED QUESTION_REPLACED' });
  });

  test('on a stream that outlasts the opening', async () => {
    const expires_at = now() + 2;
    const short = await pairOf(await fresh({ expires_at }));
    async function* slowly() {
      yield present(short);
      yield question({ seq: 1 });
      await waitFor('the opening to expire', async () => now() >= expires_at);
      yield question({ seq: 2 });
    }
    const failure = await heard(() => stream(other, slowly()));
    expect(failure).toMatchObject({ is: 'PERMISSION_DENIED OPENING_EXPIRED' });
    const counted = await rowsOf(
      federation.node(other),
      `SELECT seq FROM answered_questions WHERE trace_id = '${(await openingOf(short)).trace_id}'`,
    );
    expect(counted).toEqual([{ seq: 1 }]);
  });

  const openingOf = async ({ opening: jws }: Pair): Promise<{ trace_id: string }> =>
    JSON.parse(Buffer.from(jws.split('.')[1] as string, 'base64url').toString());

  test('with another trace’s stream', async () => {
    const second = await pairOf(await fresh());
    const failure = await heard(() => stream(other, [present(pair), present(second), question()]));
    expect(failure).toMatchObject({ is: 'INVALID_ARGUMENT WARRANT_MISMATCH' });
  });

  test('in a message without an end', async () => {
    const path = '/truyvet.v1.TracingService/Assign';
    const bytes = Buffer.alloc(MESSAGE_LIMIT + 1);
    const failure = await byHand({ to: node(other), from: HUB, path, bytes, deadline: Date.now() + 10_000 });
    expect(failure).toMatchObject({ code: 8 });
  });

  test('in a stream without an end, that asks nothing', async () => {
    async function* idle() {
      yield present(pair);
      await new Promise<void>(() => undefined);
    }
    const soon = { ...patience(), deadlineMs: 1_000 };
    const failure = await heard(() => tracingOf(other).trace(wrapped(idle()), soon));
    expect(failure.is).toContain('DEADLINE_EXCEEDED');
    // The node is as well as before.
    expect(await answers(other, present(await pairOf(await fresh())), question())).toBe(1);
  });

  test('of a trace that its province has closed, at that province', async () => {
    const [mine] = await rowsOf<{ id: string }>(federation.node(owner), 'SELECT id FROM traces LIMIT 1');
    expect(mine?.id).toBe(traceId);
    await call(federation.node(owner), `/v1/traces/${traceId}/close`, { method: 'POST' });
    const failure = await refused(() => stream(owner, [present(pair), question({ seq: 2_000 })]));
    expect(failure).toMatchObject({ is: 'FAILED_PRECONDITION TRACE_CLOSED' });
    const reopened = () => hubAs(node(owner)).openTrace({ opening: pair.opening }, patience());
    const closed = async () => (await heard(reopened)).is === 'FAILED_PRECONDITION TRACE_CLOSED';
    await waitFor('the hub to have closed it', closed);
  });
});
