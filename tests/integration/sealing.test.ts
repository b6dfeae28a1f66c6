/**
 * Data keys against a real database: which rings a database admits, and what happens to rows, look-ups and
 * imports while generations change.
 */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listBreakGlass, openBreakGlass } from '../../node/desk/break-glass/operations.ts';
import { prepareData } from '../../node/preparing.ts';
import { readHolders, readIdentifiers } from '../../node/records/people/operations.ts';
import { prepareRecords } from '../../node/records/people/preparing.ts';
import { DataKeys } from '../../node/sealing/data-keys.ts';
import type { KeyRing } from '../../node/sealing/key-ring.ts';
import { admitKeyRing, readSealingStatus, retireGenerations } from '../../node/sealing/operations.ts';
import { SEALED_TABLES } from '../../node/sealing/queries.ts';
import { resealAll } from '../../node/sealing/reseal.ts';
import { systemClock } from '../../shared/clock.ts';
import { withTransaction } from '../../shared/db/database.ts';
import { createLogger } from '../../shared/log.ts';
import { personWith } from '../support/callers.ts';
import { testKeyRing } from '../support/sealed.ts';
import { createIntake, type Intake } from './imports-fixture.ts';

let intake: Intake;
beforeEach(async () => {
  intake = await createIntake();
});
afterEach(() => intake[Symbol.asyncDispose]());

const ctx = () => ({ db: intake.db, clock: systemClock });
const admit = (ring: KeyRing) => admitKeyRing(ctx(), ring);
const ringOf = (current: number, ...generations: number[]): KeyRing => {
  const { keys } = testKeyRing(9);
  return { current, keys: new Map(generations.map((n) => [n, keys.get(n) as Uint8Array])) };
};
const strange = (current: number): KeyRing => ({
  current,
  keys: new Map([...testKeyRing(current).keys].map(([n, key]) => [n, key.map((byte) => byte ^ 1)])),
});
const audited = async () =>
  (await intake.db.sql<{ body: string }[]>`SELECT body FROM audit_records ORDER BY id`)
    .map(({ body }) => JSON.parse(body))
    .filter(({ action }) => action.startsWith('data_keys.'))
    .map(({ action, detail, actor }) => [action, detail.generation, actor.kind]);

describe('a ring', () => {
  it('is admitted again and again, and rotation is put on record once', async () => {
    expect(await admit(ringOf(1, 1))).toEqual([1]);
    expect(await admit(ringOf(1, 1, 2))).toEqual([1]);
    expect(await admit(ringOf(2, 1, 2))).toEqual([1, 2]);
    expect(await admit(ringOf(2, 1, 2))).toEqual([1, 2]);
    expect(await audited()).toEqual([['data_keys.rotated', 2, 'program']]);
  });

  it('is admitted once by ten programs that start at the same time', async () => {
    const admitted = await Promise.all(Array.from({ length: 10 }, () => admit(ringOf(1, 1))));
    expect(admitted).toEqual(Array(10).fill([1]));
  });

  it.each<[string, () => KeyRing, string]>([
    ['lacks a generation that rows need', () => ringOf(3, 3, 1), 'DATA_KEYS_INCOMPLETE'],
    ['has another key for one', () => strange(2), 'DATA_KEYS_WRONG'],
    ['goes back to an older generation', () => ringOf(1, 1, 2), 'DATA_KEYS_OUTDATED'],
  ])('that %s is refused, and nothing changes', async (_, ring, reason) => {
    await admit(ringOf(1, 1));
    await admit(ringOf(2, 1, 2));
    const before = await intake.db.sql`SELECT * FROM data_keys`;
    const refused = await admit(ring()).catch((error) => error);
    expect(refused).toMatchObject({ code: 'FAILED_PRECONDITION', reason });
    expect(refused.message).not.toMatch(/[0-9a-f]{16}/);
    expect(await intake.db.sql`SELECT * FROM data_keys`).toEqual(before);
  });

  it('may lack a generation that has retired, but not have another key for it', async () => {
    await admit(ringOf(1, 1));
    const live = await admit(ringOf(2, 1, 2));
    expect(await retireGenerations(ctx(), { current: 2, live })).toEqual([2]);
    expect(await admit(ringOf(2, 2))).toEqual([2]);
    const other = strange(1).keys.get(1) as Uint8Array;
    const mixed = { current: 2, keys: new Map([...ringOf(2, 2).keys, [1, other]]) };
    await expect(admit(mixed)).rejects.toMatchObject({ reason: 'DATA_KEYS_WRONG' });
    expect((await audited()).at(-1)).toEqual(['data_keys.retired', 1, 'program']);
  });

  it('never retires a generation that a row is sealed under', async () => {
    await importPeople();
    await admit(ringOf(1, 1));
    const live = await admit(ringOf(2, 1, 2));
    expect(await retireGenerations(ctx(), { current: 2, live })).toEqual([2, 1]);
    expect((await readSealingStatus(ctx())).map(({ retiredAt }) => retiredAt)).toEqual([null, null]);
  });
});

const PEOPLE = Array.from(
  { length: 1_200 },
  (_, i) =>
    `cccd:${String(24_090_000_000 + i).padStart(12, '0')} phone:09120${String(i).padStart(5, '0')},` +
    `Người ${i},1990-01-02,Ngõ ${i},Hộ ${i >> 2}`,
);
const importPeople = () =>
  intake.importCsv('persons', 'identifiers,name,born_on,address,household', ...PEOPLE);
const importPlaces = () => intake.importCsv('places', 'place,name,kind', 'P1,Quán Bà Sáu,cafe', 'P2,,market');

/** Three of one person; the reasons are the supervisor's to read. */
async function breakGlass(): Promise<void> {
  for (const n of [1, 2, 3]) {
    const request = { reason: `Người ${n} nói đã ở đây`, area: '216', minutes: n };
    await openBreakGlass(glassCtx(intake.dataKeys), personWith(['ward_tracer@07210']), request);
  }
}
const glassCtx = (dataKeys: DataKeys) => ({ ...ctx(), dataKeys, province: '24' });
const readReasons = async (dataKeys: DataKeys) => {
  const found = await listBreakGlass(glassCtx(dataKeys), personWith(['epidemiologist@24']), { limit: 9 });
  return found.map(({ reason }) => reason).sort();
};

/** What the tables say in plain, whatever they are sealed under. */
const plain = () =>
  intake.askPlain(`
    SELECT r.id, name, born_on, address, i.id AS identifier, value, kind,
      (SELECT name FROM households h WHERE h.id = household_id) AS household
    FROM records r JOIN record_identifiers ON record_id = r.id JOIN identifiers i ON i.id = identifier_id
    ORDER BY i.id`);
const generations = async () => {
  const rows = await readSealingStatus(ctx());
  const tables = ['identifiers', 'records', 'record_versions', 'record_secret', 'households', 'places'];
  return rows.map(({ generation, rows }) => [
    generation,
    ...[...tables, 'break_glass'].map((table) => rows[table]),
  ]);
};

/** A node's keys, of the first generation; `rotate` adds one as the keeper does. */
async function startKeys() {
  const { dataKeys } = intake;
  dataKeys.adopt(ringOf(1, 1), await admit(ringOf(1, 1)));
  return async (ring: KeyRing) => dataKeys.adopt(ring, await admit(ring));
}

function pass(keys = intake.dataKeys) {
  const errors: unknown[] = [];
  const batches = resealAll({
    ...{ db: intake.db, dataKeys: keys },
    logger: { error: (...args: unknown[]) => void errors.push(args) } as never,
  });
  return { batches, errors };
}

describe('rotation', () => {
  it('changes every sealed value and index, and nothing that they say', async () => {
    const rotate = await startKeys();
    await importPeople();
    // Replaced: what it said before is kept, and sealed too.
    await intake.importCsv('persons', 'identifiers,address', `${PEOPLE[0]?.split(',')[0]},Ngõ khác`);
    await importPlaces();
    await breakGlass();
    const before = await plain();
    const reasons = await readReasons(intake.dataKeys);
    expect(reasons[2]).toBe('Người 3 nói đã ở đây');
    const old = await sealedValues();
    await rotate(ringOf(2, 1, 2));
    let batches = 0;
    for await (const rows of pass().batches) batches += rows > 0 ? 1 : 0;
    expect(batches).toBeGreaterThan(8);
    expect(await plain()).toEqual(before);
    const now = await sealedValues();
    expect(now.size).toBe(old.size);
    expect([...now].filter((value) => old.has(value))).toEqual([]);
    expect(await generations()).toEqual([
      [1, 0, 0, 0, 0, 0, 0, 0],
      [2, 2_400, 1_200, 1, 1, 300, 2, 3],
    ]);
    // The new key alone opens and finds everything.
    intake.dataKeys.keepLive(await retireGenerations(ctx(), liveOf()));
    const alone = new DataKeys(ringOf(2, 2), await admit(ringOf(2, 2)));
    const ids = before.map((row) => (row as { identifier: number }).identifier);
    expect((await readIdentifiers({ db: intake.db, dataKeys: alone }, ids)).size).toBe(2_400);
    expect((await readHolders({ db: intake.db, dataKeys: alone }, ids)).size).toBe(2_400);
    expect(await readReasons(alone)).toEqual(reasons);
  });

  it('lets imports in after every batch: the same again changes nothing, nobody is there twice', async () => {
    const rotate = await startKeys();
    await importPeople();
    await importPlaces();
    const before = await plain();
    await rotate(ringOf(2, 1, 2));
    let steps = 0;
    for await (const _ of pass().batches) {
      const sealed = await intake.dump();
      expect(await importPeople()).toMatchObject({ accepted: PEOPLE.length, rejected: 0 });
      expect(await importPlaces()).toMatchObject({ accepted: 2 });
      expect(await intake.dump()).toEqual(sealed);
      const late = `phone:0988${String(steps).padStart(6, '0')}`;
      await intake.importCsv('persons', 'identifiers,name', `${late},Người muộn ${steps}`);
      await intake.importCsv('persons', 'identifiers,name', `${late},Người muộn ${steps}`);
      steps++;
    }
    const after = await plain();
    expect(after.slice(0, before.length)).toEqual(before);
    expect(after.length).toBe(before.length + steps);
    expect((await generations())[0]).toEqual([1, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('that crashed goes on, also under a third generation', async () => {
    const rotate = await startKeys();
    await importPeople();
    const before = await plain();
    await rotate(ringOf(2, 1, 2));
    const first = pass().batches;
    await first.next();
    await first.next();
    await first.return(0);
    // Another process, with the ring of the day after.
    const again = new DataKeys(ringOf(3, 1, 2, 3), await admit(ringOf(3, 1, 2, 3)));
    expect(again.sealer.live).toEqual([3, 1, 2]);
    for await (const _ of pass(again).batches);
    expect(await retireGenerations(ctx(), { current: 3, live: again.sealer.live })).toEqual([3]);
    intake.dataKeys.adopt(ringOf(3, 3), await admit(ringOf(3, 3)));
    expect(await plain()).toEqual(before);
    expect(await generations()).toEqual([
      [1, 0, 0, 0, 0, 0, 0, 0],
      [2, 0, 0, 0, 0, 0, 0, 0],
      [3, 2_400, 1_200, 0, 1, 300, 0, 0],
    ]);
  });

  it('that is cut off inside a batch leaves the batch as it was', async () => {
    const rotate = await startKeys();
    await importPeople();
    await rotate(ringOf(2, 1, 2));
    const before = await intake.dump();
    const cut = new Error('cut off');
    const work = withTransaction(intake.db, async (tx) => {
      await tx.sql`UPDATE identifiers SET value_sealed = 'x', key_generation = 2 WHERE id < 500`;
      throw cut;
    });
    await expect(work).rejects.toThrow();
    expect(await intake.dump()).toEqual(before);
  });

  it('leaves a row that was tampered with, names it by id alone, and keeps its generation', async () => {
    const rotate = await startKeys();
    await importPeople();
    const swapped = await intake.db.sql`
      UPDATE identifiers a SET value_sealed = b.value_sealed FROM identifiers b
      WHERE (a.id, b.id) IN ((3, 4), (4, 3)) RETURNING a.id`;
    expect(swapped).toHaveLength(2);
    const live = (await rotate(ringOf(2, 1, 2))).live;
    const { batches, errors } = pass();
    for await (const _ of batches);
    expect(errors.map((args) => (args as [{ table: string; row: number }])[0])).toMatchObject([
      { table: 'identifiers', row: 3 },
      { table: 'identifiers', row: 4 },
    ]);
    expect(JSON.stringify(errors)).not.toMatch(/cccd:|phone:|\+849/);
    expect(await retireGenerations(ctx(), { current: 2, live })).toEqual([2, 1]);
  });
});

describe('in the database', () => {
  it('a reason of break-glass moved to another row is refused where it is read', async () => {
    await breakGlass();
    await intake.db.sql`
      UPDATE break_glass a SET reason_sealed = b.reason_sealed FROM break_glass b
      WHERE a.id = 1 AND b.id = 2`;
    await expect(readReasons(intake.dataKeys)).rejects.toMatchObject({
      reason: 'SEALED_VALUE_REFUSED',
      message: 'a value of break_glass.reason was changed or does not belong to its row',
    });
  });

  it.each([
    ['another person', `subject = 'somebody else'`],
    ['another area', `area = '24'`],
    ['another time', `opened_at = opened_at - interval '1 minute'`],
    ['another id', 'public_id = gen_random_uuid()'],
    ['a reason that names no row', 'reason_sealed = $1'],
  ])('a reason of break-glass is refused in a row that was written over: %s', async (_, change) => {
    await breakGlass();
    const plainOne = intake.dataKeys.sealer.seal('break_glass.reason', [1], ['Tôi đã ở đây']);
    const values = change.includes('$1') ? plainOne : [];
    await intake.db.sql.unsafe(`UPDATE break_glass SET ${change} WHERE id = 1`, values as Buffer[]);
    await expect(readReasons(intake.dataKeys)).rejects.toMatchObject({ reason: 'SEALED_VALUE_REFUSED' });
  });

  it.each([
    ['another place', `UPDATE places SET place = 'P9' WHERE place = 'P1'`, 'P9'],
    ['another ward', `UPDATE places SET ward = '07213' WHERE place = 'P1'`, 'P1'],
    ['no ward', `UPDATE places SET ward = NULL WHERE place = 'P1'`, 'P1'],
  ])('a name of a place is refused in a row that was written over: %s', async (_, statement, place) => {
    const add = (row: string) => intake.importCsv('places', 'place,name,kind,ward,capacity', row);
    await add('P1,Quán Nhà,cafe,07210,');
    await add('P1,,,,20');
    await intake.db.sql.unsafe(statement);
    await expect(add(`${place},,,,30`)).rejects.toMatchObject({ reason: 'SEALED_VALUE_REFUSED' });
  });

  it('reasons and names of before are sealed for their rows when the node starts', async () => {
    await breakGlass();
    await intake.importCsv('places', 'place,name,kind', 'P1,Quán Nhà,cafe', 'P2,,cafe');
    const { sealer } = intake.dataKeys;
    const [name] = sealer.seal('places.name', [1], ['Quán Cũ']);
    const [reason] = sealer.seal('break_glass.reason', [2], ['Lý do cũ']);
    await intake.db.sql`UPDATE places SET name_sealed = ${name as Buffer}, bound = false WHERE id = 1`;
    await intake.db.sql`UPDATE places SET bound = false WHERE id = 2`;
    await intake.db
      .sql`UPDATE break_glass SET reason_sealed = ${reason as Buffer}, bound = false WHERE id = 2`;
    // One that was tampered with stays, and stops nobody.
    await intake.db
      .sql`UPDATE break_glass SET reason_sealed = ${reason as Buffer}, bound = false WHERE id = 3`;
    const logger = createLogger('test', 'silent');
    await prepareData({ db: intake.db, dataKeys: intake.dataKeys, logger, clock: systemClock });
    expect(await intake.db.sql`SELECT FROM places WHERE NOT bound`).toHaveLength(0);
    await intake.db.sql`DELETE FROM break_glass WHERE id = 3`;
    expect(await readReasons(intake.dataKeys)).toEqual(['Lý do cũ', 'Người 1 nói đã ở đây']);
    await intake.importCsv('places', 'place,capacity', 'P1,7', 'P2,7');
    expect(await intake.askPlain('SELECT place, name FROM places ORDER BY 1')).toEqual([
      { place: 'P1', name: 'Quán Cũ' },
      { place: 'P2', name: null },
    ]);
  });

  it('a value moved to another row or column is refused where it is read', async () => {
    await importPeople();
    const people = { db: intake.db, dataKeys: intake.dataKeys };
    await intake.db.sql`
      UPDATE records r SET person_sealed = value_sealed FROM identifiers i WHERE r.id = 1 AND i.id = 1`;
    await intake.db.sql`
      UPDATE records a SET person_sealed = b.person_sealed FROM records b WHERE a.id = 2 AND b.id = 5`;
    const held = await intake.db.sql<{ identifier_id: number }[]>`
      SELECT identifier_ids[1] AS identifier_id FROM records WHERE id IN (1, 2, 3) ORDER BY id`;
    const read = await Promise.all(
      held.map(async ({ identifier_id }) => {
        const found = await readHolders(people, [identifier_id]).catch((error) => error);
        return found instanceof Map
          ? [...found.values()][0]?.[0]?.person.name
          : [found.reason, found.message];
      }),
    );
    const refused = [
      'SEALED_VALUE_REFUSED',
      'a value of records.person was changed or does not belong to its row',
    ];
    expect(read).toEqual([refused, refused, 'Người 2']);
  });

  it.each([
    ['names another', `UPDATE records SET identifier_ids = ARRAY[identifier_ids[1] + 3] WHERE id = 1`],
    ['names one more', `UPDATE records SET identifier_ids = identifier_ids || 9 WHERE id = 1`],
    ['names nobody of hers first', `UPDATE records SET identifier_ids = 9 || identifier_ids WHERE id = 1`],
    ['lies at another desk', `UPDATE records SET ward = '07210' WHERE id = 1`],
    [
      'is found by another',
      `UPDATE record_identifiers n SET record_id = 1 FROM records r WHERE r.id = n.record_id AND r.id = 2`,
    ],
    ['lies at no desk any more', `UPDATE records SET ward = NULL, identifier_ids = '{7}' WHERE id = 1`],
  ])('a person in a row that was written over is refused: it %s', async (_, statement) => {
    await importPeople();
    const [first] = await intake.db.sql<{ named: number[] }[]>`
      SELECT array_agg(id) AS named FROM identifiers WHERE id < 40`;
    const read = () => readHolders({ db: intake.db, dataKeys: intake.dataKeys }, first?.named ?? []);
    expect((await read()).size).toBeGreaterThan(10);
    await intake.db.sql.unsafe(statement);
    await expect(read()).rejects.toMatchObject({ reason: 'SEALED_VALUE_REFUSED' });
  });

  it('an identifier that is found by the index of another is refused where it is read', async () => {
    await importPeople();
    const read = () => readIdentifiers({ db: intake.db, dataKeys: intake.dataKeys }, [3, 4, 5]);
    expect((await read()).size).toBe(3);
    await intake.db.sql`
      UPDATE identifiers SET value_index = substring(sha256(value_index) FOR 16) WHERE id = 3`;
    await expect(read()).rejects.toMatchObject({ reason: 'SEALED_VALUE_REFUSED' });
  });

  it('persons of before are sealed for their rows when the node starts', async () => {
    await importPeople();
    const bound = () => intake.db.sql`SELECT FROM records WHERE bound`;
    const { sealer } = intake.dataKeys;
    const [old] = sealer.seal('records.person', [1], ['{"name":"Người cũ"}']);
    await intake.db.sql`UPDATE records SET person_sealed = ${old as Buffer}, bound = false WHERE id = 1`;
    const all = (await bound()).length + 1;
    const logger = createLogger('test', 'silent');
    await prepareRecords({ db: intake.db, dataKeys: intake.dataKeys, logger, clock: systemClock });
    expect(await bound()).toHaveLength(all);
    const [row] = await intake.db.sql<{ sealed: Buffer; named: number[] }[]>`
      SELECT person_sealed AS sealed, identifier_ids AS named FROM records WHERE id = 1`;
    const text = sealer.open('records.person', 1, row?.sealed as Buffer);
    expect(JSON.parse(text)).toMatchObject({ name: 'Người cũ', for: `${row?.named.join()} ` });
  });

  it('each identifier stands once, whatever is imported in whatever order and generation', async () => {
    const rotate = await startKeys();
    let generation = 1;
    const phone = fc.integer({ min: 0, max: 20 }).map((n) => `phone:09120000${String(n).padStart(2, '0')}`);
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.array(phone, { minLength: 1, maxLength: 8 }) },
      fc.constant('rotate' as const),
      fc.constant('batch' as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 6 }), async (steps) => {
        for (const step of steps) {
          if (step === 'batch') await pass().batches.next();
          else if (step !== 'rotate') await intake.importCsv('persons', 'identifiers', ...step);
          else if (generation < 9) {
            generation++;
            await rotate(ringOf(generation, ...Array.from({ length: generation }, (_, i) => i + 1)));
          }
        }
        const [counts] = await intake.askPlain(
          'SELECT count(*)::int AS rows, count(DISTINCT value)::int AS distinct FROM identifiers',
        );
        expect(counts).toEqual({
          rows: (counts as { distinct: number }).distinct,
          distinct: expect.any(Number),
        });
      }),
      { numRuns: 15 },
    );
  });
});

const liveOf = () => ({ current: intake.dataKeys.sealer.generation, live: intake.dataKeys.sealer.live });

/** All sealed values and indexes of all tables, in hex. */
async function sealedValues(): Promise<Set<string>> {
  const values = new Set<string>();
  for (const { table, sealed, indexed } of SEALED_TABLES) {
    const columns = [...sealed.map((name) => `${name}_sealed`), ...(indexed ? [`${indexed}_index`] : [])];
    for (const row of await intake.db.sql`SELECT ${intake.db.sql(columns)} FROM ${intake.db.sql(table)}`) {
      for (const value of Object.values(row))
        if (value !== null) values.add((value as Buffer).toString('hex'));
    }
  }
  return values;
}
