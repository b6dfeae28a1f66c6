/** A stream that is ended by somebody else, while its next message is waited for and before it. */
import { expect, test } from 'vitest';
import { untilCut } from './cut-off.ts';

const why = new Error('revoked');

/** Words, and then nothing for ever. */
async function* saying(...words: string[]) {
  yield* words;
  await new Promise<void>(() => undefined);
}

test('passes on what comes, and ends with its source', async () => {
  const all: number[] = [];
  const source = (async function* () {
    yield* [1, 2, 3];
  })();
  for await (const n of untilCut(source, new AbortController().signal)) all.push(n);
  expect(all).toEqual([1, 2, 3]);
});

test('is cut off in the middle of waiting', async () => {
  const cut = new AbortController();
  const requests = untilCut({ [Symbol.asyncIterator]: () => waiting() }, cut.signal);
  expect((await requests.next()).value).toBe('a');
  const next = requests.next();
  cut.abort(why);
  await expect(next).rejects.toBe(why);
});

test('reads nothing once it is cut off', async () => {
  const cut = new AbortController();
  const requests = untilCut(saying('a', 'b'), cut.signal);
  await requests.next();
  cut.abort(why);
  await expect(requests.next()).rejects.toBe(why);
});

/** As a reader of a connection is: it can be left while its next message has not come. */
function waiting(): AsyncIterator<string> {
  const words = saying('a');
  return { next: () => words.next(), return: async () => ({ done: true, value: undefined }) };
}
