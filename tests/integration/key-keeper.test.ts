/**
 * The keeper of data keys beside a working database: it notices a changed ring, seals anew, retires, and
 * stays with the keys at hand when a ring is no good.
 */
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DataKeys } from '../../node/sealing/data-keys.ts';
import { startKeyKeeper } from '../../node/sealing/key-keeper.ts';
import { formatKeyRing } from '../../node/sealing/key-ring.ts';
import type { KeySource } from '../../node/sealing/key-source.ts';
import { openDataKeys, readSealingStatus } from '../../node/sealing/operations.ts';
import { type Clock, systemClock } from '../../shared/clock.ts';
import { createMetrics } from '../../shared/http/metrics.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { askPlain, testKeyRing } from '../support/sealed.ts';
import { waitFor } from '../support/wait.ts';
import { intakeOn } from './imports-fixture.ts';

let database: TestDatabase;
let directory: string;
let file: string;
beforeEach(async () => {
  [database, directory] = await Promise.all([
    createTestDatabase('node'),
    mkdtemp(join(tmpdir(), 'truyvet-keeper-')),
  ]);
  file = join(directory, 'keys.json');
  await writeRing(1);
});
afterEach(async () => {
  await database[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

const writeRing = (current: number) => replaceFile(formatKeyRing(testKeyRing(current)));

/** Whole or not at all: the keeper reads at any moment. */
async function replaceFile(text: string): Promise<void> {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}

/** A minute lasts 300 ms. */
const quick: Clock = {
  nowMs: () => systemClock.nowMs() * 200,
  sleep: (ms, signal) => systemClock.sleep(ms / 200, signal),
};

async function start(source: KeySource = { file }) {
  const { db } = database;
  const warnings: unknown[] = [];
  const logger = { info: () => undefined, warn: (...args: unknown[]) => void warnings.push(args) };
  const metrics = createMetrics('node-24');
  const context = { db, clock: quick };
  const dataKeys: DataKeys = await openDataKeys(context, source);
  const keeper = startKeyKeeper({
    ...{ ...context, dataKeys, source, metrics },
    logger: { ...logger, error: logger.warn } as never,
  });
  return { ...intakeOn(db, dataKeys), keeper, warnings, metrics, dataKeys };
}

const PEOPLE = Array.from({ length: 1_500 }, (_, i) => `cmnd:${String(i).padStart(9, '0')},Người ${i}`);
const importPeople = ({ importCsv }: Awaited<ReturnType<typeof start>>) =>
  importCsv('persons', 'identifiers,name', ...PEOPLE);
const retired = async () => {
  const status = await readSealingStatus({ db: database.db });
  return status.map(({ generation, retiredAt, rows }) => [generation, retiredAt !== null, rows.records]);
};

describe('the keeper', () => {
  it('notices another ring, seals everything anew and retires the old generation', async () => {
    const node = await start();
    await using _keeper = node.keeper;
    await importPeople(node);
    const names = () =>
      askPlain(
        database.db,
        node.dataKeys,
        'SELECT value, name FROM identifiers i JOIN records r ON r.identifier_ids[1] = i.id',
      );
    const before = await names();
    await writeRing(2);
    await waitFor('retirement', async () => node.dataKeys.sealer.live.join() === '2');
    expect(await retired()).toEqual([
      [1, true, 0],
      [2, false, 1_500],
    ]);
    expect(await names()).toEqual(before);
    const figures = await node.metrics.metrics();
    expect(figures).toMatch(/truyvet_data_key_generation\{[^}]*\} 2\n/);
    expect(figures).toMatch(/truyvet_data_key_generations_live\{[^}]*\} 1\n/);
    expect(figures).toMatch(/truyvet_resealed_rows_total\{[^}]*\} 3001\n/);
    expect(node.warnings).toEqual([]);
  });

  it('goes through several rotations while imports go on', async () => {
    const node = await start();
    await using _keeper = node.keeper;
    for (const generation of [2, 3, 4]) {
      await importPeople(node);
      await writeRing(generation);
      await waitFor('the rotation', () => node.dataKeys.sealer.generation === generation);
      await importPeople(node);
    }
    await waitFor('retirement', async () => node.dataKeys.sealer.live.join() === '4');
    expect(await retired()).toEqual([
      [1, true, 0],
      [2, true, 0],
      [3, true, 0],
      [4, false, 1_500],
    ]);
  });

  it.each([
    ['spoilt', 'spoilt'],
    ['half written', formatKeyRing(testKeyRing(2)).slice(0, 90)],
    [
      'of other keys',
      formatKeyRing({ current: 1, keys: new Map([[1, new Uint8Array(32).map((_, i) => i * 3)]]) }),
    ],
  ])(
    'stays with its keys while the file is %s, says so once, and takes the next good one',
    async (_, text) => {
      const node = await start();
      await using _keeper = node.keeper;
      await replaceFile(text);
      await waitFor('a warning', () => node.warnings.length === 1);
      expect(await importPeople(node)).toMatchObject({ accepted: 1_500 });
      await writeRing(2);
      await waitFor('retirement', async () => node.dataKeys.sealer.live.join() === '2');
      expect(node.warnings).toHaveLength(1);
      expect(JSON.stringify(node.warnings)).not.toMatch(/[0-9a-f]{16}/);
    },
  );

  it('does the same with a command', async () => {
    const node = await start({ command: ['/bin/cat', file] });
    await using _keeper = node.keeper;
    await importPeople(node);
    await rm(file);
    await waitFor('a warning', () => node.warnings.length === 1);
    await writeRing(2);
    await waitFor('retirement', async () => node.dataKeys.sealer.live.join() === '2');
  });

  it('goes on where a process before it was ended', async () => {
    const first = await start();
    await importPeople(first);
    await writeRing(2);
    await waitFor('the rotation', () => first.dataKeys.sealer.generation === 2);
    await first.keeper[Symbol.asyncDispose]();
    const second = await start();
    await using _keeper = second.keeper;
    await waitFor('retirement', async () => second.dataKeys.sealer.live.join() === '2');
    expect(await retired()).toEqual([
      [1, true, 0],
      [2, false, 1_500],
    ]);
  });
});

describe('a node', () => {
  it.each([
    [
      'another key',
      formatKeyRing({ current: 1, keys: new Map([[1, new Uint8Array(32).map((_, i) => i * 3)]]) }),
      'DATA_KEYS_WRONG',
    ],
    [
      'a later generation alone',
      formatKeyRing({ current: 2, keys: new Map([[2, new Uint8Array(32).map((_, i) => i * 3)]]) }),
      'DATA_KEYS_INCOMPLETE',
    ],
  ])('does not start with %s', async (_, text, reason) => {
    await (await start()).keeper[Symbol.asyncDispose]();
    await replaceFile(text);
    await expect(start()).rejects.toMatchObject({ code: 'FAILED_PRECONDITION', reason });
  });
});
