import { expect, test } from 'vitest';
import { createTestDatabase } from '../support/database.ts';
test('x', async () => {
  const t = performance.now();
  await using t1 = await createTestDatabase('node');
  console.log(performance.now() - t);
  expect(await t1.db.sql`select count(*) from cases`).toEqual([{count: 0}]);
  console.log(await t1.db.sql`select 1/0`.catch(e=>e.cause))
});
