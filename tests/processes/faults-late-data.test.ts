/**
 * Late data re-opens: a complete trace corrects itself when records come, change, link people or split them,
 * and when its case is corrected; each step equals the oracle on the data as it is then. What does not touch
 * a trace does not ask it again.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Federation } from '../../deploy/federation/federation.ts';
import { call, importFile, listContacts, type ProvincialContact } from '../federation/drive.ts';
import {
  converges,
  createWorld,
  expectedOf,
  type Imported,
  importWorld,
  open,
  PROVINCES,
  pickRequest,
  rowsOf,
} from '../federation/scenario.ts';
import type { CaseRow, CheckInRow, Dataset, EncounterRow, PersonRow } from '../simulation/dataset.ts';
import { toImportFiles } from '../simulation/import-files.ts';
import type { OracleContact } from '../simulation/oracle.ts';
import { extent } from '../support/extent.ts';
import { waitFor } from '../support/wait.ts';

/** In `npm test` its node ends in good order; faults.test.ts kills some there, too. */
const KILLED = extent({ quick: [], all: ['01'] });
const END = extent({ quick: 'SIGTERM', all: 'SIGKILL' } as const);

let federation: Federation;
let imported: Imported;
let picked: ReturnType<typeof pickRequest>;
let id: string;
/** The merged data as it is now: grows with each test. */
let data: Dataset;
let contacts: ProvincialContact[];

beforeAll(async () => {
  federation = await createWorld({ killed: KILLED });
  imported = await importWorld(federation, 22);
  picked = pickRequest(imported.world, ({ direction, cases }, found) => {
    return direction === 'forward' && cases.length === 1 && found.length > 12;
  });
  data = imported.world;
  id = await open(federation, imported, picked.request);
  contacts = await converges(federation, id, { at: picked.owner, expected: picked.expected });
});

afterAll(async () => {
  await federation?.[Symbol.asyncDispose]();
});

interface Rows {
  readonly people?: readonly PersonRow[];
  readonly checkIns?: readonly CheckInRow[];
  readonly encounters?: readonly EncounterRow[];
}

function withRows(rows: Rows): Dataset {
  return {
    ...data,
    people: [...data.people, ...(rows.people ?? [])],
    checkIns: [...data.checkIns, ...(rows.checkIns ?? [])],
    encounters: [...data.encounters, ...(rows.encounters ?? [])],
  };
}

const expected = (dataset = data) => expectedOf(dataset, picked.request);
const index = () => data.cases.find((row) => row.id === picked.request.cases[0]) as CaseRow;
const names = (list: readonly OracleContact[]) => list.map(({ identifiers }) => identifiers.join(' '));

/** Imports rows where they were recorded and waits until the trace agrees with the oracle on all data. */
async function add(rows: Rows): Promise<void> {
  data = withRows(rows);
  const file: Dataset = {
    ...data,
    people: rows.people ?? [],
    checkIns: rows.checkIns ?? [],
    encounters: rows.encounters ?? [],
  };
  for (const province of PROVINCES) {
    const files = toImportFiles(file, province);
    const door = federation.node(province);
    if (rows.people) await importFile(door, 'persons', files.persons);
    if (rows.checkIns) await importFile(door, 'check-ins', files.checkIns);
    if (rows.encounters) await importFile(door, 'encounters', files.encounters);
  }
  await corrected();
}

async function corrected(): Promise<void> {
  contacts = await converges(federation, id, { at: picked.owner, expected: expected(), firm: false });
}

/** The first of `candidates` whose data changes the contacts as `accepts` wants. */
function choose(
  candidates: Iterable<Rows>,
  accepts: (before: readonly OracleContact[], after: readonly OracleContact[]) => boolean,
): Rows {
  const before = expected();
  for (const rows of candidates) if (accepts(before, expected(withRows(rows)))) return rows;
  throw new Error('no candidate changes the contacts in this way');
}

const person = (province: string, identifiers: string[], household: string | null = null): PersonRow => {
  return { province, identifiers, name: null, provinceOfResidence: null, ward: null, household };
};
/** Identifiers of people who are no contacts. */
const strangers = () => {
  const known = new Set([...expected().flatMap((c) => c.identifiers), ...index().identifiers]);
  return data.people.map(({ identifiers }) => identifiers[0] as string).filter((name) => !known.has(name));
};
const onsetAt = () => Date.parse(`${index().onsetOn}T00:00:00+07:00`) / 1000 || (index().sampledAt as number);
const grew = (before: readonly unknown[], after: readonly unknown[]) => after.length > before.length;
const shrank = (before: readonly unknown[], after: readonly unknown[]) => after.length < before.length;

test('a late encounter adds a contact, recorded in a province that knew neither', async () => {
  const candidates = strangers().flatMap((other) =>
    [-36, -12, 12].map((hours) => {
      const from = onsetAt() + hours * 3600;
      const [identifierA, identifierB] = [index().identifiers[0] as string, other];
      return { encounters: [{ province: '01', identifierA, identifierB, from, until: from + 1200 }] };
    }),
  );
  await add(choose(candidates, grew));
});

test('a late check-in of somebody whom nobody knew adds a contact', async () => {
  const seen = data.checkIns.filter(({ identifier }) => index().identifiers.includes(identifier));
  const stays = seen.length > 0 ? seen : data.checkIns;
  const candidates = stays.map((stay) => {
    return { checkIns: [{ ...stay, identifier: 'phone:+84987650001', homeProvince: null }] };
  });
  await add(choose(candidates, grew));
  expect(contacts.some(({ identifiers }) => identifiers.includes('phone:+84987650001'))).toBe(true);
});

test('a late household adds a contact', async () => {
  const candidates = strangers().map((other) => ({
    people: [person('79', [index().identifiers[0] as string], 'late'), person('79', [other], 'late')],
  }));
  await add(choose(candidates, grew));
});

test('somebody moves out of the household: what followed from it falls away', async () => {
  const housemate = data.people.at(-1)?.identifiers[0] as string;
  await add(
    choose(
      [{ people: [person('79', [housemate], 'elsewhere')] }],
      (a, b) => names(a).join() !== names(b).join(),
    ),
  );
});

test('a late check-out takes a contact away, which disappears from its province’s list', async () => {
  const candidates = data.checkIns
    .filter(({ outAt }) => outAt === null)
    .map((stay) => ({ checkIns: [{ ...stay, outAt: stay.inAt + 60 }] }));
  const before = contacts;
  await add(choose(candidates, shrank));
  const gone = before.filter((old) => !contacts.some((contact) => contact.id === old.id));
  expect(gone.length).toBeGreaterThan(0);
  for (const { province, id: contactId } of gone) {
    const rows = await rowsOf(
      federation.node(province),
      `SELECT FROM contacts
        WHERE trace_id = '${id}' AND contact_id = '${contactId}' AND withdrawn_at IS NOT NULL`,
    );
    expect(rows.length).toBe(1);
  }
});

test('a record in a third province makes two contacts one: the first assignment stands', async () => {
  const at = new Map(contacts.flatMap((c) => c.identifiers.map((identifier) => [identifier, c])));
  const pairs = expected().flatMap((one, i, all) => all.slice(i + 1).map((other) => [one, other] as const));
  const apart = pairs.filter(([one, other]) => {
    const [a, b] = [one, other].map(({ identifiers }) =>
      identifiers.map((x) => at.get(x)?.province).find(Boolean),
    );
    return a !== b && ![...one.identifiers, ...other.identifiers].every((x) => x.startsWith('cccd:'));
  });
  const candidates = apart.map(([one, other]) => {
    return { people: [person('01', [one.identifiers[0] as string, other.identifiers[0] as string])] };
  });
  const before = contacts;
  const rows = choose(candidates, (a, b) => b.length === a.length - 1);
  await add(rows);
  const linked = rows.people?.[0]?.identifiers as string[];
  const two = before.filter((c) => expectedHolds(c, linked));
  const one = contacts.filter((c) => two.some((old) => old.id === c.id));
  expect(two.length).toBe(2);
  expect(one.length).toBe(1);
  expect(two.find((old) => old.id === one[0]?.id)?.province).toBe(one[0]?.province);

  function expectedHolds(contact: ProvincialContact, identifiers: readonly string[]): boolean {
    const merged = expected().find((c) => c.identifiers.includes(identifiers[0] as string));
    return contact.identifiers.some((x) => merged?.identifiers.includes(x));
  }
});

test('a second cccd splits a person', async () => {
  const candidates = expected()
    .filter(({ identifiers }) => identifiers.filter((x) => x.startsWith('cccd:')).length === 1)
    .flatMap(({ identifiers }) => identifiers.filter((x) => !x.startsWith('cccd:')))
    .map((shared) => ({ people: [person('24', [shared, 'cccd:099999999991'])] }));
  await add(choose(candidates, (a, b) => names(a).join() !== names(b).join()));
});

test('what does not touch the trace is not asked about', async () => {
  const answered = async () => {
    const rows = await Promise.all(
      federation.nodes.map((node) =>
        rowsOf(node, `SELECT seq, answers FROM answered_questions WHERE trace_id = '${id}' ORDER BY seq`),
      ),
    );
    return rows;
  };
  const before = await answered();
  const at = onsetAt();
  const place = data.places.find(({ province }) => province === '24')?.place as string;
  const late: Rows = {
    people: [person('24', ['phone:+84987650002', 'phone:+84987650003'], 'far')],
    checkIns: [
      {
        province: '24',
        identifier: 'phone:+84987650002',
        place,
        inAt: at + 90 * 86_400,
        outAt: null,
        homeProvince: null,
      },
    ],
    encounters: [
      {
        province: '24',
        identifierA: 'phone:+84987650002',
        identifierB: 'phone:+84987650004',
        from: at,
        until: at + 60,
      },
    ],
  };
  const version = async () => {
    const [row] = await rowsOf<{ data_version: number }>(
      federation.hub,
      `SELECT data_version FROM provinces WHERE province = '24'`,
    );
    return row?.data_version ?? 0;
  };
  const known = await version();
  await add(late);
  // The node's next report speaks of the new data: whatever it touched would be named there.
  await waitFor('a report', async () => (await version()) > known);
  expect(await answered()).toEqual(before);
});

test('data that comes while the hub is down is told when it is back', async () => {
  await federation.kill('hub', 'SIGTERM');
  const candidates = strangers().map((other) => {
    const from = onsetAt() - 3600;
    const [identifierA, identifierB] = [index().identifiers[0] as string, other];
    return { encounters: [{ province: '79', identifierA, identifierB, from, until: from + 1200 }] };
  });
  const rows = choose(candidates, grew);
  const { encounters } = toImportFiles({ ...data, encounters: rows.encounters ?? [] }, '79');
  await importFile(federation.node('79'), 'encounters', encounters);
  data = withRows(rows);
  await federation.restart();
  await corrected();
});

test('data that comes just before its node ends is asked about in the next life', async () => {
  const candidates = strangers().map((other) => {
    const from = onsetAt() + 3600;
    const [identifierA, identifierB] = [index().identifiers[0] as string, other];
    return { encounters: [{ province: '01', identifierA, identifierB, from, until: from + 1200 }] };
  });
  const rows = choose(candidates, grew);
  data = withRows(rows);
  const { encounters } = toImportFiles({ ...data, encounters: rows.encounters ?? [] }, '01');
  await importFile(federation.node('01'), 'encounters', encounters);
  // The hub has heard that answers no longer hold, and asks a node that will not answer in this life.
  await federation.kill('01', END);
  await federation.restart();
  await corrected();
});

const patch = (body: object) => {
  const caseId = imported.caseIds.get(index().id);
  return call(federation.node(picked.owner), `/v1/cases/${caseId}`, {
    method: 'PATCH',
    body: JSON.stringify(body),
  });
};
const withCase = (changes: Partial<CaseRow>): Dataset => ({
  ...data,
  cases: data.cases.map((row) => (row.id === index().id ? { ...row, ...changes } : row)),
});

test('a corrected case: other windows, twice while a node is down', async () => {
  const before = expected();
  await federation.kill('01', END);
  data = withCase({ isolatedAt: onsetAt() });
  await patch({ isolated_at: new Date(onsetAt() * 1000).toISOString() });
  const revision = (n: number) =>
    waitFor('the revision', async () => {
      const rows = await rowsOf(
        federation.hub,
        `SELECT FROM openings WHERE trace_id = '${id}' AND revision = ${n}`,
      );
      return rows.length > 0;
    });
  await revision(1);
  data = withCase({ isolatedAt: onsetAt() + 86_400 });
  await patch({ isolated_at: new Date((onsetAt() + 86_400) * 1000).toISOString() });
  await revision(2);
  await federation.restart();
  await corrected();
  expect(names(expected())).not.toEqual(names(before));
  data = withCase({ isolatedAt: null });
  await patch({ isolated_at: null });
  await corrected();
});

test('a withdrawn case takes all its contacts with it, and brings them back', async () => {
  await patch({ withdrawn: true });
  await waitFor('no contacts', async () => (await listContacts(federation, id)).length === 0);
  await patch({ withdrawn: false });
  await corrected();
});
