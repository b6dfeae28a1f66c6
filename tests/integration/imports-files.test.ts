/** Files as a whole: importing again, batches, order, concurrency, files that end badly, memory. */
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { type ImportReport, importRows } from '../../node/records/intake/operations.ts';
import type { ImportKind } from '../../node/records/intake/rows.ts';
import { CALLER, createIntake, type Intake } from './imports-fixture.ts';

let intake: Intake;
beforeEach(async () => {
  intake = await createIntake();
  return () => intake[Symbol.asyncDispose]();
});

const BATCH = 2_000;
const count = async (table: string) =>
  (await intake.db.sql<{ n: number }[]>`SELECT count(*) AS n FROM ${intake.db.sql(table)}`)[0]?.n;
const cmnd = (n: number) => `cmnd:${String(n).padStart(9, '0')}`;
const iso = (n: number) => new Date((1_620_000_000 + n) * 1000).toISOString();

describe('importing again', () => {
  it('writes nothing and counts as accepted', async () => {
    const files: [ImportKind, string[]][] = [
      ['persons', personsFile(40, 1)],
      ['places', ['place,name,kind,capacity,latitude', 'P1,A,bar,5,21.123456789', 'P2,,cafe,,', 'P1,B,,6,']],
      [
        'check-ins',
        ['identifier,place,in_at,out_at,home_province'].concat(
          Array.from({ length: 200 }, (_, i) => {
            const at = (i * 7919) % 100_000;
            const [out, home] = [i % 3 ? '' : iso(at + 500), i % 5 ? '' : '24'];
            return `${cmnd(i % 9)},P${(i % 2) + 1},${iso(at)},${out},${home}`;
          }),
        ),
      ],
      [
        'encounters',
        ['identifier_a,identifier_b,from,until,rssi'].concat(
          Array.from(
            { length: 50 },
            (_, i) => `${cmnd(i % 7)},${cmnd(10 + (i % 5))},${iso(i)},${iso(i + 900)},-${i}`,
          ),
        ),
      ],
    ];
    const reports: ImportReport[] = [];
    for (const [kind, lines] of files) reports.push(await intake.importCsv(kind, ...lines));
    expect(reports.map(({ rejected }) => rejected)).toEqual([0, 0, 0, 0]);
    const before = await intake.dump();
    const { record_versions: replaced, ...filled } = before;
    expect(Object.values(filled).every((rows) => rows.length > 0)).toBe(true);
    expect(replaced).toEqual([]);
    await intake.takeHeard();
    for (const [index, [kind, lines]] of files.entries()) {
      expect(await intake.importCsv(kind, ...lines)).toEqual(reports[index]);
    }
    expect(await intake.dump()).toEqual(before);
    expect(await intake.takeHeard()).toEqual({ identifiers: [], stays: [], encounters: [] });
  });

  it('holds for people whatever their records share and contradict', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 30 }), fc.nat(), async (size, seed) => {
        await intake.db.sql`TRUNCATE records, identifiers, households CASCADE`;
        const file = personsFile(size, seed);
        await intake.importCsv('persons', ...file);
        const before = await intake.dump();
        await intake.importCsv('persons', ...file);
        expect(await intake.dump()).toEqual(before);
      }),
      { numRuns: 40 },
    );
  });
});

/** People that share identifiers in every way; values that contradict each other. */
function personsFile(size: number, seed: number): string[] {
  const pick = (i: number, n: number) => Math.floor(Math.abs(Math.sin(seed * 31 + i) * 10_000)) % n;
  const rows = Array.from({ length: size }, (_, i) => {
    const loose = Array.from({ length: 1 + pick(i, 3) }, (_, j) => cmnd(pick(i * 5 + j, 20)));
    const cccd = pick(i + 7, 3) ? [] : [`cccd:00109000000${pick(i + 11, 6)}`];
    const cell = (n: number, values: string[]) => values[pick(i * 13 + n, values.length)];
    const name = cell(1, ['', 'An', 'Ba', 'Chi']);
    const [province, household] = [cell(2, ['', '24', '79']), cell(3, ['', 'H1', 'H2', 'H3'])];
    return `${[...loose, ...cccd].join(' ')},${name},${province},${household}`;
  });
  return ['identifiers,name,province,household', ...rows];
}

describe('batches', () => {
  it('do not show: bad rows at their edges, errors by line, the first 1,000 kept', async () => {
    await intake.importCsv('places', 'place,kind', 'P1,cafe');
    const lines = ['identifier,place,in_at'];
    for (let row = 2; lines.length <= 3 * BATCH + 10; row++) {
      const unknownPlace = row % 10 === 1;
      const badInstant = row % 10 === 2;
      lines.push(`${cmnd(row)},${unknownPlace ? 'P9' : 'P1'},${badInstant ? 'noon' : iso(row)}`);
    }
    const report = await intake.importCsv('check-ins', ...lines);
    const rows = lines.length - 1;
    expect(report.accepted + report.rejected).toBe(rows);
    expect(report.rejected).toBe(2 * Math.floor((rows + 9) / 10));
    expect(await count('check_ins')).toBe(report.accepted);
    expect(report.errors).toHaveLength(1_000);
    const expected = Array.from({ length: 1_000 }, (_, i) => 2 + Math.floor(i / 2) * 10 + (i % 2) * 9);
    expect(report.errors.map(({ line }) => line)).toEqual(expected);
  });

  it('a stay is ended by a check-in of the next batch', async () => {
    await intake.importCsv('places', 'place,kind', 'P1,cafe');
    const lines = Array.from({ length: BATCH + 1 }, (_, i) => `${cmnd(1)},P1,${iso(i * 10)}`);
    await intake.importCsv('check-ins', 'identifier,place,in_at', ...lines);
    const [open] = await intake.db.sql`SELECT count(*) AS n FROM check_ins WHERE next_in_at IS NULL`;
    expect(open?.n).toBe(1);
  });

  it('of concurrent imports take turns', async () => {
    await intake.importCsv('places', 'place,kind', 'P1,cafe');
    const file = (offset: number) => [
      'identifier,place,in_at',
      ...Array.from(
        { length: 300 },
        (_, i) => `${cmnd((i * 7) % 20)},P1,${iso(((i * 37) % 300) * 4 + offset)}`,
      ),
    ];
    await Promise.all([0, 1, 2, 3].map((offset) => intake.importCsv('check-ins', ...file(offset))));
    const wrong = await intake.db.sql`
      SELECT * FROM check_ins c WHERE next_in_at IS DISTINCT FROM (
        SELECT min(n.in_at) FROM check_ins n
        WHERE n.identifier_id = c.identifier_id AND n.in_at > c.in_at
      )`;
    expect(wrong).toHaveLength(0);
    expect(await count('check_ins')).toBe(1200);
  });

  it('of persons that share identifiers, imported at the same time, end in one record a key', async () => {
    const files = [1, 2, 3, 4].map((seed) => personsFile(200, seed));
    await Promise.all(files.map((file) => intake.importCsv('persons', ...file)));
    const keys = files.flatMap((file) => file.slice(1).map((row) => row.split(',')[0]?.split(' ')));
    const distinct = new Set(keys.map((key) => [...new Set(key)].sort().join(' ')));
    expect(await count('records')).toBe(distinct.size);
    const [wrong] = await intake.db.sql`
      SELECT count(*) AS n FROM records r WHERE identifier_ids IS DISTINCT FROM (
        SELECT array_agg(identifier_id ORDER BY position) FROM record_identifiers WHERE record_id = r.id)`;
    expect(wrong?.n).toBe(0);
  });

  it('are stored no faster than rows are read ahead: memory is bounded', async () => {
    const rows = 200_000;
    let given = 0;
    let furthest = 0;
    let stored = 0;
    async function* bytes() {
      yield Buffer.from('place,kind\n');
      while (given < rows) {
        const lines = Array.from({ length: 1_000 }, () => `P${given++ % 50},cafe\n`);
        furthest = Math.max(furthest, given - stored);
        yield Buffer.from(lines.join(''));
      }
    }
    const report = await importRows(intake.ctx, CALLER, {
      kind: 'places',
      source: { format: 'csv', bytes: bytes() },
      onProgress: ({ accepted }) => {
        stored = accepted;
      },
    });
    expect(report).toEqual({ accepted: rows, rejected: 0, errors: [], warnings: [] });
    expect(furthest).toBeLessThanOrEqual(3 * BATCH);
  });
});

describe('files that end badly', () => {
  const importText = (text: string, format: 'csv' | 'ndjson' = 'csv', after?: Error) => {
    const bytes = (async function* () {
      yield Buffer.from(text);
      if (after) throw after;
    })();
    return importRows(intake.ctx, CALLER, { kind: 'places', source: { format, bytes } });
  };
  const good = (n: number) => Array.from({ length: n }, (_, i) => `P${i},cafe\n`).join('');

  it.each([
    ['an unclosed quote', 'P,"cafe\nQ,bar\n', 'QUOTE_NOT_CLOSED', 'QUOTE_OPEN'],
    ['an endless line', 'x'.repeat(70_000), 'LINE_TOO_LONG', 'TOO_MANY_BYTES'],
  ])('%s: the rows before it are kept and counted', async (_, text, reason, fault) => {
    await expect(importText(`place,kind\n${good(3)}P9,pub\n${text}`)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      reason,
      message: expect.stringMatching(/^line 6: .*; body: of the rows before it 3 were kept and 1 rejected$/),
      details: [
        { field: 'line 6', reason: fault },
        { field: 'body', reason: 'ROWS_KEPT', params: { accepted: 3, rejected: 1 } },
      ],
    });
    expect(await count('places')).toBe(3);
  });

  it.each([
    ['an unknown column', 'place,kind,pulse\nP,cafe,5\n', 'HEADER_INVALID'],
    ['a missing column', 'name,kind\nP,cafe\n', 'HEADER_INVALID'],
    ['a repeated column', 'place,kind,place\nP,cafe,P\n', 'HEADER_INVALID'],
    ['no header', '', 'HEADER_MISSING'],
    ['UTF-16', '\ufffe', 'HEADER_INVALID'],
  ])('%s: nothing is changed', async (_, text, reason) => {
    await expect(importText(text)).rejects.toMatchObject({
      reason,
      message: expect.stringMatching(/; body: nothing was changed$/),
    });
    expect(await count('places')).toBe(0);
  });

  it('an upload that breaks off keeps whole batches, and can be repeated', async () => {
    const broken = importText(`place,kind\n${good(BATCH + 100)}`, 'csv', new Error('socket hang up'));
    await expect(broken).rejects.toMatchObject({ code: 'CANCELLED', reason: 'UPLOAD_CUT_OFF' });
    expect(await count('places')).toBe(BATCH);
    expect((await importText(`place,kind\n${good(BATCH + 100)}`)).accepted).toBe(BATCH + 100);
    expect(await count('places')).toBe(BATCH + 100);
  });

  it('a batch that the database refuses is not stored in part, and the error tells no value', async () => {
    await intake.db.sql`ALTER TABLE places ADD CONSTRAINT refused CHECK (place <> 'P3000')`;
    await expect(importText(`place,kind\n${good(2 * BATCH)}`)).rejects.toMatchObject({
      reason: 'DATABASE_ERROR',
      message: 'internal error',
    });
    expect(await count('places')).toBe(BATCH);
  });

  it('an empty NDJSON is no rows', async () => {
    expect(await importText('', 'ndjson')).toEqual({ accepted: 0, rejected: 0, errors: [], warnings: [] });
  });
});
