/**
 * An epidemiologist at the console: signs in by one click, enters a case, and sees its trace run, become
 * partial while a province is away, and complete when it is back.
 */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Federation } from '../../deploy/federation/federation.ts';
import { nodePersonas } from '../../deploy/federation/personas.ts';
import { nowSeconds, systemClock } from '../../shared/clock.ts';
import { vietnamDate } from '../../shared/domain/instant.ts';
import { hasBrowser, LOOKS, launchBrowser, newVisitor, PHONE, signIn } from '../support/browser.ts';
import { extent } from '../support/extent.ts';
import { World } from '../support/federations.ts';
import { expectSound } from '../support/sound-pages.ts';

describe.runIf(hasBrowser)('the console of a node', () => {
  let federation: Federation;
  let browser: Browser;
  beforeAll(async () => {
    const wards = [{ code: '07213', name: 'Phường Thọ Xương' }];
    const personas = (program: string) => (program === 'hub' ? [] : nodePersonas(program, wards));
    [federation, browser] = await Promise.all([
      World.create({ provinces: ['24', '79'], personas }),
      launchBrowser(),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await federation?.[Symbol.asyncDispose]();
  });

  it.each(extent({ quick: LOOKS.slice(0, 1), all: LOOKS }))(
    'every page is sound on %s',
    async (_name, look) => {
      const visitor = await newVisitor(browser, look);
      await visitor.page.goto(federation.node('24').url);
      await visitor.page.locator('a[href^="/auth/login"]').waitFor();
      await expectSound(visitor);
      await signIn(visitor, federation.node('24').url, 'epidemiologist', '/cases');
      await expectSound(visitor);
      await visitor.page.goto(`${federation.node('24').url}/cases/new`);
      await visitor.page.locator('form').waitFor();
      await visitor.page.locator('button[type=submit]').click();
      await visitor.page.locator('[aria-invalid=true]').waitFor();
      await expectSound(visitor);
      await visitor.context.close();
    },
  );

  it('enters a case and traces it with one button; the draft survives a reload', async () => {
    const visitor = await newVisitor(browser, PHONE);
    const { page } = visitor;
    await signIn(visitor, federation.node('24').url, 'epidemiologist', '/cases/new');
    await page.getByLabel('Giấy tờ, điện thoại').fill('024 090 000 001\n0912 345 678');
    const today = vietnamDate(nowSeconds(systemClock));
    await page.getByLabel('Ngày khởi phát').fill(today);
    await page.reload();
    expect(await page.getByLabel('Giấy tờ, điện thoại').inputValue()).toContain('0912 345 678');
    await page.getByLabel('Phường/xã').selectOption('07213');
    await page.getByRole('button', { name: 'Lưu và truy vết' }).click();
    await page.getByRole('heading', { name: /024090000001/ }).waitFor();
    await page.getByText('hoàn tất').waitFor();
    expect(await page.getByText('2 trên 2 tỉnh hiện hành').count()).toBeGreaterThan(0);
    await expectSound(visitor);
    await visitor.context.close();
  });

  it('shows what a province that is away may hold as unknown, and completes by itself', async () => {
    const visitor = await newVisitor(browser, PHONE);
    const { page } = visitor;
    await signIn(visitor, federation.node('24').url, 'epidemiologist', '/cases/new');
    await federation.kill('79', 'SIGTERM');
    await page.getByLabel('Giấy tờ, điện thoại').fill('024090000002');
    const today = vietnamDate(nowSeconds(systemClock));
    await page.getByLabel('Ngày khởi phát').fill(today);
    await page.getByRole('button', { name: 'Lưu và truy vết' }).click();
    await page.getByText('Kết quả là một phần').waitFor();
    expect(await page.locator('tr', { hasText: 'Hồ Chí Minh' }).innerText()).toContain('?');
    await federation.restart();
    await page.getByText('hoàn tất').waitFor({ timeout: 60_000 });
    expect(await page.locator('tr', { hasText: 'Hồ Chí Minh' }).innerText()).not.toContain('?');
    await visitor.context.close();
  });
});
