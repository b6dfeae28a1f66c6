/**
 * Writers side by side: those of different people do not wait for each other, those of the same people leave
 * what one after the other would have left, and nobody hears of a deadlock.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBreakGlass } from '../../node/desk/break-glass/operations.ts';
import type { ImportKind } from '../../node/records/intake/rows.ts';
import { type ImportRunCtx, STORES } from '../../node/records/intake/store.ts';
import { prepareRecords } from '../../node/records/people/preparing.ts';
import { admitKeyRing, switchGeneration } from '../../node/sealing/operations.ts';
import { resealAll } from '../../node/sealing/reseal.ts';
import type { Step } from '../../shared/acts/act.ts';
import { systemClock } from '../../shared/clock.ts';
import { openDatabase, withTransaction } from '../../shared/db/database.ts';
import { createLogger } from '../../shared/log.ts';
import { personWith } from '../support/callers.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { extent } from '../support/extent.ts';
import { testDataKeys, testKeyRing } from '../support/sealed.ts';
import {
  type Batch,
  forget,
  HEADERS,
  makeGate,
  run,
  runTogether,
  type State,
  slowDown,
  stateOf,
} from './imports-concurrent-fixture.ts';
import { CALLER, intakeOn } from './imports-fixture.ts';

let database: TestDatabase;
let intake: ReturnType<typeof intakeOn>;
beforeAll(async () => {
  database = await createTestDatabase('node');
  intake = intakeOn(openDatabase(database.url, { max: 8, name: 'concurrent' }), testDataKeys());
  await prepareRecords({ ...intake.ctx, logger: createLogger('test', 'silent') });
  await makeGate(intake);
});
afterAll(async () => {
  await intake.db[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

const KINDS = ['persons', 'places', 'check-ins', 'encounters'] as const;
const phone = (block: number, n: number) => `phone:+8491${block}00000${n}`;

/** A file about people (and, for places, places) of `block` alone. */
function batchOf(kind: ImportKind, block: number): Batch {
  const lines: Record<ImportKind, string[]> = {
    persons: [
      `${phone(block, 1)} cmnd:00000000${block},Người,24,Hộ ${block}`,
      `${phone(block, 2)},,,Hộ ${block}`,
    ],
    places: [`P${block},Quán,cafe`],
    'check-ins': [`${phone(block, 1)},P,2021-05-1${block}T08:00:00Z,,24`],
    encounters: [`${phone(block, 1)},${phone(block, 3)},2021-05-20T08:00:00Z,2021-05-20T09:00:00Z,`],
  };
  return { kind, lines: lines[kind] };
}

/** An import about block 1 that has written everything it will; it commits when disposed of. */
async function holdOpen(kind: ImportKind): Promise<AsyncDisposable> {
  let commit: () => void = () => undefined;
  let written: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    commit = resolve;
  });
  const atGate = new Promise<void>((resolve) => {
    written = resolve;
  });
  const step: Step = (_asked, work) =>
    withTransaction(intake.db, async (tx) => {
      const done = await work(tx);
      written();
      await gate;
      return done;
    });
  const ctx: ImportRunCtx = { ...intake.ctx, step, created: intake.ctx.quota.countOf(CALLER, 'imports') };
  const rest = { record: null, born_on: null, sex: null, ward: null, address: null, capacity: null };
  const stores = {
    persons: () =>
      STORES.persons(ctx, [
        {
          ...rest,
          identifiers: [phone(1, 1), 'cmnd:000000001'],
          name: 'X',
          province: '24',
          household: 'Hộ 1',
        },
      ]),
    places: () =>
      STORES.places(ctx, [{ ...rest, place: 'P1', name: 'Quán', kind: 2, latitude: null, longitude: null }]),
    'check-ins': () =>
      STORES['check-ins'](ctx, [
        { identifier: phone(1, 1), place: 'P', in_at: 1_619_850_000, out_at: null, home_province: '01' },
      ]),
    encounters: () =>
      STORES.encounters(ctx, [
        ...[{ identifier_a: phone(1, 1), identifier_b: phone(1, 3), from: 1, until: 9, rssi: null }],
      ]),
  };
  const running = stores[kind]();
  await Promise.race([atGate, running]);
  return {
    async [Symbol.asyncDispose]() {
      commit();
      await running;
    },
  };
}

/** What `work` gives; fails if it takes as long as who waits for a held transaction. */
async function soon<T>(work: Promise<T>): Promise<T> {
  const done = new AbortController();
  const late = systemClock.sleep(10_000, done.signal).then(() => {
    if (!done.signal.aborted) throw new Error('waited for somebody else');
  });
  const first = await Promise.race([work, late]);
  done.abort();
  return first as T;
}

describe.each(['new', 'known'])('with an import of %s people held open', (age) => {
  beforeAll(async () => {
    await forget(intake);
    await run(intake, { kind: 'places', lines: ['P,Cổng,market'] });
    if (age === 'known')
      for (const block of [1, 2]) for (const kind of KINDS) await run(intake, batchOf(kind, block));
  });

  it.each(KINDS)('(%s), everybody else goes on', async (held) => {
    await using _held = await holdOpen(held);
    for (const kind of KINDS) await soon(run(intake, batchOf(kind, 2)));
    await soon(run(intake, batchOf('persons', 3)));
    await soon(run(intake, { kind: 'persons', lines: [`${phone(2, 1)},Tên khác ${held},01,Hộ 3`] }));
    await soon(run(intake, { kind: 'places', lines: [`P2,Quán ${held},market`] }));
    await soon(run(intake, { kind: 'check-ins', lines: [`${phone(2, 1)},P,2021-05-03T08:00:00Z,,`] }));
    await soon(run(intake, { kind: 'case', identifiers: [phone(2, 1), phone(2, 2)] }));
    const glass = { ...intake.ctx, clock: systemClock, province: '24' };
    const request = { reason: 'gọi cho người nhà', area: '216', minutes: 5 };
    await soon(openBreakGlass(glass, personWith(['ward_tracer@07210'], held), request));
  });

  it('a case of the same people does not wait, nor does the same file again', async () => {
    await run(intake, batchOf('persons', 1));
    await using _held = await holdOpen('check-ins');
    await soon(run(intake, batchOf('persons', 1)));
    await soon(run(intake, { kind: 'case', identifiers: [phone(1, 1)] }));
  });
});

describe('while an import is held open', () => {
  it('a rotation of the data keys waits a second at most, and lets the others in again', async () => {
    const ctx = { db: intake.db, clock: systemClock };
    await admitKeyRing(ctx, testKeyRing(1));
    const live = await admitKeyRing(ctx, testKeyRing(2));
    const adopt = () => void intake.dataKeys.adopt(testKeyRing(2), live);
    {
      await using _held = await holdOpen('persons');
      const switched = expect(switchGeneration(ctx, adopt)).rejects;
      await soon(switched.toMatchObject({ reason: 'TRANSACTION_CONFLICT' }));
      expect(intake.dataKeys.sealer.generation).toBe(1);
      await soon(run(intake, batchOf('check-ins', 2)));
    }
    await switchGeneration(ctx, adopt);
    expect(intake.dataKeys.sealer.generation).toBe(2);
  });

  it('what is sealed anew does not wait either, and leaves what is locked for later', async () => {
    await run(intake, batchOf('persons', 1));
    await intake.db.sql`UPDATE identifiers SET key_generation = 1`;
    const old = async () => {
      const rows = await intake.db.sql`SELECT FROM identifiers WHERE key_generation = 1`;
      return rows.length;
    };
    const logger = { error: () => undefined } as never;
    const pass = async () => {
      for await (const _ of resealAll({ db: intake.db, dataKeys: intake.dataKeys, logger }));
    };
    {
      await using _held = await holdOpen('check-ins');
      await soon(pass());
      expect(await old()).toBe(1);
    }
    await pass();
    expect(await old()).toBe(0);
  });
});

describe('writers of the same people', () => {
  const identifier = fc.constantFrom(
    ...[
      'cccd:001090000001',
      'cccd:001190000002',
      'cmnd:000000003',
      'phone:+84912000004',
      'phone:+84912000005',
    ],
  );
  const some = (max: number) => fc.uniqueArray(identifier, { minLength: 1, maxLength: max });
  const oneCccd = some(3).filter((ids) => ids.filter((id) => id.startsWith('cccd')).length < 2);
  const at = fc.nat(5).map((n) => `2021-05-20T0${n}:00:00Z`);
  const word = (...words: string[]) => fc.constantFrom('', ...words);
  const lines = <T extends fc.Arbitrary<unknown>[]>(...cells: T) =>
    fc.array(
      fc
        .tuple(...cells)
        .map((row) => row.map((cell) => (Array.isArray(cell) ? cell.join(' ') : cell)).join()),
      { minLength: 1, maxLength: 4 },
    );
  const batch: fc.Arbitrary<Batch> = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('persons' as const),
        lines: lines(oneCccd, word('An', 'Ba'), word('24', '01'), word('H1', 'H2')),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('check-ins' as const),
        lines: lines(
          identifier,
          fc.constantFrom('P', 'Q'),
          at,
          word('2021-05-20T09:00:00Z'),
          word('24', '01'),
        ),
      }),
    },
    fc.record({
      kind: fc.constant('encounters' as const),
      lines: fc
        .tuple(
          some(2).filter((ids) => ids.length === 2),
          word('-60', '-70'),
        )
        .map(([ids, rssi]) => [`${ids.join()},2021-05-20T08:00:00Z,2021-05-20T09:00:00Z,${rssi}`]),
    }),
    fc.record({
      kind: fc.constant('places' as const),
      lines: lines(fc.constantFrom('P', 'R'), word('Quán', 'Chợ'), fc.constantFrom('cafe', 'market')),
    }),
    fc.record({ kind: fc.constant('case' as const), identifiers: oneCccd }),
  );
  const history: fc.Arbitrary<History> = fc.record({
    before: fc.array(batch, { maxLength: 2 }),
    together: fc.array(batch, { minLength: 2, maxLength: 3 }),
    inTurn: fc.boolean(),
  });

  const persons = (...lines: string[]): Batch => ({ kind: 'persons', lines });
  const scan = (hour: number): Batch => ({
    kind: 'check-ins',
    lines: [`phone:+84912000004,P,2021-05-20T0${hour}:00:00Z,,`],
  });
  /** Histories that come out wrong without one of the locks. */
  const NEEDED: readonly Omit<History, 'inTurn'>[] = [
    { before: [scan(0)], together: [scan(2), scan(1)] },
    { before: [], together: [scan(2), scan(1), scan(0)] },
    {
      before: [scan(0), persons('cmnd:000000003,,,H1')],
      together: [persons('phone:+84912000004,An,24,H1'), persons('phone:+84912000005,Ba,,H1')],
    },
    {
      before: [persons('cmnd:000000003,An,,H1', 'phone:+84912000004,,,H1')],
      together: [persons('cmnd:000000003,,,H2'), persons('phone:+84912000005,,,H1')],
    },
    {
      before: [persons('cmnd:000000003 phone:+84912000004,An,24,')],
      together: [
        persons('cccd:001090000001 cmnd:000000003,,,'),
        persons('cccd:001190000002 phone:+84912000004,Ba,,'),
      ],
    },
    {
      before: [scan(0)],
      together: [persons('phone:+84912000004,An,,'), persons('phone:+84912000004 cmnd:000000003,,24,')],
    },
    {
      before: [],
      together: [
        { kind: 'places', lines: ['P,Quán,cafe'] },
        { kind: 'places', lines: ['P,,market'] },
      ],
    },
    {
      before: [],
      together: [
        { kind: 'places', lines: ['R,Quán,cafe'] },
        { kind: 'places', lines: ['R,,market'] },
      ],
    },
    {
      before: [],
      together: [
        { kind: 'case', identifiers: ['cmnd:000000003'] },
        persons('phone:+84912000004 cmnd:000000003,An,,'),
      ],
    },
  ];

  it('leave what one after the other leaves, and tell tracing as much', async () => {
    await fc.assert(
      fc.asyncProperty(history, async ({ before, together, inTurn }) => {
        await begin(before);
        await runTogether(intake, together, { inTurn });
        const found = await stateOf(intake, await intake.takeHeard());
        const missed: unknown[] = [];
        for (const order of permutations(together)) {
          await begin(before);
          for (const one of order) await run(intake, one);
          const expected = await stateOf(intake, await intake.takeHeard());
          if (agrees(found, expected)) return;
          missed.push(expected);
        }
        // The first order's alone: enough to read.
        expect(found).toEqual(missed[0]);
      }),
      {
        numRuns: extent({ quick: 6, all: 150 }),
        examples: NEEDED.flatMap((one): [History][] => [
          [{ ...one, inTurn: true }],
          [{ ...one, inTurn: false }],
        ]),
      },
    );
  });

  it('never wait in a circle, in whatever order their files name people', async () => {
    await slowDown(intake);
    const people = Array.from({ length: 150 }, (_, i) => 100 + i);
    const shuffled = (seed: number) => [...people].sort((a, b) => ((a * seed) % 509) - ((b * seed) % 509));
    const files = [3, 5, 7].map((seed) =>
      shuffled(seed).map((n) => `phone:+84913000${n} cmnd:000000${n},Người ${seed},24,Hộ ${n % 50}`),
    );
    const scans = [13, 17, 19].map((seed) =>
      shuffled(seed).map((n, i) => `phone:+84913000${n},P,2021-05-20T0${i % 10}:${seed}:00Z,,24`),
    );
    const before = await countDeadlocks();
    for (const known of [false, true]) {
      if (!known) await begin([]);
      // Counted when the connections end.
      await using own = openDatabase(database.url, { max: 6, name: 'own' });
      const { importCsv } = intakeOn(own, intake.dataKeys);
      await Promise.all([
        ...files.map((lines) => importCsv('persons', HEADERS.persons, ...lines)),
        ...scans.map((lines) => importCsv('check-ins', HEADERS['check-ins'], ...lines)),
      ]);
    }
    expect(await countDeadlocks()).toBe(before);
    const state = await stateOf(intake, await intake.takeHeard());
    expect([state.records.length, state.checkIns.length]).toEqual([150, 450]);
  });
});

async function countDeadlocks(): Promise<number> {
  const [row] = await intake.db.sql<{ deadlocks: number }[]>`
    SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()`;
  return row?.deadlocks as number;
}

interface History {
  readonly before: readonly Batch[];
  readonly together: readonly Batch[];
  readonly inTurn: boolean;
}

/** The database with `before` in it and nothing else. */
async function begin(before: readonly Batch[]): Promise<void> {
  await forget(intake);
  await run(intake, { kind: 'places', lines: ['P,,cafe', 'Q,,market'] });
  for (const one of before) await run(intake, one);
  await intake.takeHeard();
}

/** Equal in what is stored; tracing was told at least what it was in `expected`, and as often. */
function agrees(found: State, expected: State): boolean {
  const [{ told, ...one }, { told: least, ...other }] = [found, expected];
  const times = (list: readonly string[], each: string) => list.filter((other) => other === each).length;
  return (
    JSON.stringify(one) === JSON.stringify(other) &&
    least.every((each) => times(told, each) >= times(least, each))
  );
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map((rest) => [item, ...rest]));
}
