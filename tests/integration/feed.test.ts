/**
 * The feed on a real database: whatever writers, slow transactions and crashes of readers do to each other,
 * each reader sees every event once, those about one subject in the order of their commits, and skips none.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../shared/clock.ts';
import { openDatabase, type Transaction, withTransaction } from '../../shared/db/database.ts';
import { FeedActor } from '../../shared/feed/actor.ts';
import { type CursorState, FeedCursor } from '../../shared/feed/cursor.ts';
import { Feed } from '../../shared/feed/feed.ts';
import { FeedFollower } from '../../shared/feed/follower.ts';
import { bodyOf, type FeedEvent, feedKind } from '../../shared/feed/kinds.ts';
import { findNow, forgetFeed, readOn } from '../../shared/feed/queries.ts';
import { createLogger } from '../../shared/log.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { waitFor } from '../support/wait.ts';

const COUNTED = feedKind<{ subject: number; n: number }>('subject.counted');
const OTHER = feedKind<number>('other.happened');
const SUBJECTS = 3;
const clock = systemClock;
const logger = createLogger('test', 'silent');

let t: TestDatabase;
beforeAll(async () => {
  t = await createTestDatabase('node');
  await t.db.sql`CREATE TABLE subjects (id int PRIMARY KEY, n int NOT NULL)`;
  await t.db.sql`CREATE TABLE seen (id bigint PRIMARY KEY, subject int NOT NULL, n int NOT NULL)`;
  await t.db.sql`GRANT ALL ON subjects, seen TO PUBLIC`;
});
afterAll(() => t[Symbol.asyncDispose]());
beforeEach(async () => {
  await t.db.sql`TRUNCATE feed, feed_cursors, subjects, seen`;
  await t.db.sql`INSERT INTO subjects SELECT g, 0 FROM generate_series(0, ${SUBJECTS - 1}::int) g`;
});

/** A transaction that stays open until it is told what to do next. */
class OpenTransaction {
  readonly #ended: Promise<unknown>;
  readonly #tx: Promise<Transaction>;
  #end: (commit: boolean) => void = () => undefined;
  readonly written: { subject: number; n: number }[] = [];

  constructor() {
    const end = new Promise<boolean>((resolve) => {
      this.#end = resolve;
    });
    let begun: (tx: Transaction) => void = () => undefined;
    this.#tx = new Promise((resolve) => {
      begun = resolve;
    });
    this.#ended = withTransaction(t.db, async (tx) => {
      begun(tx);
      if (!(await end)) throw new Error('rolled back');
    }).catch(() => undefined);
  }

  /** Counts the subject, which nobody else does until the end. */
  async write(subject: number): Promise<void> {
    const { sql } = await this.#tx;
    const [row] = await sql<{ n: number }[]>`
      UPDATE subjects SET n = n + 1 WHERE id = ${subject} RETURNING n`;
    this.written.push({ subject, n: row?.n as number });
  }

  /** Tells what it has written and not told yet. */
  async emit(): Promise<void> {
    for (const body of this.written.splice(0)) await (await this.#tx).emit(COUNTED, body);
  }

  async end(commit: boolean): Promise<void> {
    this.#end(commit);
    await this.#ended;
  }
}

type Step = {
  readonly who: number;
  readonly what: 'write' | 'tell' | 'commit' | 'roll back';
  readonly subject: number;
};
type Look = { readonly limit: number; readonly crash: boolean };

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record<Step>({
      who: fc.nat(2),
      what: fc.constantFrom('write', 'tell', 'tell', 'commit', 'commit', 'roll back'),
      subject: fc.nat(SUBJECTS - 1),
    }),
  },
  { weight: 2, arbitrary: fc.record<Look>({ limit: fc.integer({ min: 1, max: 4 }), crash: fc.boolean() }) },
);

/** A reader of which only its cursor outlives a crash. */
class Reader {
  readonly got: FeedEvent[] = [];
  #state: CursorState;

  constructor(state: CursorState) {
    this.#state = state;
  }

  async look({ limit, crash }: Look): Promise<number> {
    const cursor = new FeedCursor(this.#state);
    const { events, passage } = await readOn(t.db, cursor, { kinds: [COUNTED.name], limit });
    if (crash) return events.length;
    cursor.advance(
      events.map(({ id }) => id),
      passage,
    );
    this.#state = JSON.parse(JSON.stringify(cursor.state)) as CursorState;
    this.got.push(...events);
    return events.length;
  }

  get gaps(): number {
    return this.#state.gaps.length;
  }
}

/** Runs the steps; a subject that somebody else has written is let be, or the test would wait for itself. */
async function run(steps: readonly (Step | Look)[], reader: Reader): Promise<void> {
  const open = new Map<number, OpenTransaction>();
  const held = new Map<number, number>();
  const end = async (who: number, commit: boolean) => {
    const tx = open.get(who);
    if (commit) await tx?.emit();
    await tx?.end(commit);
    open.delete(who);
    for (const [subject, holder] of held) if (holder === who) held.delete(subject);
  };
  for (const one of steps) {
    if ('limit' in one) {
      await reader.look(one);
      continue;
    }
    const { who, what, subject } = one;
    if (what === 'commit' || what === 'roll back') await end(who, what === 'commit');
    else if ((held.get(subject) ?? who) === who) {
      if (!open.has(who)) open.set(who, new OpenTransaction());
      held.set(subject, who);
      await open.get(who)?.write(subject);
      if (what === 'tell') await open.get(who)?.emit();
    }
  }
  for (const who of [...open.keys()]) await end(who, who !== 0);
}

/** What each subject's events counted, in the order in which they came. */
function countsOf(events: readonly FeedEvent[]): number[][] {
  const counts: number[][] = Array.from({ length: SUBJECTS }, () => []);
  for (const event of events) {
    const body = bodyOf(event, COUNTED);
    if (body) counts[body.subject]?.push(body.n);
  }
  return counts;
}

async function committedCounts(): Promise<number[][]> {
  const rows = await t.db.sql<{ n: number }[]>`SELECT n FROM subjects ORDER BY id`;
  return rows.map(({ n }) => Array.from({ length: n }, (_, i) => i + 1));
}

describe('a reader', () => {
  it('sees every event once, in the order of commits of each subject, and skips none', async () => {
    const runs = Number(process.env.FEED_RUNS ?? 100);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
        await t.db.sql`UPDATE subjects SET n = 0`;
        const reader = new Reader(await findNow(t.db));
        await run(steps, reader);
        while ((await reader.look({ limit: 3, crash: false })) > 0);
        expect(countsOf(reader.got)).toEqual(await committedCounts());
        expect(new Set(reader.got.map(({ id }) => id)).size).toBe(reader.got.length);
        await waitFor('transactions of other tests to end', async () => {
          await reader.look({ limit: 3, crash: false });
          return reader.gaps === 0;
        });
      }),
      { numRuns: runs },
    );
  });

  it('does not wait for a slow transaction, and gets its event when it comes', async () => {
    const slow = new OpenTransaction();
    await slow.write(0);
    await slow.emit();
    const reader = new Reader(await findNow(t.db));
    await withTransaction(t.db, (tx) => tx.emit(COUNTED, { subject: 1, n: 1 }));
    await reader.look({ limit: 10, crash: false });
    expect(countsOf(reader.got)).toEqual([[], [1], []]);
    expect(reader.gaps).toBeGreaterThan(0);
    await slow.end(true);
    await reader.look({ limit: 10, crash: false });
    expect(countsOf(reader.got)).toEqual([[1], [1], []]);
  });
});

describe('readers of a program', () => {
  it('in memory and on the database agree with what was committed, also when the latter crash', async () => {
    await using db = openDatabase(t.programUrl, { max: 6, name: 'feed' });
    await using feed = new Feed({ db, clock, logger });
    const followed: FeedEvent[] = [];
    let stumbles = 0;
    await using follower = await FeedFollower.start(feed, {
      name: 'following',
      kinds: [COUNTED],
      load: () => undefined,
      apply: (events) => {
        if (stumbles++ % 3 === 0) throw new Error('stumbled');
        followed.push(...events);
      },
    });
    let crashes = 0;
    const act = async (tx: Transaction, events: readonly FeedEvent[]) => {
      for (const event of events) {
        const { subject, n } = bodyOf(event, COUNTED) as { subject: number; n: number };
        await tx.sql`INSERT INTO seen VALUES (${event.id}, ${subject}, ${n})`;
      }
      if (crashes++ % 8 === 0) throw new Error('crashed');
    };
    const actor = () =>
      new FeedActor(feed, {
        name: 'acting',
        kinds: [COUNTED],
        act,
        actOnAll: async () => undefined,
        limit: 3,
      });
    let acting = actor();
    await waitFor(
      "the reader's first step",
      async () => (await t.db.sql`SELECT FROM feed_cursors WHERE name = 'acting'`).length === 1,
    );
    const counting = Array.from({ length: 4 }, async (_, writer) => {
      for (let i = 0; i < 25; i++) {
        await withTransaction(db, async (tx) => {
          await tx.emit(OTHER, i);
          const subject = (i + writer) % SUBJECTS;
          const [row] = await tx.sql<{ n: number }[]>`
            UPDATE subjects SET n = n + 1 WHERE id = ${subject} RETURNING n`;
          await tx.emit(COUNTED, { subject, n: row?.n as number });
          if (i % 7 === 0) throw new Error('rolled back');
        }).catch(() => undefined);
      }
    });
    for (let restarts = 0; restarts < 5; restarts++) {
      await clock.sleep(20);
      await acting[Symbol.asyncDispose]();
      acting = actor();
    }
    await Promise.all(counting);
    const committed = await committedCounts();
    await follower.caughtUp().catch(() => follower.caughtUp());
    expect(countsOf(followed)).toEqual(committed);
    const seen = () => t.db.sql<{ n: number }[]>`SELECT FROM seen`;
    await waitFor('all rows', async () => (await seen()).length === committed.flat().length);
    await acting[Symbol.asyncDispose]();
    const rows = await t.db.sql<{ id: number; subject: number; n: number }[]>`SELECT * FROM seen ORDER BY id`;
    const events = rows.map(({ id, ...body }) => ({ id, kind: COUNTED.name, at: 0, body }));
    expect(countsOf(events)).toEqual(committed);
  });

  it('are woken by the commit', async () => {
    await using db = openDatabase(t.programUrl, { max: 2, name: 'feed' });
    await using feed = new Feed({ db, clock, logger, everyMs: 3_600_000 });
    const woken: string[] = [];
    feed.wakes([COUNTED], () => woken.push('counted'));
    feed.wakes([OTHER], () => woken.push('other'));
    // The first look wakes everybody.
    await waitFor('the first look', () => woken.length === 2);
    await withTransaction(t.db, async (tx) => {
      await tx.emit(COUNTED, { subject: 0, n: 1 });
      await tx.emit(COUNTED, { subject: 0, n: 2 });
    });
    await waitFor('the event', () => woken.length > 2);
    expect(woken.slice(2)).toEqual(['counted']);
  });

  it('wait for nothing that no room tells', async () => {
    await using db = openDatabase(t.programUrl, { max: 2, name: 'feed' });
    await using feed = new Feed({ db, clock, logger, kinds: [COUNTED] });
    expect(() => feed.wakes([COUNTED, OTHER], () => undefined)).toThrow('no room tells other.happened');
    feed.wakes([COUNTED], () => undefined)();
  });

  it('are woken within a second also of what they could not hear', async () => {
    await using db = openDatabase(t.programUrl, { max: 2, name: 'feed' });
    await using feed = new Feed({ db, clock, logger, everyMs: 50 });
    let woken = 0;
    feed.wakes([OTHER], () => woken++);
    await waitFor('the first look', () => woken === 1);
    await t.db.sql`INSERT INTO feed (kind, body) VALUES (${OTHER.name}, '1')`;
    await waitFor('the event', () => woken === 2);
  });
});

describe('what is old', () => {
  it('is dropped after a week, and a reader that was away for longer acts on all', async () => {
    await using db = openDatabase(t.programUrl, { max: 3, name: 'feed' });
    const all: number[] = [];
    const some: number[] = [];
    const start = (feed: Feed) =>
      new FeedActor(feed, {
        name: 'acting',
        kinds: [COUNTED],
        act: async (_tx, events) => void some.push(events.length),
        actOnAll: async () => void all.push(1),
      });
    {
      await using feed = new Feed({ db, clock, logger });
      await using _actor = start(feed);
      await waitFor('the first step', () => all.length === 1);
    }
    await withTransaction(t.db, (tx) => tx.emit(COUNTED, { subject: 0, n: 1 }));
    await t.db.sql`UPDATE feed SET at = at - interval '9 days'`;
    await forgetFeed(db);
    expect(await t.db.sql`SELECT FROM feed`).toHaveLength(0);
    await using feed = new Feed({ db, clock, logger });
    await using _actor = start(feed);
    await waitFor('the first step after the absence', () => all.length === 2);
    await withTransaction(t.db, (tx) => tx.emit(COUNTED, { subject: 0, n: 2 }));
    await waitFor('the event', () => some.length === 1);
    await forgetFeed(db);
    expect(await t.db.sql`SELECT FROM feed`).toHaveLength(1);
  });
});
