/**
 * What every page must hold to: no error on the console, nothing loaded from elsewhere, nothing that the
 * policy refuses, nothing that axe finds, nothing wider than the screen, no target too small for a thumb.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect } from 'vitest';
import type { Visitor } from './browser.ts';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const TAP_PX = 44;

/** Everything that is wrong with a page as it stands. */
export async function expectSound({ page, faults }: Visitor): Promise<void> {
  expect(faults).toEqual([]);
  // Through the debugger: the policy of the page lets no script in.
  await page.evaluate(readFileSync(axe, 'utf8'));
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
