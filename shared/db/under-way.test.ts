/**
 * What the end of a pool waits for.
 */
import { expect, it } from 'vitest';
import { UnderWay } from './under-way.ts';

const LONG_MS = 3_600_000;

it('waits for nothing where nothing is under way', async () => {
  await new UnderWay().none(LONG_MS);
});

it('waits for the last that is under way, begun before or meanwhile', async () => {
  const underWay = new UnderWay();
  const [one, two] = [underWay.begin(), underWay.begin()];
  const said: string[] = [];
  const none = underWay.none(LONG_MS).then(() => said.push('none'));
  const three = underWay.begin();
  for (const end of [one, one, two]) end();
  await new Promise((resolve) => setImmediate(resolve));
  said.push('three');
  three();
  await none;
  expect(said).toEqual(['three', 'none']);
});

it('waits no longer than it is let', async () => {
  const underWay = new UnderWay();
  underWay.begin();
  await underWay.none(1);
});
