/**
 * How a program ends that nobody told to: one line of its log says so, and nothing that an error quoted.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../shared/package-root.ts';
import { keysOutsideTheList } from '../support/log-lines.ts';

function run(start: string): Promise<{ code: number; err: string }> {
  const runner = join(packageRoot, 'dist', 'shared', 'run-program.js');
  const script = `
    import { runProgram } from ${JSON.stringify(runner)};
    const idle = setInterval(() => undefined, 1000);
    process.exitCode = await runProgram({ name: 'stand-in', start: ${start}, holdLifeline: () => undefined });
    clearInterval(idle);`;
  return new Promise((resolve) => {
    execFile(process.execPath, ['--input-type=module', '-e', script], (error, _out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, err }),
    );
  });
}

const LOST = `async () => {
  setTimeout(() => void Promise.reject(new Error('phone:+84912345678')), 5);
  return { async [Symbol.asyncDispose]() {} };
}`;

it.each([
  ['cannot start', `async () => { throw new Error('phone:+84912345678'); }`],
  ['loses a rejection', LOST],
])('a program that %s ends with 1 and a line of its log', async (_what, start) => {
  const { code, err } = await run(start);
  expect(code).toBe(1);
  const line = JSON.parse(err);
  expect(line).toMatchObject({ level: 60, name: 'stand-in', msg: 'ended by an error' });
  expect(line.err).toMatchObject({ code: 'INTERNAL', cause: { type: 'Error', at: expect.any(Array) } });
  expect(keysOutsideTheList(line)).toEqual([]);
  expect(err).not.toContain('+8491');
});
