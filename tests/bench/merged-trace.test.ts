/**
 * The merged query against the oracle: the baseline must answer what README.md says, or it measures
 * nothing. The bench's world has neither phones that several use nor opposed records (merged-tables.ts): who
 * is one person is not what is tested here.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RulePack } from '../../shared/domain/rule-pack.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { createTestDatabase } from '../support/database.ts';
import { extent } from '../support/extent.ts';
import { oracleContacts, SMALL } from './check.ts';
import { askMerged, assertSameContacts, contactsOfMerged } from './contacts.ts';
import { fillMerged } from './merged-tables.ts';
import { tokenOf, tokensOf } from './rows.ts';
import { BENCH_TIME, makeWorld } from './world.ts';

const pack = join(packageRoot, 'hub', 'packs', 'default', '2021-12-29.json');
const shipped = JSON.parse(readFileSync(pack, 'utf8')) as RulePack;
/**
 * Every place is weaker than an encounter, so that which event is the strongest matters wherever they
 * overlap.
 */
const rules: RulePack = { ...shipped, weight_percent: { default: 70, market: 50 } };
const codes = ['24', '79', '01', '02'];

test.each(extent({ quick: [5], all: [5, 6, 7] }))(
  'the merged query finds the contacts of the oracle (seed %i)',
  async (seed) => {
    const world = makeWorld({ shape: SMALL, blocks: 2, provinces: codes.length, seed });
    await using database = await createTestDatabase('empty');
    await fillMerged(world, tokensOf(world), database.db);
    const settings = new Set<number>();
    for (let index = 0; index < 120; index += 12) {
      const person = world.personOf(index);
      for (const maxDegree of [1, 2]) {
        const token = tokenOf(2 * person);
        const question = { token, from: BENCH_TIME.from, until: BENCH_TIME.asOf, maxDegree, rules };
        const found = contactsOfMerged(await askMerged(database.db, question), codes);
        for (const contact of found) settings.add(contact.settings);
        assertSameContacts(found, oracleContacts({ world, codes, person, maxDegree, rules }));
        expect(found.some((contact) => contact.degree === maxDegree)).toBe(true);
      }
    }
    // Places, households and encounters all mattered, alone and together.
    expect([...settings].sort()).toEqual(expect.arrayContaining([1, 4, 5, 7]));
  },
);

test('a person has the same contacts in a larger world', async () => {
  const contacts = [];
  for (const blocks of [1, 3]) {
    const world = makeWorld({ shape: SMALL, blocks, provinces: 2, seed: 5 });
    const person = world.personOf(10);
    const found = oracleContacts({ world, codes, person, maxDegree: 2, rules });
    contacts.push(found.map(({ person: _, ...contact }) => JSON.stringify(contact)).sort());
  }
  expect(contacts[0]).toEqual(contacts[1]);
  expect(contacts[0]?.length).toBeGreaterThan(20);
});
