/**
 * `npm start` as its users meet it, with its output in a pipe: what it prints, that every province's contacts
 * are the oracle's, that everything stays up until it is told to stop, and that nothing is left then.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nowSeconds, systemClock } from '../../shared/clock.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { call, differences, type ProvincialContact } from '../federation/drive.ts';
import { oracleOf } from '../simulation/oracle.ts';
import { outbreakDataset } from '../support/outbreak-dataset.ts';
import { waitFor } from '../support/wait.ts';

const rules = JSON.parse(readFileSync(join(packageRoot, 'hub/packs/default/2021-12-29.json'), 'utf8'));

let directory: string;
let demo: ChildProcess;
let startedAt: number;
const lines: string[] = [];
let variables = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'demo-test-'));
  startedAt = nowSeconds(systemClock);
  demo = start({});
  for await (const line of createInterface({ input: demo.stdout! })) {
    lines.push(line);
    if (line.includes('/graph')) break;
  }
});

afterAll(async () => {
  demo?.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

function start(env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, [join(packageRoot, 'dist/deploy/demo/main.js')], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: directory, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** What is assigned to a variable in the file that the screen names. */
function variable(name: string): string {
  const file = lines.join('\n').match(/^ {2}\. (\S+)$/m)?.[1] ?? '';
  variables ||= readFileSync(file, 'utf8');
  const found = variables.match(new RegExp(`(?:^|\\s)${name}=(\\S+)`));
  if (!found) throw new Error(`no ${name} in ${file}`);
  return found[1] as string;
}

const door = (province: string) => ({ url: variable(`N${province}`), token: variable(`T${province}`) });

test('the contacts at all provinces are the oracle’s, and the table counts them', async () => {
  const { dataset, request } = await outbreakDataset(startedAt);
  const expected = oracleOf(dataset, rules).contacts(request);
  const found: ProvincialContact[] = [];
  for (const province of dataset.provinces) {
    const path = `/v1/traces/${variable('TRACE')}/contacts?limit=1000`;
    const { contacts } = await call<{ contacts: ProvincialContact[] }>(door(province), path);
    found.push(...contacts.map((contact) => ({ ...contact, province })));
    const numbers = [1, 2].map((degree) => contacts.filter((contact) => contact.degree === degree).length);
    expect(numbers.every((number) => number > 0)).toBe(true);
    const row =
      lines.find((line) => line.startsWith(`  ${province} `) && line.includes('đủ / current')) ?? '';
    expect(row.match(/ \d+(?= )/g)?.map(Number)).toEqual([Number(province), ...numbers, contacts.length]);
  }
  expect(differences(found, expected)).toEqual([]);
  expect(lines.find((line) => line.includes('hoàn tất / complete'))).toBeDefined();
});

test('no token is on the screen', () => {
  expect(lines.filter((line) => /eyJ|T24=/.test(line))).toEqual([]);
});

test('plain text in a pipe, and four pages of API documentation that answer', async () => {
  expect(lines.filter((line) => line.includes('\x1b'))).toEqual([]);
  const pages = lines.flatMap((line) => line.match(/http:\S+\/docs/) ?? []);
  expect(pages).toHaveLength(4);
  for (const page of pages) {
    const response = await fetch(page);
    expect({ page, status: response.status, type: response.headers.get('content-type') }).toEqual({
      ...{ page, status: 200 },
      type: expect.stringContaining('text/html'),
    });
  }
});

test('it stays until it is told to stop, and leaves no file', async () => {
  expect(demo.exitCode).toBeNull();
  const ended = new Promise((resolve) => demo.once('exit', resolve));
  demo.kill('SIGINT');
  expect(await ended).toBe(0);
  await waitFor('an empty directory', async () => (await readdir(directory)).length === 0);
  await expect(fetch(`${variable('HUB')}/readyz`)).rejects.toThrow();
});

test('a failure says why and is an exit code', async () => {
  const failing = start({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' });
  let stderr = '';
  failing.stderr!.on('data', (chunk) => {
    stderr += chunk;
  });
  const code = await new Promise((resolve) => failing.once('close', resolve));
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('the demo failed: ') });
});
