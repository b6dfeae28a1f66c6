/** Checks in a batch: where they lie is nobody's to know, and what comes back is what was sent. */
import { expect, it } from 'vitest';
import { mixChecks } from './mixed-batch.ts';
import { TOKEN_BYTES } from './oprf.ts';

const tokenOf = (text: string) => Buffer.alloc(TOKEN_BYTES, text);
const tokensOf = (texts: readonly string[]) => Buffer.concat(texts.map(tokenOf));

it.each([0, 1, 2, 7, 100])('%i values and two checks come back in their order', (count) => {
  const values = Array.from({ length: count }, (_, i) => `value ${i}`);
  const mixed = mixChecks(['one', 'other'], values);
  expect(mixed.values.toSorted()).toEqual([...values, 'one', 'other'].toSorted());
  const { checks, tokens } = mixed.unmix(tokensOf(mixed.values));
  expect(checks.map((check) => Buffer.from(check))).toEqual([tokenOf('one'), tokenOf('other')]);
  expect(Buffer.from(tokens)).toEqual(tokensOf(values));
});

it('puts a check anywhere', () => {
  const places = Array.from({ length: 200 }, () => mixChecks(['check'], ['a', 'b']).values.indexOf('check'));
  expect(new Set(places)).toEqual(new Set([0, 1, 2]));
});
