/**
 * `npm run screenshots`: the pictures of the README, made from the demo's data in a real Chromium, so that
 * they show what there is.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { generateOutbreak } from '../../deploy/demo/outbreak.ts';
import { demoPersonas } from '../../deploy/demo/personas.ts';
import { importOutbreak, traceOutbreak } from '../../deploy/demo/tour.ts';
import { type Federation, startFederation } from '../../deploy/federation/federation.ts';
import { nowSeconds, systemClock } from '../../shared/clock.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { DESK, type Look, launchBrowser, newVisitor, PHONE, signIn } from './browser.ts';

const PICTURES = join(packageRoot, 'deploy', 'pictures');
const PATIENCE_MS = 120_000;

interface Picture {
  readonly name: string;
  readonly look: Look;
  readonly persona: string;
  readonly path: string;
  /** Until it shows what it is of. */
  readonly ready: (page: Page) => Promise<unknown>;
}

const choose = async (page: Page) => {
  await page.locator('.list-row').first().click();
  await page.locator('.sheet h3').first().waitFor();
};

const PICTURED: readonly Picture[] = [
  {
    ...{ name: 'work-list', look: PHONE, persona: 'epidemiologist', path: '/work' },
    ready: (page) => page.locator('.list-row').first().waitFor(),
  },
  { ...{ name: 'card', look: PHONE, persona: 'epidemiologist', path: '/work' }, ready: choose },
  {
    ...{ name: 'case-and-trace', look: DESK, persona: 'epidemiologist', path: '/cases' },
    ready: async (page) => {
      await page.locator('.list-row').first().click();
      await page.locator('section .list-row').first().waitFor();
    },
  },
];

async function take(browser: Browser, base: string, picture: Picture): Promise<void> {
  const visitor = await newVisitor(browser, picture.look);
  await signIn(visitor, base, picture.persona, picture.path);
  await picture.ready(visitor.page);
  await visitor.page.evaluate('document.fonts.ready');
  await visitor.page.screenshot({ path: join(PICTURES, `${picture.name}.png`) });
  await visitor.context.close();
}

async function tellOutbreak(federation: Federation): Promise<void> {
  const outbreak = generateOutbreak({ now: nowSeconds(systemClock) });
  const { signal } = new AbortController();
  await importOutbreak(federation, outbreak, { signal, onProgress: () => undefined });
  await traceOutbreak(federation, outbreak, {
    ...{ signal, patienceMs: PATIENCE_MS },
    ...{ onAccepted: () => undefined, onProgress: () => undefined },
  });
}

await using federation = await startFederation({
  ...{ provinces: ['24', '79', '01'], personas: demoPersonas },
  rulesFile: join(packageRoot, 'deploy', 'demo', 'rules.json'),
});
await tellOutbreak(federation);
await mkdir(PICTURES, { recursive: true });
const browser = await launchBrowser();
for (const picture of PICTURED) await take(browser, federation.node('24').url, picture);
await browser.close();
