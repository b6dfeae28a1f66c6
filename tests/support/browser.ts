/**
 * A real Chromium, and people who visit a console with it, each on a device of their own. Knows no test: the
 * pictures of the README are made with it, too.
 */
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

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
