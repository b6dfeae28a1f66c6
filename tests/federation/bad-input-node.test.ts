/**
 * Promise 3 where it matters most: what the hub (or whoever has its certificate, and even its key) hears of a
 * node when it asks what no province has signed, or what cannot be read; and that nothing is changed by it.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packUint32 } from '../../shared/grpc/trace-messages.ts';
import { newTraceId } from '../../shared/ids.ts';
import {
  federation,
  heard,
  opening,
  other,
  owner,
  pair,
  pairOf,
  patience,
  refused,
  rowCounts,
  setUp,
  signedBy,
  tearDown,
  traceId,
  tracingOf,
  warrantFor,
  wiring,
} from './intruder.ts';
import { rowsOf } from './scenario.ts';

beforeAll(setUp);
afterAll(tearDown);

describe('the hub at a node', () => {
  const question = {
    seq: 1,
    who: new Uint8Array(16),
    met: new Uint8Array(),
    metFrom: new Uint8Array(),
    metUntil: new Uint8Array(),
  };
  const ask = (...messages: object[]) => {
    const requests = messages.map((message) => ({ message: message as never }));
    return refused(() => tracingOf(other).trace(requests, patience()));
  };
  const warrant = (value: object) => ({ case: 'warrant', value });
  const asks = (changes: object = {}) => ({ case: 'question', value: { ...question, ...changes } });
  const met = (from: number, until: number) => ({
    met: new Uint8Array(16),
    metFrom: packUint32(Uint32Array.of(from)),
    metUntil: packUint32(Uint32Array.of(until)),
  });

  test('a question before a warrant', async () => {
    expect(await ask(asks())).toMatchObject({
      is: 'PERMISSION_DENIED NO_WARRANT',
      message: 'a question before a warrant',
    });
  });

  test.each([
    [
      'no text at all',
      async () => ({ opening: '', countersignature: '' }),
      'INVALID_ARGUMENT WARRANT_MALFORMED',
    ],
    [
      'an opening that nobody signed',
      async () => ({ ...pair, opening: 'x.y.z', countersignature: pair.countersignature }),
      'PERMISSION_DENIED WARRANT_MISMATCH',
    ],
    [
      'an opening signed by another province',
      async () => pairOf(await signedBy(owner, { trace_id: newTraceId() }, other)),
      'PERMISSION_DENIED OPENING_BAD_SIGNATURE',
    ],
    [
      'an opening of a province that is not enrolled',
      async () => pairOf(await signedBy('48', { trace_id: newTraceId() }, other)),
      'PERMISSION_DENIED OPENING_UNKNOWN_PROVINCE',
    ],
    [
      'an opening that has expired',
      async () =>
        pairOf(await signedBy(owner, { trace_id: newTraceId(), expires_at: 1000 }), {
          expires_at: 9_999_999,
        }),
      'PERMISSION_DENIED OPENING_EXPIRED',
    ],
    [
      'a warrant that has expired',
      async () => pairOf(pair.opening, { expires_at: 1000 }),
      'PERMISSION_DENIED WARRANT_EXPIRED',
    ],
    [
      'a countersignature by somebody else',
      async () => ({
        ...pair,
        countersignature: await warrantFor(pair.opening, {}, wiring.keys.openingKeyFile(owner)),
      }),
      'PERMISSION_DENIED WARRANT_BAD_SIGNATURE',
    ],
    [
      'a countersignature of another opening',
      async () => ({
        opening: await signedBy(owner, { trace_id: newTraceId() }),
        countersignature: pair.countersignature,
      }),
      'PERMISSION_DENIED WARRANT_MISMATCH',
    ],
    [
      'a second opening of the trace',
      async () => pairOf(await signedBy(owner, { as_of: opening.as_of + 1 })),
      'PERMISSION_DENIED OPENING_REPLAYED',
    ],
    [
      'another province’s opening of the trace',
      async () => pairOf(await signedBy(other, { revision: 1 })),
      'PERMISSION_DENIED OPENING_NOT_YOURS',
    ],
    [
      'an amendment that asks further',
      async () => pairOf(await signedBy(owner, { revision: 1, max_degree: opening.max_degree - 1 })),
      'PERMISSION_DENIED OPENING_ALTERED',
    ],
  ])('%s', async (_, make, is) => {
    const presented = await make();
    expect(await ask(warrant(presented), asks())).toMatchObject({ is });
    const delivery = { warrant: presented, traceId, seq: 1 };
    expect(await refused(() => tracingOf(other).assign(delivery, patience()))).toMatchObject({ is });
  });

  test.each([
    [
      'a window before the opening’s',
      () => met(1000, 2000),
      'PERMISSION_DENIED QUESTION_OUTSIDE_OPENING',
      'met: a window outside the opening',
    ],
    [
      'a window after as_of',
      () => met(opening.as_of - 1, opening.as_of + 1),
      'PERMISSION_DENIED QUESTION_OUTSIDE_OPENING',
      'met: a window outside the opening',
    ],
    [
      'half a pseudonym',
      () => ({ who: new Uint8Array(24) }),
      'INVALID_ARGUMENT MALFORMED_COLUMNS',
      'who: not a multiple of 16 bytes',
    ],
    [
      'columns of different length',
      () => ({ ...met(1, 2), metUntil: new Uint8Array() }),
      'INVALID_ARGUMENT MALFORMED_COLUMNS',
      'met: the columns differ in length',
    ],
    [
      'half an instant',
      () => ({ ...met(1, 2), metFrom: new Uint8Array(3) }),
      'INVALID_ARGUMENT MALFORMED_COLUMNS',
      'met_from: not a multiple of 4 bytes',
    ],
    [
      'number 0',
      () => ({ seq: 0 }),
      'INVALID_ARGUMENT MALFORMED_COLUMNS',
      'seq: must be from 1 to 2,147,483,647',
    ],
    [
      'a number beyond all',
      () => ({ seq: 2 ** 31 }),
      'INVALID_ARGUMENT MALFORMED_COLUMNS',
      'seq: must be from 1 to 2,147,483,647',
    ],
  ])('a question with %s', async (...[_, changes, is, message]) => {
    expect(await ask(warrant(pair), asks(changes()))).toEqual({ is, message });
  });

  test('more than the warrant allows', async () => {
    const poor = await pairOf(pair.opening, { budget: { questions: 1, persons: 1 } });
    expect(await ask(warrant(poor), asks({ seq: 1000 }))).toMatchObject({
      is: 'RESOURCE_EXHAUSTED TRACE_BUDGET',
    });
  });

  test('two traces in one stream', async () => {
    const [row] = await rowsOf<{ n: number }>(
      federation.node(other),
      'SELECT count(*)::int AS n FROM openings',
    );
    const second = await pairOf(await signedBy(owner, { trace_id: newTraceId() }));
    const failure = await heard(() =>
      tracingOf(other).trace(
        [warrant(pair), warrant(second)].map((message) => ({ message: message as never })),
        patience(),
      ),
    );
    expect(failure).toMatchObject({ is: 'INVALID_ARGUMENT WARRANT_MISMATCH' });
    // Both openings are good: the second is another trace’s, which may be asked in a stream of its own.
    const [after] = await rowsOf<{ n: number }>(
      federation.node(other),
      'SELECT count(*)::int AS n FROM openings',
    );
    expect((after?.n ?? 0) - (row?.n ?? 0)).toBeLessThanOrEqual(1);
  });

  const contact = {
    contacts: new Uint8Array(16),
    withdrawn: new Uint8Array(1),
    degree: Uint8Array.of(1),
    firstExposedAt: new Uint8Array(4),
    lastExposedAt: new Uint8Array(4),
    seconds: new Uint8Array(4),
    settings: new Uint8Array(4),
    placeKinds: new Uint8Array(4),
    exposedInCount: Uint8Array.of(1),
    exposedIn: Uint8Array.of(24),
    pseudonymCount: packUint32(Uint32Array.of(1)),
    pseudonyms: new Uint8Array(16),
  };
  test.each([
    [
      'without a warrant',
      { warrant: undefined },
      'PERMISSION_DENIED NO_WARRANT',
      'a delivery without a warrant',
    ],
    [
      'of another trace',
      { traceId: '0'.repeat(32) },
      'PERMISSION_DENIED WARRANT_MISMATCH',
      'warrant: names another trace',
    ],
    ['number 0', { seq: 0 }, 'INVALID_ARGUMENT MALFORMED_COLUMNS', 'seq: must be from 1 to 2,147,483,647'],
    [
      'half a contact',
      { contacts: new Uint8Array(8) },
      'INVALID_ARGUMENT MALFORMED_COLUMNS',
      'contacts: not a multiple of 16 bytes',
    ],
    [
      'a column that is short',
      { degree: new Uint8Array() },
      'INVALID_ARGUMENT MALFORMED_COLUMNS',
      'degree: has the wrong length',
    ],
    [
      'half a number',
      { seconds: new Uint8Array(3) },
      'INVALID_ARGUMENT MALFORMED_COLUMNS',
      'seconds: not a multiple of 4 bytes',
    ],
    [
      'provinces too few',
      { exposedInCount: Uint8Array.of(2) },
      'INVALID_ARGUMENT MALFORMED_COLUMNS',
      'exposedIn: has the wrong length',
    ],
    [
      'pseudonyms too many',
      { pseudonyms: new Uint8Array(32) },
      'INVALID_ARGUMENT MALFORMED_COLUMNS',
      'pseudonyms: has the wrong length',
    ],
    [
      'half a pseudonym',
      { pseudonyms: new Uint8Array(24) },
      'INVALID_ARGUMENT MALFORMED_COLUMNS',
      'pseudonyms: has the wrong length',
    ],
    [
      'an unknown kind of place',
      { placeKinds: new Uint8Array(4).fill(255) },
      'INVALID_ARGUMENT MALFORMED_COLUMNS',
      'placeKinds: no such kind of place: …',
    ],
  ])('a delivery %s', async (...[_, changes, is, message]) => {
    const delivery = { warrant: pair, traceId, seq: 1000, ...contact, ...changes };
    expect(await refused(() => tracingOf(other).assign(delivery, patience()))).toEqual({ is, message });
  });

  test('a delivery ahead of its turn is not applied, and the hub hears where the node stands', async () => {
    const before = await rowCounts();
    const delivery = { warrant: pair, traceId, seq: 1000, ...contact };
    const { applied } = await tracingOf(other).assign(delivery, patience());
    expect(applied).toBeLessThan(1000);
    expect(await rowCounts()).toEqual(before);
  });
});
