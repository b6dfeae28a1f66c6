/**
 * A province that invents names: each is asked about everywhere, at the cost of the province that opened the
 * trace. The hub leaves it out by itself, and the result is that of the others' data alone; who answers about
 * invented names pays for none. Against a real database, with provinces that lie over real gRPC.
 */
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { getTraceStatus, reportStatus } from '../../hub/traces/operations.ts';
import { readGraph, takeBack } from '../../hub/traces/sources.ts';
import { takeOver } from '../../hub/traces/taken-over.ts';
import { HOUSEHOLD_SETTING } from '../../shared/domain/place-kind.ts';
import { ALARMING } from '../../shared/trace/alarms.ts';
import { flagsOf, KIND_NUMBER, RESIDENT_FLAG } from '../../shared/trace/identifier-flags.ts';
import type { TraceAnswer, TraceQuestion } from '../../shared/trace/messages.ts';
import { pseudonymOf } from '../simulation/model-node.ts';
import { oracleOf } from '../simulation/oracle.ts';
import { personWith } from '../support/callers.ts';
import { openingOf, startTracedHub, type TracedHub } from '../support/traced-hub.ts';
import { waitFor } from '../support/wait.ts';

const BUDGET = { names: 1_000, questions: 40, atOnce: 150, byItself: 990 };
let hub: Awaited<ReturnType<typeof startTracedHub>>;
let [owner, liar, other] = ['', '', ''];
beforeAll(async () => {
  hub = await startTracedHub({ seed: 4, engine: { provinceBudget: BUDGET, restAfterMs: 150 } });
  owner = openingOf(hub.world, 0).province;
  [liar, other] = hub.world.provinces.filter((province) => province !== owner) as [string, string];
});
afterAll(() => hub?.[Symbol.asyncDispose]());
// While a trace leaves a province out, it may bring less into every other.
afterEach(async () => {
  const open = await hub.db.sql<{ id: string }[]>`SELECT id FROM traces WHERE closed_at IS NULL`;
  for (const { id } of open) await hub.engine.close(id);
});

type Lies = (question: TraceQuestion, answer: TraceAnswer) => TraceAnswer;
const [GUEST, RESIDENT] = [flagsOf(KIND_NUMBER.phone, false), flagsOf(KIND_NUMBER.phone, true)];
const indexOf = () => Buffer.from(openingOf(hub.world, 0).index[0]?.pseudonym as string, 'hex');
const joined = <A extends Uint8Array | Uint32Array>(a: A, more: readonly number[]): A =>
  (a instanceof Uint32Array ? Uint32Array.from([...a, ...more]) : Uint8Array.from([...a, ...more])) as A;
const copies = (count: number, value: number) => Array<number>(count).fill(value);
const range = (count: number, from = 0) => Array.from({ length: count }, (_, n) => from + n);

/** `answer` with names that nobody has, from where on they stand in it. */
function naming(answer: TraceAnswer, count: number, flags = GUEST) {
  const named = Buffer.concat([answer.named, randomBytes(16 * count)]);
  return { ...answer, named, namedFlags: joined(answer.namedFlags, copies(count, flags)) };
}

/** Whom somebody asked about met, in the whole window asked about. */
const byEvents = (count: number, flags = GUEST, setting = 254, who: 'first' | 'last' = 'first'): Lies => {
  return ({ met, metFrom, metUntil }, answer) => {
    if (met.length === 0) return answer;
    const at = who === 'first' ? 0 : met.length / 16 - 1;
    const isHousehold = setting === HOUSEHOLD_SETTING;
    const [from, until] = isHousehold ? [0, 0] : [metFrom[at] as number, metUntil[at] as number];
    if (!isHousehold && from >= until) return answer;
    return {
      ...naming(answer, count, flags),
      eventOf: joined(answer.eventOf, copies(count, at)),
      eventTo: joined(answer.eventTo, range(count, answer.named.length / 16)),
      eventFrom: joined(answer.eventFrom, copies(count, from)),
      eventUntil: joined(answer.eventUntil, copies(count, until)),
      eventSetting: joined(answer.eventSetting, copies(count, setting)),
    };
  };
};

type Rows = (count: number, answer: TraceAnswer) => number[];
const strangers: Rows = (count, { known }) =>
  range(count)
    .filter((at) => !known.includes(at))
    .slice(0, 1);

/** What records name beside somebody asked about, `each` beside each of `rows` (all, unless told). */
const byRecords = (each: number, rows: Rows = (count) => range(count)): Lies => {
  return ({ who }, answer) => {
    const asked = rows(who.length / 16, answer);
    const first = who.length / 16 + answer.named.length / 16;
    const known = asked.filter((at) => !answer.known.includes(at));
    const { size, tagged, members } = answer.records;
    return {
      ...naming(answer, each * asked.length),
      known: joined(answer.known, known),
      knownFlags: joined(answer.knownFlags, copies(known.length, GUEST)),
      records: {
        ...answer.records,
        size: joined(size, copies(each * asked.length, 2)),
        tagged: joined(tagged, copies(each * asked.length, 0)),
        members: joined(
          members,
          asked.flatMap((at, i) => range(each, first + i * each).flatMap((to) => [at, to])),
        ),
      },
    };
  };
};

/** It knows everybody whom it is asked about, and all live there. */
const claimAll: Lies = ({ who }, answer) => {
  const strangers = range(who.length / 16).filter((at) => !answer.known.includes(at));
  return {
    ...answer,
    known: joined(answer.known, strangers),
    knownFlags: joined(answer.knownFlags, copies(strangers.length, GUEST)).map((one) => one | RESIDENT_FLAG),
  };
};

/** Only where the index is not asked about: in chains that others brought in. */
const inChainsOfOthers = (lies: Lies): Lies => {
  return (question, answer) =>
    Buffer.from(question.who).includes(indexOf()) ? answer : lies(question, answer);
};

/** Only where the index is asked about. */
const aboutIndex = (lies: Lies): Lies => {
  return (question, answer) =>
    Buffer.from(question.who).includes(indexOf()) ? lies(question, answer) : answer;
};

const lieAt = (province: string, lies: Lies | undefined) => {
  const one = hub.provinces.find((found) => found.province === province);
  if (one) one.lies = lies;
};
const statusOf = (id: string) => getTraceStatus(hub.ctx, id);
const coverageOf = async (id: string, code: string) =>
  (await statusOf(id)).coverage.find(({ province }) => province === code);
const isLeftOut = (id: string, code: string) =>
  waitFor(`province ${code} to be left out`, async () => (await coverageOf(id, code))?.state === 'excluded');
const becomes = (id: string, state: string) =>
  waitFor(`a ${state} trace`, async () => (await statusOf(id)).state === state);

/** Degree and pseudonyms of the contacts, as the hub has them. */
async function contactsOf(id: string, without: string[] = [], at: TracedHub = hub): Promise<string[]> {
  const { persons } = await readGraph(at.ctx, personWith(['hub_operator']), { id, limit: 10_000, without });
  return persons
    .filter(({ degree }) => degree > 0)
    .map(({ degree, pseudonyms }) => `${degree} ${pseudonyms.join('+')}`)
    .sort();
}

/** The same as the oracle has them on the data of all provinces but these. */
function expectedWithout(...provinces: string[]): string[] {
  return expectedIn(hub, provinces);
}

function expectedIn({ world }: TracedHub, provinces: readonly string[]): string[] {
  const kept = <Row extends { readonly province: string }>(rows: readonly Row[]) =>
    rows.filter((row) => !provinces.includes(row.province));
  const data = {
    provinces: world.provinces.filter((province) => !provinces.includes(province)),
    ...{ people: kept(world.people), places: kept(world.places), cases: kept(world.cases) },
    ...{ checkIns: kept(world.checkIns), encounters: kept(world.encounters) },
  };
  const contacts = oracleOf(data, world.rules).contacts(world.traces[0] as (typeof world.traces)[number]);
  return contacts
    .map(({ degree, identifiers }) => `${degree} ${identifiers.map(pseudonymOf).sort().join('+')}`)
    .sort();
}

const exclusions = async (id: string) => {
  const rows = await hub.db.sql<{ entry: { on: object[]; detail: Record<string, unknown> } }[]>`
    SELECT body::jsonb AS entry FROM audit_records
    WHERE body::jsonb ->> 'action' = 'traces.excluded' ORDER BY id`;
  return rows.map(({ entry }) => entry).filter(({ on }) => JSON.stringify(on).includes(id));
};

describe('a province that invents', () => {
  test.each<[string, () => Lies]>([
    ['people whom the index person met', () => byEvents(1_200)],
    ['residents of its own', () => byEvents(1_200, RESIDENT)],
    ['a household of a whole town', () => byEvents(1_200, GUEST, HOUSEHOLD_SETTING)],
    ['people whom the last person asked about met', () => byEvents(1_200, GUEST, 254, 'last')],
    ['identifiers of the index person', () => byRecords(1_200, () => [0])],
    ['a few identifiers of everybody, and of those in turn', () => byRecords(4)],
    ['names beyond those that others brought in', () => inChainsOfOthers(byRecords(9_000, strangers))],
    ['one name after the other', () => byRecords(1, () => [0])],
  ])('%s is left out, and the result is the others’', async (_what, lies) => {
    lieAt(liar, lies());
    const id = await hub.open();
    await isLeftOut(id, liar);
    await becomes(id, 'partial');
    await waitFor('contacts of the others', async () => {
      const contacts = await contactsOf(id);
      return JSON.stringify(contacts) === JSON.stringify(expectedWithout(liar));
    });
    const { coverage, warnings } = await statusOf(id);
    expect(coverage.find(({ province }) => province === liar)).toMatchObject({ reason: 'NAMES_OVER_BUDGET' });
    // Who is asked about what was invented pays for nothing.
    expect(
      coverage
        .filter(({ state }) => state === 'current')
        .map(({ province }) => province)
        .sort(),
    ).toEqual([owner, other].sort());
    expect(warnings).toContain('NAMES_OVER_BUDGET');
    expect((await exclusions(id)).map(({ on }) => on)).toEqual([[{ trace: id }, { province: liar }]]);
    lieAt(liar, undefined);
  });

  test('two of them are left out, one by one', async () => {
    for (const province of [liar, other]) lieAt(province, byEvents(1_200));
    const id = await hub.open();
    for (const province of [liar, other]) await isLeftOut(id, province);
    await becomes(id, 'partial');
    expect(await contactsOf(id)).toEqual(expectedWithout(liar, other));
    for (const province of [liar, other]) lieAt(province, undefined);
  });

  test('is left out of every other trace for a hundredth of it, while one leaves it out', async () => {
    lieAt(liar, byEvents(1_200));
    const first = await hub.open();
    await isLeftOut(first, liar);
    lieAt(
      liar,
      byRecords(60, (count) => (count > 40 ? [] : [0])),
    );
    const second = await hub.open();
    await isLeftOut(second, liar);
    for (const id of [first, second]) await hub.engine.close(id);
    const third = await hub.open();
    await becomes(third, 'complete');
    lieAt(liar, undefined);
  });

  test('fewer than matter costs little: nobody is left out, and everybody is asked', async () => {
    lieAt(
      liar,
      byRecords(300, (count) => (count > 100 ? [] : [0])),
    );
    const id = await hub.open();
    await becomes(id, 'complete');
    expect(await exclusions(id)).toEqual([]);
    lieAt(liar, undefined);
  });

  test.each([
    ['met by the index person', byEvents(700)],
    ['who live there', byEvents(700, RESIDENT)],
    ['of one household', byEvents(700, GUEST, HOUSEHOLD_SETTING)],
    ['of the last person asked about', byEvents(700, GUEST, 254, 'last')],
    ['whom records name', byRecords(700, () => [0])],
  ])('a crowd of people %s that is true is whole, after the rest', async (_what, truth) => {
    // Each asked about once, or the crowd would grow from question to question.
    let told = 0;
    lieAt(liar, (question, answer) => {
      const crowd = told === 0 || told === question.seq ? truth(question, answer) : answer;
      if (crowd !== answer) told = question.seq;
      return crowd;
    });
    const id = await hub.open();
    const before = await firstResultOf(id);
    expect(before.coverage).toMatchObject({ state: 'behind', reason: 'ANSWER_SET_ASIDE' });
    await becomes(id, 'complete');
    expect(await exclusions(id)).toEqual([]);
    const contacts = await contactsOf(id);
    for (const one of before.contacts) expect(contacts).toContain(one);
    const { evidence } = (await hub.engine.takeUp(id))?.view() ?? {};
    expect(evidence?.keys.size).toBeGreaterThan(700);
    lieAt(liar, undefined);
  });

  test('as many as the others together comes in at once, whoever answers first', async () => {
    lieAt(liar, aboutIndex(byRecords(300, () => [0])));
    lieAt(owner, aboutIndex(byRecords(400, () => [0])));
    const id = await hub.open();
    await becomes(id, 'complete');
    const { answered = [] } = hub.provinces.find(({ province }) => province === liar) ?? {};
    const seqs = answered.filter(({ traceId }) => traceId === id).map(({ seq }) => seq);
    expect(seqs).toEqual([...new Set(seqs)]);
    for (const province of [liar, owner]) lieAt(province, undefined);
  });

  test('just fewer than it may, into each of many traces, is in each, and can be left out', async () => {
    lieAt(liar, aboutIndex(byRecords(800, () => [0])));
    const ids = await Promise.all(range(6).map(() => hub.open()));
    for (const id of ids) {
      await becomes(id, 'complete');
      expect(await exclusions(id)).toEqual([]);
      expect(await contactsOf(id, [liar])).toEqual(expectedWithout(liar));
    }
    lieAt(liar, undefined);
  });

  test('a little into each of many traces is in each at once', async () => {
    lieAt(liar, aboutIndex(byRecords(100, () => [0])));
    for (const id of await Promise.all(range(6).map(() => hub.open()))) {
      await becomes(id, 'complete');
      expect(await contactsOf(id, [liar])).toEqual(expectedWithout(liar));
    }
    lieAt(liar, undefined);
  });

  /** What the trace says of the liar, and the contacts, as something was set aside. */
  async function firstResultOf(id: string) {
    let coverage: Awaited<ReturnType<typeof coverageOf>>;
    await waitFor('something to be set aside', async () => {
      coverage = await coverageOf(id, liar);
      return coverage?.reason === 'ANSWER_SET_ASIDE';
    });
    return { coverage, contacts: await contactsOf(id) };
  }

  test('guesses split over many traces, each of fewer than raise an alarm, raise one together', async () => {
    const guesses = ALARMING.unknown - 1;
    lieAt(owner, aboutIndex(byEvents(guesses)));
    const warned: boolean[] = [];
    for (let sum = 0; sum < ALARMING.ofADay; sum += guesses) {
      const id = await hub.open(0, { max_degree: 1 });
      await becomes(id, 'complete');
      const { warnings } = await statusOf(id);
      expect(warnings).not.toContain('CONTACTS_UNKNOWN_ELSEWHERE');
      warned.push(warnings.includes('UNKNOWN_IN_MANY_TRACES'));
      // Closed ones count.
      await hub.engine.close(id);
    }
    expect(warned).toEqual([...copies(warned.length - 1, 0).map(() => false), true]);
    lieAt(owner, undefined);
  });

  test('stays left out after a restart, and until it is mended and taken back', async () => {
    lieAt(liar, byEvents(1_200));
    const id = await hub.open();
    await isLeftOut(id, liar);
    await becomes(id, 'partial');
    await hub.restart();
    expect(hub.engine.alarms.warnings().join()).toContain('NAMES_OVER_BUDGET');
    expect(await coverageOf(id, liar)).toMatchObject({ state: 'excluded', reason: 'NAMES_OVER_BUDGET' });
    expect(await contactsOf(id)).toEqual(expectedWithout(liar));
    // Taken back as it is, it is left out again.
    const operator = personWith(['hub_operator']);
    await takeBack(hub.ctx, operator, { id, province: liar });
    await waitFor('it to be left out again', async () => (await exclusions(id)).length === 2);
    await isLeftOut(id, liar);
    // Its next life answers the truth.
    lieAt(liar, undefined);
    const province = hub.provinces.find((found) => found.province === liar) as (typeof hub.provinces)[number];
    await province.stop();
    const incarnation = ++province.incarnation;
    await province.start();
    const report = { province: liar, incarnation, dataVersion: 1, dataAt: 1, protocol: 2, stale: [] };
    await reportStatus(hub.ctx, report);
    await takeBack(hub.ctx, operator, { id, province: liar });
    await becomes(id, 'complete');
    expect((await coverageOf(id, liar))?.behind).toBe(0);
    expect(await contactsOf(id)).toEqual(expectedWithout());
    expect((await statusOf(id)).warnings).not.toContain('NAMES_OVER_BUDGET');
    expect((await exclusions(id)).map(({ detail }) => detail)).toEqual([
      expect.objectContaining({ reason: 'invented_names', names: expect.any(Number) }),
      expect.objectContaining({ reason: 'invented_names' }),
    ]);
  });
});

describe('a province that stalls, or answers with what is no answer', () => {
  test.each<[string, Lies | 'stall']>([
    ['stalls', 'stall'],
    ['names whom its question does not reach', (_question, answer) => naming(answer, 100)],
  ])('%s delays one trace, and no other', async (_what, lies) => {
    const province = hub.provinces.find((found) => found.province === liar) as (typeof hub.provinces)[number];
    if (lies === 'stall') province.stalls = true;
    else lieAt(liar, lies);
    const first = await hub.open();
    await becomes(first, 'partial');
    const began = performance.now();
    for (let n = 0; n < 4; n++) {
      const id = await hub.open();
      await becomes(id, 'partial');
      expect(await contactsOf(id)).toEqual(expectedWithout(liar));
    }
    // Each waited for a second before.
    expect(performance.now() - began).toBeLessThan(3_000);
    lieAt(liar, undefined);
    province.stalls = false;
    await province.stop();
    await province.start();
    await becomes(first, 'complete');
  });
});

describe('a province that also claims a contact', () => {
  test('may take it over at the hub, on record and for good; who was responsible is told', async () => {
    for (const province of [liar, other]) lieAt(province, claimAll);
    const id = await hub.open();
    await becomes(id, 'complete');
    const asked = { id, limit: 10_000, without: [] };
    const { persons } = await readGraph(hub.ctx, personWith(['hub_operator']), asked);
    const pseudonyms = persons.flatMap((person) => person.pseudonyms);
    const standing = async (contactId: string) => {
      const live = await hub.engine.takeUp(id);
      return hub.world.provinces.map((code) => [code, live?.standingOf(contactId, code)]);
    };
    const isAt = async (contactId: string, code: string, as: string) =>
      (await standing(contactId)).some(([one, how]) => one === code && how === as);
    // Of two that claim everybody the one of the lower code is responsible.
    let [contactId, taker] = ['', ''];
    for (const one of pseudonyms)
      for (const [code, how] of await standing(one))
        if (how === 'claimant') [contactId, taker] = [one, code as string];
    const before = (await standing(contactId)).find(([, how]) => how === 'owner')?.[0] as string;
    const wish = { traceId: id, contactId, province: taker };
    const nobody = { ...wish, contactId: '0'.repeat(32) };
    await expect(takeOver(hub.ctx, nobody)).rejects.toMatchObject({ reason: 'CONTACT_UNKNOWN' });
    await takeOver(hub.ctx, wish);
    await waitFor('it to change hands', () => isAt(contactId, taker, 'owner'));
    expect(await isAt(contactId, before, 'claimant')).toBe(true);
    await takeOver(hub.ctx, wish);
    await hub.restart();
    expect(await isAt(contactId, taker, 'owner')).toBe(true);
    const entries = await hub.db.sql`SELECT FROM audit_records
      WHERE body::jsonb @> '{"action": "contacts.taken_over", "outcome": "done"}'`;
    expect(entries).toHaveLength(1);
    for (const province of [liar, other]) lieAt(province, undefined);
  });
});

describe('a province that floods, one that stalls and one that lies', () => {
  test('leave the trace that the others have, when their rows are left out', async () => {
    const provinces = ['24', '79', '01', '48', '31', '92'];
    const engine = { provinceBudget: { ...BUDGET, names: 4_000 }, roundDeadlineMs: 300 };
    await using at = await startTracedHub({ seed: 7, provinces, people: 120, engine });
    const owner = openingOf(at.world, 0).province;
    const [flooder, staller, liar] = at.provinces.filter(({ province }) => province !== owner);
    if (!flooder || !staller || !liar) throw new Error('too few provinces');
    flooder.lies = byEvents(1_200);
    staller.stalls = true;
    liar.lies = (question, answer) => claimAll(question, byEvents(20)(question, answer));
    const ids = await Promise.all(range(4).map(() => at.open()));
    const out = [flooder, staller, liar].map(({ province }) => province);
    for (const id of ids) {
      await waitFor('the flooder to be left out', async () => {
        const { state, coverage } = await getTraceStatus(at.ctx, id);
        const found = coverage.find(({ province }) => province === flooder.province);
        return state === 'partial' && found?.state === 'excluded';
      });
      const expected = expectedIn(at, out);
      expect(expected.length).toBeGreaterThan(5);
      expect(await contactsOf(id, [liar.province], at)).toEqual(expected);
      expect(await contactsOf(id, [], at)).not.toEqual(expected);
    }
  });
});
