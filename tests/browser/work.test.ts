/**
 * A tracer at the console: a contact of a trace is on the work list, its outcome is saved in four taps, with
 * the network gone if need be, and is written once.
 */
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Federation } from '../../deploy/federation/federation.ts';
import { nodePersonas } from '../../deploy/federation/personas.ts';
import { packageRoot } from '../../shared/package-root.ts';
import {
  DESK,
  hasBrowser,
  LOOKS,
  type Look,
  launchBrowser,
  newVisitor,
  PHONE,
  signIn,
  type Visitor,
} from '../support/browser.ts';
import { extent } from '../support/extent.ts';
import { World } from '../support/federations.ts';
import { expectSound } from '../support/sound-pages.ts';
import { waitFor } from '../support/wait.ts';

const WARD = '07213';
const NAMES = ['Trần Thị Khánh', 'Nguyễn Văn Đức', 'Lê Thị Hoà', 'Phạm Văn Bình'];
const RULES = join(packageRoot, 'deploy', 'demo', 'rules.json');

describe.runIf(hasBrowser)('the work list', () => {
  let federation: Federation;
  let browser: Browser;
  beforeAll(async () => {
    const wards = [WARD, '07210'].map((code) => ({ code, name: code }));
    const personas = (program: string) => (program === 'hub' ? [] : nodePersonas(program, wards));
    [federation, browser] = await Promise.all([
      World.create({ provinces: ['24'], personas, rulesFile: RULES }),
      launchBrowser(),
    ]);
    await traceAMeal(federation);
  });
  afterAll(async () => {
    await browser?.close();
    await federation?.[Symbol.asyncDispose]();
  });

  const tracer = async (look: Look, ward = WARD, path = '/work'): Promise<Visitor> => {
    const visitor = await newVisitor(browser, look);
    await signIn(visitor, federation.node('24').url, `tracer-${ward}`, path);
    return visitor;
  };
  /** Every call that the node knows, with its outcome. */
  const outcomes = async (): Promise<string[]> => {
    const { follow_ups: all } = await ask<{ follow_ups: { id: string }[] }>(federation, '/v1/follow-ups');
    const read = all.map(({ id }) =>
      ask<{ name: string; calls: { outcome: string }[] }>(federation, `/v1/follow-ups/${id}`),
    );
    return (await Promise.all(read)).flatMap(({ name, calls }) =>
      calls.map(({ outcome }) => `${name}: ${outcome}`),
    );
  };

  it.each(extent({ quick: LOOKS.slice(0, 1), all: LOOKS }))(
    'list and card are sound on %s',
    async (_name, look) => {
      const visitor = await tracer(look);
      await visitor.page.locator('.list-row').first().waitFor();
      await expectSound(visitor);
      await visitor.page.locator('.list-row').first().click();
      await visitor.page.locator('input[value=reached]').check();
      await visitor.page.getByRole('heading', { level: 3 }).first().waitFor();
      await expectSound(visitor);
      await visitor.context.close();
    },
  );

  it('finds people without marks, and keeps filter and focus when the card is closed', async () => {
    const { page, context } = await tracer(PHONE);
    await page.getByRole('searchbox').fill('duc nguyen');
    await expectCalls(page, ['Nguyễn Văn Đức']);
    await page.getByRole('button', { name: 'Tất cả' }).click();
    await page.locator('.list-row').first().click();
    expect(page.url()).toMatch(/due=all&task=\d+$/);
    await page.goBack();
    expect(page.url()).toMatch(/due=all$/);
    await expectCalls(page, ['Nguyễn Văn Đức']);
    await page.locator('.list-row').first().click();
    await page.keyboard.press('Escape');
    expect(await page.evaluate('document.activeElement.textContent')).toContain('Nguyễn Văn Đức');
    await context.close();
  });

  it('an outcome is saved by keyboard alone and can be taken back', async () => {
    const { page, context } = await tracer(DESK);
    await callOf(page, 'Khánh').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Trần Thị Khánh' }).waitFor();
    await page.locator('input[value=reached]').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Undo' }).click();
    await expectCalls(page, NAMES);
    expect(await outcomes()).toEqual([]);
    await context.close();
  });

  it('four taps from the list to the next person; without an answer the task stays', async () => {
    const { page, context } = await tracer(PHONE);
    await callOf(page, 'Khánh').click();
    await page.getByText('Không nghe máy').click();
    await page.getByRole('button', { name: 'Lưu' }).click();
    await waitFor('the call', async () => (await outcomes()).length === 1);
    expect(await outcomes()).toEqual(['Trần Thị Khánh: no_answer']);
    await page.goto(`${federation.node('24').url}/work?due=all`);
    await callOf(page, 'Khánh').waitFor();
    await context.close();
  });

  it('works without a network, over a reload, and writes once', async () => {
    const { page, context } = await tracer(PHONE);
    await page.locator('.list-row').first().waitFor();
    await waitFor('the worker', () => page.evaluate('navigator.serviceWorker.controller !== null'));
    await context.setOffline(true);
    await callOf(page, 'Bình').click();
    await page.getByText('Đã gặp').click();
    await page.getByRole('button', { name: 'Lưu' }).click();
    await page.goto(`${federation.node('24').url}/work`);
    await page.getByText('1 mục chờ gửi').waitFor();
    await page.getByText('Danh sách cũ').waitFor();
    expect(await callOf(page, 'Bình').count()).toBe(0);
    await context.setOffline(false);
    await page.getByText('Đã gửi hết').waitFor({ timeout: 30_000 });
    expect((await outcomes()).filter((line) => line.startsWith('Phạm'))).toEqual(['Phạm Văn Bình: reached']);
    await context.close();
  });

  it('shows a tracer of another ward nothing of it', async () => {
    const { page, context } = await tracer(PHONE, '07210');
    await page.getByText('Không còn việc nào ở đây.').waitFor();
    await context.close();
  });
});

/** The row of a person's call; there is one for their sample, too. */
function callOf(page: Page, name: string) {
  return page.locator('.list-row', { hasText: /Gọi điện|Call/ }).filter({ hasText: name });
}

async function expectCalls(page: Page, names: readonly string[]): Promise<void> {
  const shown = callOf(page, '').locator('strong');
  await waitFor('the rows', async () => (await shown.count()) === names.length);
  expect((await shown.allInnerTexts()).sort()).toEqual([...names].sort());
}

async function ask<T>(federation: Federation, path: string, init: RequestInit = {}): Promise<T> {
  const { url, token } = federation.node('24');
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...init.headers };
  const response = await fetch(url + path, { ...init, headers });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

/** A case and four others at one table yesterday, and its trace until all four are somebody's work. */
async function traceAMeal(federation: Federation): Promise<void> {
  const csv = (kind: string, text: string) =>
    ask(federation, `/v1/imports/${kind}`, {
      ...{ method: 'POST', headers: { 'content-type': 'text/csv' }, body: text },
    });
  const phone = (n: number) => `phone:+8491010010${n}`;
  const day = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  const people = ['Vũ Ca Bệnh', ...NAMES];
  const rows = people.map((name, n) => `${phone(n)},${name},24,${WARD}`);
  await csv('persons', `identifiers,name,province,ward\n${rows.join('\n')}\n`);
  await csv('places', `place,name,kind,ward\nq1,Quán Ngọc Hạnh,restaurant,${WARD}\n`);
  const stays = people.map((_, n) => `${phone(n)},q1,${day}T05:00:00Z,${day}T06:00:00Z`);
  await csv('check-ins', `identifier,place,in_at,out_at\n${stays.join('\n')}\n`);
  const { id } = await ask<{ id: string }>(federation, '/v1/cases', {
    ...{ method: 'POST', body: JSON.stringify({ identifiers: [phone(0)], onset_on: day, ward: WARD }) },
  });
  await ask(federation, '/v1/traces', {
    ...{ method: 'POST', body: JSON.stringify({ cases: [id], direction: 'forward', max_degree: 1 }) },
  });
  await waitFor('four tasks', async () => {
    const { tasks } = await ask<{ tasks: { kind: string }[] }>(federation, '/v1/tasks');
    return tasks.filter(({ kind }) => kind === 'call').length === NAMES.length;
  });
}
