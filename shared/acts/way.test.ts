import { expect, test } from 'vitest';
import { wayOf } from './way.ts';

/** Whether a promise has resolved by the next turns of the event loop. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.then(() => {
    settled = true;
  });
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
  return settled;
}
const nothing = async () => undefined;

test('further steps of a long change wait until who changes one thing is done', async () => {
  const way = wayOf({});
  const long = way.goInSteps();
  expect(await isSettled(long.step(nothing))).toBe(true);
  const [one, other] = [way.enter(), way.enter()];
  const second = long.step(nothing);
  expect(await isSettled(second)).toBe(false);
  one[Symbol.dispose]();
  expect(await isSettled(second)).toBe(false);
  other[Symbol.dispose]();
  expect(await isSettled(second)).toBe(true);
});

test('but not for ever', async () => {
  const way = wayOf({});
  const long = way.goInSteps();
  await long.step(nothing);
  using _writing = way.enter();
  const begunAt = performance.now();
  await long.step(nothing);
  expect(performance.now() - begunAt).toBeGreaterThan(50);
});

test('what turns out to be one step goes first, as who has one thing to change', async () => {
  const way = wayOf({});
  const [long, short] = [way.goInSteps(), way.goInSteps()];
  await short.step(nothing);
  await long.step(nothing);
  short.end();
  const third = way.goInSteps();
  const second = long.step(nothing);
  expect(await isSettled(second)).toBe(false);
  await third.step(nothing);
  expect(await isSettled(second)).toBe(true);
});

test('is shared while others change something and shortly after, not by what is long itself', async () => {
  const way = wayOf({});
  const long = way.goInSteps();
  expect(way.isShared).toBe(false);
  await long.step(nothing);
  await long.step(nothing);
  long.end();
  const another = way.goInSteps();
  await another.step(nothing);
  another.end();
  expect(way.isShared).toBe(false);
  const [one, noted] = [way.enter(), wayOf({})];
  noted.note();
  expect(noted.isShared).toBe(true);
  expect(way.isShared).toBe(true);
  one[Symbol.dispose]();
  expect(way.isShared).toBe(true);
});

test('of a step that fails nothing is left in the way', async () => {
  const way = wayOf({});
  const failing = way.goInSteps();
  await expect(failing.step(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  const long = way.goInSteps();
  await long.step(nothing);
  expect(await isSettled(long.step(nothing))).toBe(true);
});

test('databases do not wait for each other', () => {
  const [db, another] = [{}, {}];
  using _writing = wayOf(db).enter();
  expect([wayOf(db).isShared, wayOf(another).isShared]).toEqual([true, false]);
});
