/** The worker pool with real threads of the built program, some of which are made to die. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../package-root.ts';
import { evaluate, oprfReady, tokensUnderKey } from './oprf.ts';
import { deriveOprfKey } from './oprf-key.ts';
import { startOprfWorkers } from './oprf-pool.ts';

const key = deriveOprfKey(randomBytes(32));
const identifiers = Array.from({ length: 300 }, (_, i) => `cccd:${String(i).padStart(12, '0')}`);
const lost = { code: 'UNAVAILABLE', reason: 'OPRF_WORKER_LOST' };

beforeAll(oprfReady);

describe.each([1, 3])('%i workers', (count) => {
  it('turn identifiers into their tokens, in order', async () => {
    await using hub = await startOprfWorkers(count, { key });
    await using node = await startOprfWorkers(count);
    const halves = [identifiers.slice(0, 100), identifiers.slice(100)].map(async (half) => {
      using batch = await node.blind(half);
      return await batch.finalize(await hub.evaluate(batch.blinded));
    });
    const tokens = Buffer.concat(await Promise.all(halves));
    expect(tokens.equals(tokensUnderKey(key, identifiers))).toBe(true);
  });
});

describe('the pool', () => {
  it('has nothing to say about nothing', async () => {
    await using workers = await startOprfWorkers(1, { key });
    using batch = await workers.blind([]);
    expect(await workers.evaluate(batch.blinded)).toHaveLength(0);
    expect(await batch.finalize(new Uint8Array())).toHaveLength(0);
  });

  it.each(['Uint8Array', 'Buffer'])('leaves a %s that it is given to the caller', async (kind) => {
    await using workers = await startOprfWorkers(1, { key });
    using batch = await workers.blind(identifiers);
    // A Buffer is what gRPC hands over: `slice` of it shares its memory.
    const given = kind === 'Buffer' ? Buffer.from(batch.blinded) : Uint8Array.from(batch.blinded);
    const evaluated = Buffer.from(await workers.evaluate(given));
    expect(Buffer.from(given).equals(batch.blinded)).toBe(true);
    expect(evaluated.equals(evaluate(key, batch.blinded))).toBe(true);
    await batch.finalize(evaluated);
    expect(evaluated.equals(evaluate(key, batch.blinded))).toBe(true);
  });

  it('refuses bad elements and works on', async () => {
    await using workers = await startOprfWorkers(1, { key });
    const refusal = { code: 'INVALID_ARGUMENT', reason: 'OPRF_BAD_ELEMENT' };
    await expect(workers.evaluate(new Uint8Array(32))).rejects.toMatchObject(refusal);
    await expect(workers.evaluate(new Uint8Array(33))).rejects.toMatchObject(refusal);
    using batch = await workers.blind(['a']);
    await expect(batch.finalize(new Uint8Array(32))).rejects.toMatchObject(refusal);
    using next = await workers.blind(['a']);
    expect(await workers.evaluate(next.blinded)).toHaveLength(32);
  });

  it('evaluates nothing without a key', async () => {
    await using workers = await startOprfWorkers(1);
    using batch = await workers.blind(['a']);
    await expect(workers.evaluate(batch.blinded)).rejects.toMatchObject({ reason: 'OPRF_NO_KEY' });
  });

  it('keeps the blinds of a batch for one use', async () => {
    await using workers = await startOprfWorkers(1, { key });
    const used = await workers.blind(['a']);
    const evaluated = await workers.evaluate(used.blinded);
    await used.finalize(evaluated);
    await expect(used.finalize(evaluated)).rejects.toMatchObject({ reason: 'OPRF_BATCH_LOST' });
    const disposed = await workers.blind(['a']);
    disposed[Symbol.dispose]();
    await expect(disposed.finalize(evaluated)).rejects.toMatchObject({ reason: 'OPRF_BATCH_LOST' });
  });

  it('lets a small call pass a large one', async () => {
    await using workers = await startOprfWorkers(1, { key });
    using batch = await workers.blind(identifiers);
    const finished: string[] = [];
    const large = workers
      .evaluate(Buffer.concat(Array(10).fill(batch.blinded)))
      .then(() => finished.push('large'));
    const small = workers.evaluate(batch.blinded.slice(0, 32)).then(() => finished.push('small'));
    await Promise.all([large, small]);
    expect(finished).toEqual(['small', 'large']);
  });

  it('stops working for a caller that has gone', async () => {
    await using workers = await startOprfWorkers(1, { key });
    using batch = await workers.blind(identifiers);
    const caller = new AbortController();
    const evaluating = workers.evaluate(batch.blinded, caller.signal);
    caller.abort();
    await expect(evaluating).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('rejects what it was doing when it is stopped, and everything after', async () => {
    const workers = await startOprfWorkers(2, { key });
    const batch = await workers.blind(identifiers);
    const evaluating = workers.evaluate(batch.blinded);
    const closed = expect(evaluating).rejects.toMatchObject({ code: 'UNAVAILABLE', reason: 'OPRF_CLOSED' });
    await workers[Symbol.asyncDispose]();
    await closed;
    await expect(workers.blind(['a'])).rejects.toMatchObject({ reason: 'OPRF_CLOSED' });
  });
});

describe('a worker that dies', () => {
  let directory: string;
  let mortal: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'truyvet-oprf-'));
    mortal = join(directory, 'mortal.mjs');
    // The real worker, which obeys two more words.
    const real = pathToFileURL(join(packageRoot, 'dist/shared/pseudonym/oprf-worker.js')).href;
    await writeFile(
      mortal,
      `import { parentPort } from 'node:worker_threads';
      const on = parentPort.on.bind(parentPort);
      parentPort.on = (event, listener) => on(event, (message) => {
        if (message.identifiers?.[0] === 'exit') process.exit(7);
        if (message.identifiers?.[0] === 'throw') throw new Error('for phone:+84912345678');
        listener(message);
      });
      await import(${JSON.stringify(real)});`,
    );
  });
  afterAll(() => rm(directory, { recursive: true }));

  it.each(['exit', 'throw'])('by %s rejects all its callers and is replaced', async (death) => {
    const warnings: unknown[] = [];
    const logger = { warn: (...args: unknown[]) => void warnings.push(args) };
    await using workers = await startOprfWorkers(1, { key, entry: mortal, logger });
    const earlier = await workers.blind(['a']);
    const evaluated = await workers.evaluate(earlier.blinded);
    const dying = [workers.blind([death]), workers.blind(identifiers), earlier.finalize(evaluated)];
    for (const outcome of await Promise.allSettled(dying)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: lost });
    }
    expect(warnings).toHaveLength(1);

    using batch = await workers.blind(identifiers);
    const tokens = await batch.finalize(await workers.evaluate(batch.blinded));
    expect(Buffer.from(tokens).equals(tokensUnderKey(key, identifiers))).toBe(true);
    await expect(earlier.finalize(evaluated)).rejects.toMatchObject({ reason: 'OPRF_BATCH_LOST' });
  });

  it('harms no other worker', async () => {
    await using workers = await startOprfWorkers(2, { key, entry: mortal });
    const dying = workers.blind(['exit']);
    const living = workers.blind(identifiers);
    await expect(dying).rejects.toMatchObject(lost);
    using batch = await living;
    expect(await batch.finalize(await workers.evaluate(batch.blinded))).toHaveLength(16 * identifiers.length);
  });

  it('at its start is a start that fails', async () => {
    const entry = join(directory, 'stillborn.mjs');
    await writeFile(entry, 'process.exit(1);');
    await expect(startOprfWorkers(2, { entry })).rejects.toMatchObject(lost);
    const missing = { reason: 'OPRF_WORKER_MISSING' };
    await expect(startOprfWorkers(1, { entry: join(directory, 'none.mjs') })).rejects.toMatchObject(missing);
  });
});
