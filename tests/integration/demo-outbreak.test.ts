/**
 * The demo's outbreak against the real parsers and the oracle: every row is accepted, and the story reaches
 * F1 and F2 in all three provinces, whatever the seed.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../../shared/package-root.ts';
import { oracleOf } from '../simulation/oracle.ts';
import { extent } from '../support/extent.ts';
import { outbreakDataset } from '../support/outbreak-dataset.ts';

const rules = JSON.parse(readFileSync(join(packageRoot, 'hub/packs/default/2021-12-29.json'), 'utf8'));
const NOW = Date.parse('2026-11-23T09:00:00+07:00') / 1_000;
const DEMO_SEED = 24;

/** Of the demo's own seed: read once for all tests. */
const shown = outbreakDataset(NOW, DEMO_SEED);

test.each(extent({ quick: [DEMO_SEED], all: [DEMO_SEED, 7] }))(
  'seed %i: contacts of both degrees live in all three provinces',
  async (seed) => {
    const { dataset, request, outbreak } = await (seed === DEMO_SEED ? shown : outbreakDataset(NOW, seed));
    const contacts = oracleOf(dataset, rules).contacts(request);
    const found = new Set(contacts.map(({ residentIn, degree }) => `${residentIn[0]} F${degree}`));
    expect([...found]).toEqual(
      expect.arrayContaining(['24 F1', '24 F2', '79 F1', '79 F2', '01 F1', '01 F2']),
    );
    expect(contacts.length).toBeGreaterThan(200);
    expect(contacts.length).toBeLessThan(outbreak.people / 2);
    const settings = new Set(contacts.flatMap((contact) => contact.settings));
    expect([...settings].sort()).toEqual(['encounter', 'household', 'place']);
    const phone = outbreak.passerBy.identifiers[1] as string;
    const passerBy = contacts.find(({ identifiers }) => identifiers.includes(phone));
    expect(passerBy).toMatchObject({
      degree: 1,
      seconds: 1_200,
      exposedIn: ['01', '24'],
      residentIn: ['79'],
    });
  },
);

const ALONE = ['24', '79', '01'];

test.each(extent({ quick: ALONE.slice(0, 1), all: ALONE }))(
  'province %s alone does not find the passer-by as an F1',
  async (province) => {
    const { dataset, request, outbreak } = await shown;
    const own = <T extends { province: string }>(rows: readonly T[]) =>
      rows.filter((row) => row.province === province);
    const { people, checkIns, encounters } = dataset;
    const alone = { ...dataset, people: own(people), checkIns: own(checkIns), encounters: own(encounters) };
    const contacts = oracleOf(alone, rules).contacts({ ...request, maxDegree: 1 });
    const known = contacts.flatMap(({ identifiers }) => identifiers);
    expect(outbreak.passerBy.identifiers.filter((identifier) => known.includes(identifier))).toEqual([]);
  },
);
