/**
 * A real Chromium for tests of pages, and what every page must hold to: no error on the console, nothing
 * loaded from elsewhere, nothing that the policy refuses, nothing that axe finds, nothing wider than the
 * screen, no target too small for a thumb.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Path of the browser of this machine; undefined where there is none. */
export const chromiumPath = process.env.CHROMIUM_PATH ?? PLACES.find((path) => existsSync(path));

/** Whether tests of pages run; where they must (`TRUYVET_BROWSER=required`), a missing browser fails them. */
export const hasBrowser = chromiumPath !== undefined || process.env.TRUYVET_BROWSER === 'required';
if (!hasBrowser) console.warn('tests/browser: no Chromium on this machine; what people see is not looked at');

/** How somebody looks at a page. */
export interface Look {
  readonly width: number;
  readonly height: number;
  readonly scheme: 'light' | 'dark';
  readonly language: 'vi' | 'en';
}

export const PHONE: Look = { width: 390, height: 844, scheme: 'light', language: 'vi' };
export const DESK: Look = { width: 1440, height: 900, scheme: 'dark', language: 'en' };

/** How every page is looked at, first as most people do. */
export const LOOKS: readonly (readonly [name: string, look: Look])[] = [
  ['a phone', PHONE],
  ['a desk', DESK],
  ['the narrowest phone', { ...PHONE, width: 320, scheme: 'dark', language: 'en' }],
];

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath as string, args: ['--no-sandbox'] });
}

export interface Visitor {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What went wrong on its pages so far: console errors, uncaught errors, requests to elsewhere. */
  readonly faults: string[];
}

/** Somebody with a device of their own. A 401 before signing in is how the page learns that nobody is. */
export async function newVisitor(browser: Browser, look: Look): Promise<Visitor> {
  const viewport = { width: look.width, height: look.height };
  const context = await browser.newContext({ viewport, colorScheme: look.scheme });
  await context.addInitScript(`localStorage.setItem('truyvet.language', '${look.language}')`);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('console', (message) => {
    const text = message.text();
    if (message.type() === 'error' && !/401 \(Unauthorized\)|ERR_INTERNET_DISCONNECTED/.test(text))
      faults.push(text);
  });
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('request', (request) => {
    if (new URL(request.url()).hostname !== '127.0.0.1') faults.push(`asks ${request.url()}`);
  });
  return { context, page, faults };
}

/** Signs in at the console of a program as one of its personas, starting from `path`. */
export async function signIn({ page }: Visitor, base: string, persona: string, path = '/'): Promise<void> {
  await page.goto(base + path);
  await page.locator('a[href^="/auth/login"]').click();
  await page.locator(`a[href*="persona=${persona}"]`).click();
  await page.locator('main h1').first().waitFor();
}

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const TAP_PX = 44;

/** Everything that is wrong with a page as it stands. */
export async function expectSound({ page, faults }: Visitor): Promise<void> {
  expect(faults).toEqual([]);
  // Through the debugger: the policy of the page lets no script in.
  const source = await import('node:fs').then(({ readFileSync }) => readFileSync(axe, 'utf8'));
  await page.evaluate(source);
  const violations = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const found = await axe.run();
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
  });
  expect(violations).toEqual([]);
  expect(await page.evaluate(lookAround, TAP_PX)).toEqual([]);
}

/** In the page: what is too wide for the screen, and targets that are too small (links in text apart). */
function lookAround(tapPx: number): string[] {
  const wrong: string[] = [];
  const { document, innerWidth } = globalThis as unknown as {
    document: { documentElement: { scrollWidth: number }; querySelectorAll(css: string): Iterable<Target> };
    innerWidth: number;
  };
  interface Target {
    readonly outerHTML: string;
    readonly type?: string;
    getBoundingClientRect(): { width: number; height: number; top: number };
    closest(css: string): Target | null;
  }
  const { scrollWidth } = document.documentElement;
  if (scrollWidth > innerWidth) wrong.push(`the page is ${scrollWidth} px wide`);
  for (const bar of document.querySelectorAll('header, nav, nav > *')) {
    const { scrollWidth: wide, clientWidth: room } = bar as unknown as Record<string, number>;
    if ((wide as number) > (room as number) + 1) wrong.push(`${bar.outerHTML.slice(0, 60)} is cut off`);
  }
  const targets = document.querySelectorAll('a, button, input, select, textarea, summary');
  for (const target of targets) {
    // A tick is pressed by its whole label.
    const pressed = target.type === 'radio' || target.type === 'checkbox' ? target.closest('label') : target;
    const box = (pressed ?? target).getBoundingClientRect();
    const hidden = box.width === 0 || box.top < -tapPx / 2;
    if (!hidden && (box.height < tapPx || box.width < tapPx))
      wrong.push(`${Math.round(box.width)}×${Math.round(box.height)}: ${target.outerHTML.slice(0, 80)}`);
  }
  return wrong;
}
