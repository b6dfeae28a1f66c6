import { expect, test } from 'vitest';
import type { Clock } from '../../../shared/clock.ts';
import { type Output, Screen } from './screen.ts';

/** Collects what is written; each sleep of the screen is one step of the work. */
function stage(isTTY: boolean, steps: number, columns = 12) {
  let text = '';
  let step = 0;
  let finish: () => void = () => undefined;
  const work = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const output: Output = {
    isTTY,
    columns,
    write: (part) => {
      text += part;
    },
  };
  const clock: Clock = {
    nowMs: () => 0,
    sleep: async (_ms, signal) => {
      step++;
      if (step === steps) finish();
      if (step >= steps)
        await new Promise((resolve) => signal?.addEventListener('abort', resolve, { once: true }));
    },
  };
  return { screen: new Screen(output, clock), work, step: () => step, text: () => text };
}

test('at a terminal it draws over what it drew, cut to the width, and leaves the last drawing', async () => {
  const { screen, work, step, text } = stage(true, 2);
  const view = () => ({ live: [`bước ${step()}`, 'một dòng quá dài'], plain: '' });
  await screen.during(view, work);
  screen.print('xong');
  const drawn = (number: number) => `bước ${number}\x1b[K\nmột dòng q…\x1b[K\n\x1b[J`;
  expect(text()).toBe(`${drawn(0)}\x1b[2A${drawn(1)}\x1b[2A${drawn(2)}xong\n`);
});

test('into a pipe it writes plain lines, and only what has changed', async () => {
  const { screen, work, step, text } = stage(false, 3);
  await screen.during(() => ({ live: ['không'], plain: step() < 2 ? 'đang chạy' : 'xong' }), work);
  expect(text()).toBe('đang chạy\nxong\n');
});

test('a failure of the work is passed on, after a last drawing', async () => {
  const { screen, text } = stage(true, 9);
  const failing = Promise.reject(new Error('hỏng'));
  await expect(screen.during(() => ({ live: ['a'], plain: 'a' }), failing)).rejects.toThrow('hỏng');
  expect(text()).toContain('a\x1b[K\n');
});

test('a terminal that says it has no columns is drawn on as if it had 80', async () => {
  const { screen, work, text } = stage(true, 1, 0);
  await screen.during((width) => ({ live: [`bước ${width} ${'x'.repeat(60)}`], plain: '' }), work);
  expect(text()).toContain(`bước 79 ${'x'.repeat(60)}\x1b[K\n`);
});
