/**
 * The queue of what leaves the program on a real database: whatever enqueuers, failing receivers, lost
 * connections and several programs do to each other, each item arrives at least once, those of one subject in
 * the order of the commits, none is lost, and what could not be delivered is shown.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../shared/clock.ts';
import { type Database, openDatabase, type Transaction, withTransaction } from '../../shared/db/database.ts';
import { AppError } from '../../shared/errors.ts';
import { createLogger } from '../../shared/log.ts';
import { type OutgoingItem, type OutgoingSender, outgoingChannel } from '../../shared/outgoing/channels.ts';
import { Outgoing } from '../../shared/outgoing/outgoing.ts';
import {
  forgetOutgoing,
  giveBack,
  listOutgoing,
  markDead,
  markSent,
  revive,
  takeItems,
} from '../../shared/outgoing/queries.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { extent } from '../support/extent.ts';
import { waitFor } from '../support/wait.ts';

type Body = { readonly n: number };
type Item = OutgoingItem<Body>;

const LETTERS = outgoingChannel<Body>('letters');
const SUBJECTS = 3;
const WITHIN_MS = 300;
/** Of generated histories: on a machine that does other things meanwhile, as many as there is time for. */
const HISTORIES_MS = 90_000;
const clock = systemClock;
const logger = createLogger('test', 'silent');

let t: TestDatabase;
beforeAll(async () => {
  t = await createTestDatabase('node');
  await t.db.sql`CREATE TABLE subjects (id int PRIMARY KEY, n int NOT NULL)`;
  await t.db.sql`INSERT INTO subjects SELECT g, 0 FROM generate_series(0, ${SUBJECTS - 1}::int) g`;
  await t.db.sql`GRANT ALL ON subjects TO PUBLIC`;
});
afterAll(() => t[Symbol.asyncDispose]());
beforeEach(async () => {
  await t.db.sql`TRUNCATE outgoing`;
  await t.db.sql`UPDATE subjects SET n = 0`;
});

/** One program with a pool of its own; `send` stands for whoever receives. */
class Program implements AsyncDisposable {
  readonly name: string;
  readonly db: Database;
  readonly outgoing: Outgoing;

  constructor(send: OutgoingSender<Body>['send'], options: Partial<OutgoingSender<Body>> = {}, name = 'one') {
    this.name = `outgoing-${name}`;
    this.db = openDatabase(t.programUrl, { max: 2, name: this.name });
    const sender = { channel: LETTERS, withinMs: WITHIN_MS, pausesMs: [1, 1, 1], ...options, send };
    const senders = [sender as OutgoingSender<unknown>];
    this.outgoing = new Outgoing({ db: this.db, clock, logger, senders, everyMs: 20 });
  }

  /** The server ends all its connections: what is under way cannot be noted any more. */
  async lose(): Promise<void> {
    await t.db.sql`
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = ${this.name}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.outgoing[Symbol.asyncDispose]();
    await this.db[Symbol.asyncDispose]();
  }
}

/**
 * How long this process or the database stood still at most. Who stands still longer than a try may take can
 * be overtaken by another program, as is right; nothing about the order follows from such a run.
 */
class Standstill implements AsyncDisposable {
  longestMs = 0;
  #watching = true;
  readonly #watch = this.#look();

  async #look(): Promise<void> {
    while (this.#watching) {
      const sinceMs = clock.nowMs();
      await t.db.sql`SELECT`;
      await clock.sleep(10);
      this.longestMs = Math.max(this.longestMs, clock.nowMs() - sinceMs);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#watching = false;
    await this.#watch;
  }
}

/** Whatever comes of `work`, no program outlives it: the next test's items would be taken by it. */
async function endingAll<T>(programs: readonly Program[], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    await Promise.all(programs.map((program) => program[Symbol.asyncDispose]()));
  }
}

function enqueue(...items: { readonly key: string; readonly subject: string; readonly n: number }[]) {
  const rows = items.map(({ key, subject, n }) => ({ key, subject, body: { n } }));
  return withTransaction(t.db, (tx) => tx.enqueue(LETTERS, rows));
}

const waiting = () => listOutgoing(t.db, { state: 'waiting', limit: 1_000 });
const dead = () => listOutgoing(t.db, { state: 'dead', limit: 1_000 });
const allDone = () => waitFor('everything to be sent', async () => (await waiting()).length === 0);

/** A transaction that enqueues, about a subject whose row it holds. */
type Enqueue = { readonly subject: number; readonly items: number; readonly commit: boolean };
/** What a receiver does with an item: how often it fails first, whether it took it before it failed. */
type Receive = { readonly fails: number; readonly taken: boolean };
type Event = Enqueue | { readonly lose: number } | { readonly restart: number } | { readonly again: number };

const enqueuing: fc.Arbitrary<Enqueue> = fc.record({
  subject: fc.nat(SUBJECTS - 1),
  items: fc.integer({ min: 1, max: 3 }),
  commit: fc.integer({ min: 0, max: 4 }).map((n) => n > 0),
});
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 6, arbitrary: enqueuing },
  { weight: 1, arbitrary: fc.record({ lose: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ restart: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ again: fc.nat(10) }) },
);
const receive: fc.Arbitrary<Receive> = fc.record({
  fails: fc.integer({ min: 0, max: 5 }),
  taken: fc.boolean(),
});

/** Receives for both programs, and knows what arrived in what order. */
class Receiver {
  readonly arrived: Item[] = [];
  readonly #attempts = new Map<string, number>();
  readonly #underWay = new Set<string>();
  readonly #behaviour: readonly Receive[];
  readonly together: string[] = [];

  constructor(behaviour: readonly Receive[]) {
    this.#behaviour = behaviour;
  }

  readonly send = async (item: Item, signal: AbortSignal): Promise<void> => {
    const { subject, key, id } = item;
    if (this.#underWay.has(subject)) this.together.push(key);
    this.#underWay.add(subject);
    try {
      await clock.sleep(id % 4, signal);
      const attempt = (this.#attempts.get(key) ?? 0) + 1;
      this.#attempts.set(key, attempt);
      const { fails, taken } = this.#behaviour[id % this.#behaviour.length] as Receive;
      if (attempt > fails || taken) this.arrived.push(item);
      if (attempt <= fails) throw new AppError('UNAVAILABLE', 'HUB_UNREACHABLE', 'away');
    } finally {
      this.#underWay.delete(subject);
    }
  };
}

/** What was committed of each subject, in the order of its commits. */
type Committed = { readonly keys: string[]; readonly bySubject: number[][] };

async function happen(events: readonly Event[], programs: Program[], receiver: Receiver): Promise<Committed> {
  const keys: string[] = [];
  const enqueuers = new Map<number, Promise<unknown>>();
  const write = async ({ subject, items, commit }: Enqueue) => {
    const mine: string[] = [];
    await withTransaction(t.db, async (tx: Transaction) => {
      const [row] = await tx.sql<{ n: number }[]>`
        UPDATE subjects SET n = n + ${items}::int WHERE id = ${subject} RETURNING n`;
      const first = (row?.n as number) - items;
      const made = Array.from({ length: items }, (_, i) => ({
        ...{ key: `${subject}/${first + i}`, subject: String(subject), body: { n: first + i } },
      }));
      mine.push(...made.map(({ key }) => key));
      await tx.enqueue(LETTERS, made);
      if (!commit) throw new Error('rolled back');
    }).then(
      () => keys.push(...mine),
      () => undefined,
    );
  };
  for (const one of events) {
    // Enqueuers of different subjects are at work at once; those of one wait for its row.
    if ('subject' in one) {
      const before = enqueuers.get(one.subject) ?? Promise.resolve();
      enqueuers.set(one.subject, Promise.all([before, write(one)]));
    } else if ('lose' in one) await programs[one.lose]?.lose();
    else if ('restart' in one) {
      await programs[one.restart]?.[Symbol.asyncDispose]();
      programs[one.restart] = new Program(receiver.send, {}, String(one.restart));
    } else {
      const key = keys[one.again];
      if (key) await enqueue({ key, subject: 'another', n: -1 });
    }
  }
  await Promise.all(enqueuers.values());
  const bySubject = Array.from({ length: SUBJECTS }, (_, subject) =>
    keys.filter((key) => key.startsWith(`${subject}/`)).map((key) => Number(key.split('/')[1])),
  );
  return { keys, bySubject: bySubject.map((numbers) => numbers.sort((a, b) => a - b)) };
}

describe('what leaves the program', () => {
  it('arrives at least once, in order about each subject, whatever happens', async () => {
    const untilMs = clock.nowMs() + HISTORIES_MS;
    const property = fc.asyncProperty(
      fc.array(event, { minLength: 3, maxLength: 40 }),
      fc.array(receive, { minLength: 1, maxLength: 7 }),
      async (events, behaviour) => {
        if (clock.nowMs() > untilMs) return;
        await t.db.sql`TRUNCATE outgoing`;
        await t.db.sql`UPDATE subjects SET n = 0`;
        const receiver = new Receiver(behaviour);
        await using standstill = new Standstill();
        const programs = [0, 1].map((i) => new Program(receiver.send, {}, String(i)));
        const { keys, bySubject } = await endingAll(programs, async () => {
          const committed = await happen(events, programs, receiver);
          await allDone();
          return committed;
        });
        fc.pre(standstill.longestMs < WITHIN_MS);
        const arrived = new Set(receiver.arrived.map(({ key }) => key));
        const lost = new Set((await dead()).map(({ key }) => key));
        // None is lost, none came of nothing, and what is dead is shown.
        expect(keys.filter((key) => !arrived.has(key) && !lost.has(key))).toEqual([]);
        expect([...arrived, ...lost].filter((key) => !keys.includes(key))).toEqual([]);
        expect(receiver.together).toEqual([]);
        for (const [subject, numbers] of bySubject.entries()) {
          const of = receiver.arrived.filter((item) => item.subject === String(subject));
          // Whatever came first of each item: repeats come before the next one.
          expect(of.map(({ body: { n } }) => n)).toEqual(
            [...of.map(({ body: { n } }) => n)].sort((a, b) => a - b),
          );
          expect(numbers.filter((n) => !of.some(({ body }) => body.n === n))).toEqual(
            numbers.filter((n) => lost.has(`${subject}/${n}`) && !arrived.has(`${subject}/${n}`)),
          );
        }
      },
    );
    await fc.assert(property, { numRuns: extent({ quick: 6, all: 60 }) });
  });

  it('is one under one key, and nothing of a transaction that was rolled back', async () => {
    const got: string[] = [];
    await using _program = new Program(async ({ key }) => void got.push(key));
    const item = { key: 'a', subject: 's', n: 1 };
    await withTransaction(t.db, async (tx) => {
      await tx.enqueue(LETTERS, [{ key: 'b', subject: 's', body: { n: 1 } }]);
      throw new Error('rolled back');
    }).catch(() => undefined);
    await Promise.all([enqueue(item), enqueue(item), enqueue(item, item)]);
    await allDone();
    await enqueue(item);
    expect(await waiting()).toEqual([]);
    expect(got).toEqual(['a']);
  });

  it('is sent at once: nobody waits for the next look', async () => {
    const got: string[] = [];
    await using db = openDatabase(t.programUrl, { max: 2, name: 'outgoing' });
    const sender = { channel: LETTERS, send: async ({ key }: Item) => void got.push(key) };
    const senders = [sender as OutgoingSender<unknown>];
    await using _outgoing = new Outgoing({ db, clock, logger, senders, everyMs: 3_600_000 });
    await enqueue({ key: 'a', subject: 's', n: 1 });
    await waitFor('the first', () => got.length === 1);
    await enqueue({ key: 'b', subject: 's', n: 2 });
    await waitFor('the second', () => got.length === 2);
  });

  it('is tried again after a pause, and is a dead letter after the last, which holds up nobody', async () => {
    const tried: [key: string, attempt: number][] = [];
    await using program = new Program(async ({ key, attempt }) => {
      tried.push([key, attempt]);
      if (key === 'a') throw new AppError('UNAVAILABLE', 'HUB_UNREACHABLE', 'away');
    });
    await enqueue({ key: 'a', subject: 's', n: 1 }, { key: 'b', subject: 's', n: 2 });
    await allDone();
    expect(tried).toEqual([
      ['a', 1],
      ['a', 2],
      ['a', 3],
      ['a', 4],
      ['b', 1],
    ]);
    const [letter] = await dead();
    expect(letter).toMatchObject({ key: 'a', tries: 4, failure: 'HUB_UNREACHABLE', channel: 'letters' });
    await waitFor('the warning', () => program.outgoing.warnings().length > 0);
    expect(program.outgoing.warnings()).toEqual(['outgoing: 1 dead letters in letters']);
  });

  it('is a dead letter at once where the same answer would come again', async () => {
    let tries = 0;
    await using _program = new Program(async () => {
      tries++;
      throw new AppError('NOT_FOUND', 'NO_SUCH_PATH', 'nobody there');
    });
    await enqueue({ key: 'a', subject: 's', n: 1 });
    await allDone();
    expect([tries, (await dead()).length]).toEqual([1, 1]);
  });

  it('is given up by a sender that takes too long, and is not taken by another before', async () => {
    let underWay = 0;
    let most = 0;
    const cut: boolean[] = [];
    const send = async (_item: Item, signal: AbortSignal) => {
      most = Math.max(most, ++underWay);
      await clock.sleep(60_000, signal);
      cut.push(signal.aborted);
      underWay--;
    };
    await using _one = new Program(send, { pausesMs: [1] }, 'one');
    await using _two = new Program(send, { pausesMs: [1] }, 'two');
    await enqueue({ key: 'a', subject: 's', n: 1 });
    await allDone();
    expect([most, cut]).toEqual([1, [true, true]]);
    expect(await dead()).toMatchObject([{ failure: 'DEADLINE_EXCEEDED' }]);
  });

  it('of a program that ends is another’s at once, and no try is counted', async () => {
    let began = false;
    const attempts: number[] = [];
    const one = new Program(
      async (_item, signal) => {
        began = true;
        await clock.sleep(60_000, signal);
        throw new Error('cut off');
      },
      { withinMs: 60_000 },
    );
    await enqueue({ key: 'a', subject: 's', n: 1 });
    await waitFor('the first to begin', () => began);
    await one[Symbol.asyncDispose]();
    await using _two = new Program(async ({ attempt }) => void attempts.push(attempt), {}, 'two');
    await allDone();
    expect(attempts).toEqual([1]);
  });

  it('that ends whoever sends it becomes a dead letter, too', async () => {
    await enqueue({ key: 'a', subject: 's', n: 1 });
    // Taken, and never heard of again, as often as it is tried.
    for (let i = 0; i < 4; i++) {
      expect(await takeItems(t.db, 'letters', { limit: 1, leaseMs: 0 })).toHaveLength(1);
    }
    let sent = false;
    await using _program = new Program(async () => {
      sent = true;
    });
    await allDone();
    expect([sent, (await dead())[0]?.failure]).toEqual([false, 'DEADLINE_EXCEEDED']);
  });

  it('that another has taken meanwhile is no longer for the first to settle', async () => {
    await enqueue({ key: 'a', subject: 's', n: 1 });
    const [first] = await takeItems(t.db, 'letters', { limit: 1, leaseMs: 0 });
    const [second] = await takeItems(t.db, 'letters', { limit: 1, leaseMs: 60_000 });
    await markDead(t.db, first as OutgoingItem<unknown>, 'DEADLINE_EXCEEDED');
    await giveBack(t.db, first as OutgoingItem<unknown>);
    expect(await takeItems(t.db, 'letters', { limit: 1, leaseMs: 0 })).toEqual([]);
    await markSent(t.db, second as OutgoingItem<unknown>);
    expect([await waiting(), await dead()]).toEqual([[], []]);
  });

  it('is sent before what waits behind it when a dead letter is tried again', async () => {
    await enqueue({ key: 'a', subject: 's', n: 1 });
    const [taken] = await takeItems(t.db, 'letters', { limit: 1, leaseMs: 60_000 });
    await t.db.sql`UPDATE outgoing SET state = 'dead', ended_at = now()`;
    await enqueue({ key: 'b', subject: 's', n: 2 });
    await withTransaction(t.db, (tx) => revive(tx, taken?.id as number));
    const got: Item[] = [];
    await using _program = new Program(async (item) => void got.push(item));
    await allDone();
    expect(got.map(({ key, attempt }) => [key, attempt])).toEqual([
      ['a', 1],
      ['b', 1],
    ]);
  });

  it('is forgotten a month after its end, and not before', async () => {
    await enqueue({ key: 'old', subject: 's', n: 1 }, { key: 'new', subject: 's', n: 1 });
    await enqueue({ key: 'waits', subject: 's', n: 1 });
    await t.db.sql`UPDATE outgoing SET state = 'sent', ended_at = now() - interval '29 days'
      WHERE key IN ('old', 'new')`;
    await t.db.sql`UPDATE outgoing SET ended_at = now() - interval '31 days' WHERE key = 'old'`;
    expect(await forgetOutgoing(t.db, 10)).toBe(1);
    const left = await t.db.sql<{ key: string }[]>`SELECT key FROM outgoing ORDER BY id`;
    expect(left.map(({ key }) => key)).toEqual(['new', 'waits']);
  });
});
