/**
 * A province that lies about links, events and residence (SECURITY.md): the hub names it as the
 * source of each lie, shows the trace as it is without it, and leaves it out until that is undone.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Federation } from '../../deploy/federation/federation.ts';
import {
  call,
  differences,
  enterCases,
  importDataset,
  listContacts,
  openTrace,
} from '../federation/drive.ts';
import { converges, createWorld, PROVINCES, rowsOf, rules, statusOf } from '../federation/scenario.ts';
import type { Dataset, EncounterRow, PersonRow, TraceRequest } from '../simulation/dataset.ts';
import { oracleOf } from '../simulation/oracle.ts';
import { waitFor } from '../support/wait.ts';

const LIAR = '79';
const INDEX = 'cccd:024090000001';
const [AN, BINH, CHI, VICTIM] = [2, 3, 4, 5].map((n) => `phone:+8491200000${n}`) as [
  string,
  string,
  string,
  string,
];
/** Noon of the day of onset. */
const NOON = Date.parse('2021-06-10T12:00:00+07:00') / 1000;

const person = (province: string, identifiers: string[], home = province): PersonRow => ({
  ...{ province, identifiers, provinceOfResidence: home },
  ...{ name: null, ward: null, household: null },
});
const met = (province: string, identifierB: string, hour: number): EncounterRow => {
  const from = NOON + hour * 3_600;
  return { province, identifierA: INDEX, identifierB, from, until: from + 1_800 };
};

const data: Dataset = {
  provinces: PROVINCES,
  people: [
    ...[person('24', [INDEX]), person('24', [AN]), person('24', [CHI])],
    ...[person('01', [BINH]), person('01', [VICTIM])],
    // The lies: An lives here, Bình and Chi are one person …
    ...[person(LIAR, [AN]), person(LIAR, [BINH, CHI], LIAR)],
  ],
  places: [],
  checkIns: [],
  // … and the index case met somebody whom nobody saw.
  encounters: [met('24', AN, 0), met('01', BINH, 1), met(LIAR, VICTIM, 2)],
  cases: [
    {
      province: '24',
      id: 'case',
      identifiers: [INDEX],
      onsetOn: '2021-06-10',
      sampledAt: null,
      isolatedAt: null,
    },
  ],
};
const honest: Dataset = {
  ...data,
  people: data.people.filter(({ province }) => province !== LIAR),
  encounters: data.encounters.filter(({ province }) => province !== LIAR),
};
const request: TraceRequest = {
  ...{ direction: 'forward', cases: ['case'], maxDegree: 2 },
  asOf: NOON + 5 * 86_400,
};
const contactsIn = (dataset: Dataset) => oracleOf(dataset, rules).contacts(request);

let federation: Federation;
let id: string;

beforeAll(async () => {
  federation = await createWorld();
  await importDataset(federation, data);
  const cases = [...(await enterCases(federation, data)).values()];
  id = await openTrace(federation.node('24'), { ...request, cases });
  await lied();
});
afterAll(() => federation?.[Symbol.asyncDispose]());

const lied = () => converges(federation, id, { at: '24', expected: contactsIn(data), firm: false });

/** Waits until the desks hold what the honest provinces know, and nothing else. */
async function isLeftOut(): Promise<void> {
  const expected = contactsIn(honest).map((contact) => ({ ...contact, residentIn: [] }));
  await waitFor('the lies to be withdrawn', async () => {
    const lines = differences(await listContacts(federation, id), expected);
    return lines.length === 0 && (await statusOf(federation.node('24'), id)).state === 'partial';
  });
}

interface Graph {
  readonly persons: readonly {
    id: string;
    pseudonyms: string[];
    residence: string[];
    links: { claimed_by: string[] }[];
  }[];
  readonly exposures: readonly { contact: string; claimed_by: string[] }[];
  readonly residence_conflicts: readonly string[];
  readonly open_questions: number;
}
const graph = (query = '') => call<Graph>(federation.hub, `/v1/traces/${id}/graph${query}`);
const exclude = (province: string) =>
  call(federation.hub, `/v1/traces/${id}/exclusions`, {
    body: JSON.stringify({ province, reason: 'false_events' }),
    expected: [204, 404],
  });
const takeBack = (province: string) =>
  call(federation.hub, `/v1/traces/${id}/exclusions/${province}`, { method: 'DELETE', expected: [204, 404] });

describe('a lying province', () => {
  test('is named as the source of its lies', async () => {
    const { persons, exposures, residence_conflicts } = await graph();
    expect(exposures.map(({ claimed_by }) => claimed_by.join()).sort()).toEqual(['01', '24', LIAR]);
    const alone = exposures.find(({ claimed_by }) => claimed_by.join() === LIAR);
    // The victim lives in 01, and is a contact by the liar's word alone.
    expect(persons.find((one) => one.id === alone?.contact)).toMatchObject({ residence: ['01'] });
    const joined = persons.filter(({ pseudonyms }) => pseudonyms.length > 1);
    expect(joined.map(({ links }) => links.map(({ claimed_by }) => claimed_by))).toEqual([[[LIAR]]]);
    const contradicted = persons.filter(({ residence }) => residence.length > 1);
    expect(contradicted.map(({ residence }) => residence.join())).toContain(`24,${LIAR}`);
    expect([...residence_conflicts].sort()).toEqual(contradicted.map((one) => one.id).sort());
  });

  test('takes no contact away unseen: whom two claim, both hear of, and the conflict is told', async () => {
    const hearing = (await listContacts(federation, id)).filter(({ identifiers }) =>
      identifiers.includes(AN),
    );
    expect(hearing.map(({ province, also_claimed }) => [province, also_claimed]).sort()).toEqual([
      ['24', false],
      [LIAR, true],
    ]);
    const { warnings } = await statusOf(federation.node('24'), id);
    expect(warnings).toContainEqual({ reason: 'RESIDENCE_CONFLICT' });
    // Who also claims a contact of a trace may read how it stands.
    expect(await statusOf(federation.node(LIAR), id)).toMatchObject({ id, province: '24' });
    const ready = (await (await fetch(`${federation.hub.url}/readyz`)).json()) as { warnings: string[] };
    expect(ready.warnings.join()).toContain('RESIDENCE_CONFLICT');
  });

  test('is left out of a view, which is what the others found by themselves', async () => {
    const { persons, exposures, residence_conflicts, open_questions } = await graph(`?without=${LIAR}`);
    expect(exposures.flatMap(({ claimed_by }) => claimed_by).sort()).toEqual(['01', '24']);
    expect(persons).toHaveLength(1 + contactsIn(honest).length);
    expect(persons.every(({ links }) => links.length === 0)).toBe(true);
    expect([residence_conflicts, open_questions]).toEqual([[], 0]);
    const reads = await rowsOf<{ detail: object }>(
      federation.hub,
      `SELECT body::jsonb -> 'detail' AS detail FROM audit_records
        WHERE body::jsonb ->> 'action' = 'graph.read' ORDER BY id DESC LIMIT 1`,
    );
    expect(reads[0]?.detail).toMatchObject({ without: [LIAR] });
    // It was only a view.
    expect((await graph()).exposures).toHaveLength(3);
  });

  test('is left out of the trace: what rests on its word alone is withdrawn at the desks', async () => {
    await exclude(LIAR);
    await isLeftOut();
    const { coverage } = await statusOf(federation.node('24'), id);
    expect(coverage.find(({ province }) => province === LIAR)).toMatchObject({ state: 'excluded' });
    expect((await graph()).exposures).toHaveLength(2);
  });

  test('stays left out when the hub is started again', async () => {
    await federation.kill('hub', 'SIGTERM');
    await federation.restart();
    await isLeftOut();
  });

  test('is taken back, and all that it said counts again', async () => {
    await takeBack(LIAR);
    await lied();
    const entries = await rowsOf<{ detail: object }>(
      federation.hub,
      `SELECT body::jsonb -> 'detail' AS detail FROM audit_records
        WHERE body::jsonb @> '{"action": "exclusions.changed", "outcome": "done"}'
          AND body::jsonb @> '{"on": [{"province": "${LIAR}"}]}' ORDER BY id`,
    );
    expect(entries.map(({ detail }) => detail)).toEqual([
      { reason: 'false_events', excluded: true, version: 2 },
      { excluded: false, version: 3 },
    ]);
  });

  test('is not there: no province to leave out, none to take back', async () => {
    expect(await exclude('48')).toMatchObject({ reason: 'PROVINCE_UNKNOWN' });
    expect(await takeBack('24')).toMatchObject({ reason: 'PROVINCE_UNKNOWN' });
  });
});
