/**
 * What a node answers of people is the fold of the records that stand, whatever was written, replaced and
 * withdrawn, by whom at the same time, and also after a restart of its memory. What stands is what the oracle
 * (tests/simulation/oracle-records.ts) reads.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { enterCase } from '../../node/casework/cases/operations.ts';
import { withdrawRecordOf } from '../../node/records/corrections/operations.ts';
import { ensureIdentifiers, enterIntake, openTokens } from '../../node/records/people/operations.ts';
import { buildAnswer } from '../../node/tracing/asking/answer.ts';
import { AskedQuestions } from '../../node/tracing/asking/asked-questions.ts';
import { Changes } from '../../node/tracing/asking/changes.ts';
import type { IdentifierIndex } from '../../node/tracing/asking/identifier-index.ts';
import { IdentifierIndexes } from '../../node/tracing/asking/identifier-indexes.ts';
import { systemClock as clock } from '../../shared/clock.ts';
import { withTransaction } from '../../shared/db/database.ts';
import { HOUSEHOLD_SETTING } from '../../shared/domain/place-kind.ts';
import { Feed } from '../../shared/feed/feed.ts';
import { createLogger } from '../../shared/log.ts';
import { RESIDENT_FLAG } from '../../shared/trace/identifier-flags.ts';
import { PROTOCOL } from '../../shared/trace/messages.ts';
import type { CaseRow, PersonRow } from '../simulation/dataset.ts';
import { principalOf, type StandingRecord, standing } from '../simulation/oracle-records.ts';
import { everybodyAt, personWith } from '../support/callers.ts';
import { extent } from '../support/extent.ts';
import { giveTokens } from '../support/sealed.ts';
import { createIntake, type Intake } from './imports-fixture.ts';

const PROVINCE = '24';
const IDENTIFIERS = [
  ...['cccd:001090000001', 'cccd:001195000002', 'cmnd:000000003', 'insurance:0012345678'],
  ...['phone:+84912000004', 'phone:+84912000005', 'app:0b0e7a5c-3c1d-4f7e-9a55-1d2c3b4a5f60'],
];

let intake: Intake;
let ids: ReadonlyMap<string, number>;
beforeAll(async () => {
  intake = await createIntake();
  ids = await withTransaction(intake.db, async (tx) => {
    const stored = await ensureIdentifiers(await enterIntake(tx, intake.dataKeys), IDENTIFIERS);
    return stored.ids;
  });
  await giveTokens(intake.db, intake.dataKeys);
});
afterAll(() => intake[Symbol.asyncDispose]());

type Writing = { readonly person: PersonRow } | { readonly case: CaseRow };

const HEADER = 'record,identifiers,name,born_on,sex,province,household';

async function write(writing: Writing): Promise<void> {
  if ('case' in writing) return enterCaseOf(writing.case);
  const { record, identifiers, name, bornOn, sex, provinceOfResidence, household, withdrawn } =
    writing.person;
  if (withdrawn) return withdraw(record as string);
  const cells = [record, identifiers.join(' '), name, bornOn, sex, provinceOfResidence, household];
  const { rejected } = await intake.importCsv('persons', HEADER, cells.map((cell) => cell ?? '').join());
  const refused = identifiers.filter((one) => one.startsWith('cccd')).length > 1;
  expect(rejected).toBe(refused ? 1 : 0);
}

async function withdraw(record: string): Promise<void> {
  const found = await intake.askPlain<{ id: number }>(
    `SELECT id FROM records WHERE record = '${record}' AND retracted_at IS NULL`,
  );
  const ctx = { ...intake, clock, quota: intake.ctx.quota, province: PROVINCE };
  for (const { id } of found) await withdrawRecordOf(ctx, everybodyAt(PROVINCE), id);
}

async function enterCaseOf({ identifiers, onsetOn }: CaseRow): Promise<void> {
  const traces = { reopen: async () => undefined, ofContacts: async () => [] };
  const facts = { identifiers: [...identifiers], onsetOn, sampledAt: null, isolatedAt: null, ward: null };
  const ctx = {
    ...intake,
    clock,
    province: PROVINCE,
    quota: intake.ctx.quota,
    traces,
    rules: { inForceAt: () => undefined },
  };
  await enterCase(ctx as never, personWith([`epidemiologist@${PROVINCE}`]), facts);
}

/** What a node answers of all identifiers: who is linked, resident, housed together; by their names. */
interface Answered {
  readonly links: readonly string[];
  readonly residents: readonly string[];
  readonly housemates: readonly string[];
}

function answered(index: IdentifierIndex): Answered {
  const asked = Int32Array.from(IDENTIFIERS, (identifier) => ids.get(identifier) as number);
  const window = (at: number) => new Uint32Array(asked.length).fill(at);
  const packed = index.tokensOf(asked);
  const question = { seq: 1, who: packed, met: packed, metFrom: window(1), metUntil: window(2) };
  const nothing = new Int32Array();
  const events = { row: nothing, other: nothing, from: new Float64Array(), until: new Float64Array() };
  const local = { question, who: asked, met: asked };
  const { answer } = buildAnswer(index, local, { ...events, setting: nothing }, PROTOCOL.links);
  const names = new Map([...ids].map(([identifier, id]) => [id, identifier]));
  const named = [...index.idsOf(answer.named)].map((id) => names.get(id) as string);
  const pairs = (of: Uint32Array, to: Uint32Array) =>
    sortedOnce([...of].map((from, i) => `${IDENTIFIERS[from]} ${named[to[i] as number]}`));
  expect([...answer.eventSetting].every((setting) => setting === HOUSEHOLD_SETTING)).toBe(true);
  return {
    links: pairs(answer.linkOf, answer.linkTo),
    residents: IDENTIFIERS.filter((_, i) => ((answer.knownFlags[i] as number) & RESIDENT_FLAG) !== 0),
    housemates: pairs(answer.eventOf, answer.eventTo),
  };
}

/** The same as the records that stand make it. */
function foldOf(records: readonly StandingRecord[]): Answered {
  const homes = records.flatMap(({ household, identifiers }) =>
    household === null ? [] : [{ household, member: principalOf(identifiers) }],
  );
  const pairsOf = (list: readonly string[]) =>
    list.flatMap((one) => list.filter((other) => other !== one).map((other) => `${one} ${other}`));
  return {
    links: sortedOnce(records.flatMap(({ identifiers }) => pairsOf(identifiers))),
    residents: IDENTIFIERS.filter((identifier) =>
      records.some((one) => one.provinceOfResidence === PROVINCE && one.identifiers.includes(identifier)),
    ),
    housemates: sortedOnce(
      ['H1', 'H2'].flatMap((name) =>
        pairsOf([...new Set(homes.flatMap(({ household, member }) => (household === name ? member : [])))]),
      ),
    ),
  };
}

function sortedOnce(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
}

/** What stands in the database, read without the code under test but for the unsealing. */
async function stored(): Promise<string[]> {
  const rows = await intake.askPlain<Record<string, unknown>>(`
    SELECT (SELECT string_agg(value, ' ' ORDER BY value) FROM record_identifiers n
      JOIN identifiers i ON i.id = n.identifier_id WHERE n.record_id = r.id) AS identifiers,
      birth_year, sex, province, (SELECT name FROM households h WHERE h.id = household_id) AS household
    FROM records r WHERE retracted_at IS NULL`);
  return rows.map((row) => Object.values(row).join(' | ')).sort();
}

function expectedRows(records: readonly StandingRecord[]): string[] {
  return records
    .map(({ identifiers, birth, provinceOfResidence, household }) =>
      [[...identifiers].sort().join(' '), birth?.year, birth?.sex, provinceOfResidence, household].join(
        ' | ',
      ),
    )
    .sort();
}

const maybe = <T>(...values: T[]) => fc.constantFrom(null, ...values);
const named = fc.uniqueArray(fc.constantFrom(...IDENTIFIERS), { minLength: 1, maxLength: 4 });
const person: fc.Arbitrary<Writing> = fc
  .record({
    record: fc.constantFrom('R1', 'R2', 'R3'),
    identifiers: named,
    name: maybe('An'),
    bornOn: maybe('1990', '2015-03', '1990-01-02'),
    sex: maybe('male' as const, 'female' as const),
    provinceOfResidence: maybe('24', '79'),
    household: maybe('H1', 'H2'),
    withdrawn: fc.constantFrom(false, false, true),
  })
  .map((row) => ({ person: { ...row, province: PROVINCE, ward: null } }));
const entered: fc.Arbitrary<Writing> = fc
  .tuple(named, fc.uuid())
  .filter(([identifiers]) => identifiers.filter((one) => one.startsWith('cccd')).length < 2)
  .map(([identifiers, id]) => {
    const dates = { onsetOn: '2021-05-20', sampledAt: null, isolatedAt: null };
    return { case: { province: PROVINCE, id, identifiers, ...dates } };
  });
const writing = fc.oneof({ weight: 6, arbitrary: person }, { weight: 1, arbitrary: entered });

function standingAfter(history: readonly Writing[]): StandingRecord[] {
  return standing({
    people: history.flatMap((one) => ('person' in one ? one.person : [])),
    cases: history.flatMap((one) => ('case' in one ? one.case : [])),
  });
}

async function begin(): Promise<void> {
  await intake.db.sql`TRUNCATE records, record_identifiers, record_versions, case_identifiers, cases CASCADE`;
}

async function remember() {
  const indexes = new IdentifierIndexes();
  const { db } = intake;
  const feed = new Feed({ db, clock, logger: createLogger('test', 'silent'), everyMs: 20 });
  const asked = new AskedQuestions();
  const changes = await Changes.start({
    db,
    tokens: await openTokens(intake),
    feed,
    province: PROVINCE,
    indexes,
    asked,
    onTouched: () => undefined,
    onTokenized: async () => undefined,
  });
  return {
    ...{ index: indexes.find(1) as IdentifierIndex, changes },
    async [Symbol.asyncDispose]() {
      await changes[Symbol.asyncDispose]();
      await feed[Symbol.asyncDispose]();
    },
  };
}

it('after any history, one after the other, the records that stand are those of the oracle', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(writing, { maxLength: 8 }), async (history) => {
      await begin();
      for (const one of history) await write(one);
      expect(await stored()).toEqual(expectedRows(standingAfter(history)));
    }),
    { numRuns: extent({ quick: 12, all: 300 }) },
  );
});

it('after any concurrent history who answers the fold of what stands, restarted or not', async () => {
  const rounds = fc.array(fc.array(writing, { minLength: 1, maxLength: 3 }), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(rounds, async (groups) => {
      await begin();
      await using memory = await remember();
      let possible: Writing[][] = [[]];
      for (const group of groups) {
        await Promise.all(group.map(write));
        possible = possible.flatMap((before) => permutations(group).map((order) => [...before, ...order]));
        const found = (await stored()).join('\n');
        // One order at least leaves what is there; the next round goes on from those alone.
        possible = possible.filter((history) => expectedRows(standingAfter(history)).join('\n') === found);
        expect(possible).not.toEqual([]);
        await memory.changes.settled();
        const expected = foldOf(standingAfter(possible[0] as Writing[]));
        expect(answered(memory.index)).toEqual(expected);
      }
      await using restarted = await remember();
      expect(answered(restarted.index)).toEqual(answered(memory.index));
    }),
    { numRuns: extent({ quick: 8, all: 200 }) },
  );
});

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map((rest) => [item, ...rest]));
}
