/**
 * Drives a running federation through its public HTTP interface: imports a dataset, enters its cases, traces,
 * and gathers every province's contacts for comparison with the oracle.
 */
import type { Federation } from '../../deploy/federation/federation.ts';
import type { Dataset, PersonRow, TraceRequest } from '../simulation/dataset.ts';
import { casesToPost, isoAt, personSteps, toImportFiles } from '../simulation/import-files.ts';
import type { OracleContact } from '../simulation/oracle.ts';
import { keyOf } from '../simulation/oracle-records.ts';
import { waitFor } from '../support/wait.ts';

/** Where a program answers and the token that opens it. */
export interface Door {
  readonly url: string;
  readonly token: string;
}

export interface CallRequest {
  /** POST if there is a body, else GET, unless told. */
  readonly method?: string;
  readonly body?: string;
  /** Of the body; JSON unless told. */
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly expected?: readonly number[];
}

/** A JSON request; throws with method, path, status and problem unless the status is one of `expected`. */
export async function call<T>({ url, token }: Door, path: string, request: CallRequest = {}): Promise<T> {
  const { method = request.body === undefined ? 'GET' : 'POST', body, type = 'application/json' } = request;
  const headers = { authorization: `Bearer ${token}`, 'content-type': type, ...request.headers };
  const response = await fetch(`${url}${path}`, { method, headers, ...(body === undefined ? {} : { body }) });
  const text = await response.text();
  if (!(request.expected ?? [200, 201, 202, 204]).includes(response.status)) {
    throw new Error(`${method} ${path}: ${response.status} ${text}`);
  }
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

interface ImportResult {
  readonly accepted: number;
  readonly rejected: number;
  readonly errors: readonly unknown[];
}

/** Imports everything at the provinces that recorded it; throws if a row is rejected. */
export async function importDataset(federation: Federation, dataset: Dataset): Promise<void> {
  for (const province of dataset.provinces) {
    const files = toImportFiles(dataset, province);
    const inOrder = [
      ['places', files.places],
      ['persons', files.persons],
      ['check-ins', files.checkIns],
      ['encounters', files.encounters],
    ] as const;
    for (const [kind, body] of inOrder) await importFile(federation.node(province), kind, body);
  }
}

/**
 * Writes `people` at the provinces that recorded them, corrections and withdrawals too, in their order; how
 * many records were withdrawn. Throws if a row is rejected.
 */
export async function writePeople(federation: Federation, dataset: Dataset): Promise<number> {
  const withdrawn = dataset.provinces.map(async (province) => {
    const door = federation.node(province);
    const steps = personSteps(dataset, province);
    for (const step of steps) {
      if ('persons' in step) await importFile(door, 'persons', step.persons);
      else await withdrawRecordOf(door, step.withdraw);
    }
    return steps.filter((step) => 'withdraw' in step).length;
  });
  return (await Promise.all(withdrawn)).reduce((sum, count) => sum + count, 0);
}

interface FoundRecord {
  readonly id: number;
  readonly source: string;
  readonly record: string | null;
  readonly identifiers: readonly string[];
  readonly name: string | null;
  readonly withdrawn_at: string | null;
}

/** Withdraws the record of the key of a row, found by an identifier. */
async function withdrawRecordOf(door: Door, row: PersonRow): Promise<void> {
  for (const identifier of row.identifiers) {
    const path = `/v1/records?limit=1000&identifier=${encodeURIComponent(identifier)}`;
    const { records } = await call<{ records: readonly FoundRecord[] }>(door, path);
    const standing = records.find((one) => one.withdrawn_at === null && isOf(one, row));
    if (standing === undefined) continue;
    await call(door, `/v1/records/${standing.id}`, { method: 'DELETE' });
    return;
  }
  throw new Error(`no record of ${row.identifiers.join(' ')} stands`);
}

function isOf({ source, record, identifiers, name }: FoundRecord, row: PersonRow): boolean {
  const { province } = row;
  return source === 'import' && keyOf({ ...row, province, record, identifiers, name }) === keyOf(row);
}

/** Imports one CSV text; throws if a row is rejected. */
export async function importFile(door: Door, kind: string, body: string): Promise<ImportResult> {
  const result = await call<ImportResult>(door, `/v1/imports/${kind}`, { body, type: 'text/csv' });
  if (result.rejected > 0) throw new Error(`${kind}: ${JSON.stringify(result.errors.slice(0, 5))}`);
  return result;
}

/** Enters all cases; the nodes' ids by the dataset's. */
export async function enterCases(federation: Federation, dataset: Dataset): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  for (const province of dataset.provinces) {
    for (const { id, body } of casesToPost(dataset, province)) {
      const door = federation.node(province);
      ids.set(id, (await call<{ id: string }>(door, '/v1/cases', { body: JSON.stringify(body) })).id);
    }
  }
  return ids;
}

export interface TraceStatus {
  readonly id: string;
  readonly state: string;
  readonly rules: number;
  readonly coverage: readonly { province: string; state: string; behind: number; reason?: string }[];
  readonly contacts: { by_degree: Record<string, number>; by_province: Record<string, number> };
  readonly warnings: readonly { readonly reason: string }[];
}

/** Opens a trace at the province that owns its cases; the answer is its id. */
export async function openTrace(
  door: Door,
  request: Pick<TraceRequest, 'direction' | 'maxDegree' | 'asOf'> & { cases: readonly string[] },
): Promise<string> {
  const { cases, direction, maxDegree, asOf } = request;
  const body = JSON.stringify({ cases, direction, max_degree: maxDegree, as_of: isoAt(asOf) });
  return (await call<{ id: string }>(door, '/v1/traces', { body })).id;
}

/** The status once it satisfies `condition`; throws with the last one after `patienceMs`. */
export async function waitForTrace(
  door: Door,
  id: string,
  condition: (status: TraceStatus) => boolean = ({ state }) => state === 'complete',
  patienceMs = 30_000,
): Promise<TraceStatus> {
  let last: TraceStatus | undefined;
  const holds = async () => {
    last = await call<TraceStatus>(door, `/v1/traces/${id}`);
    return condition(last);
  };
  await waitFor(`trace ${id}`, holds, patienceMs).catch((cause) => {
    throw new Error(`trace ${id} is still ${JSON.stringify(last)}`, { cause });
  });
  return last as unknown as TraceStatus;
}

/** A contact as a province shows it. */
export interface ProvincialContact {
  readonly province: string;
  readonly id: string;
  readonly identifiers: readonly string[];
  readonly name: string | null;
  readonly ward: string | null;
  readonly degree: number;
  readonly first_exposed_at: string;
  readonly last_exposed_at: string;
  readonly seconds: number;
  readonly settings: readonly string[];
  readonly place_kinds: readonly string[];
  readonly exposed_in: readonly string[];
  readonly also_claimed: boolean;
  readonly take_over: string | null;
  readonly take_over_refusal: string | null;
  readonly take_over_detail: string | null;
}

/** All contacts of a trace at all provinces, page by page. */
export async function listContacts(
  federation: Federation,
  id: string,
  limit = 1000,
): Promise<ProvincialContact[]> {
  const all: ProvincialContact[] = [];
  for (const node of federation.nodes) {
    let after = '';
    for (;;) {
      const from = after && `&after=${encodeURIComponent(after)}`;
      const path = `/v1/traces/${id}/contacts?limit=${limit}${from}`;
      const page = await call<{ contacts: ProvincialContact[]; next: string | null }>(node, path, {
        expected: [200, 404],
      });
      if (page.contacts === undefined) break; // a province without contacts of this trace does not know it
      all.push(...page.contacts.map((contact) => ({ ...contact, province: node.name })));
      if (page.next === null) break;
      after = page.next;
    }
  }
  return all;
}

/**
 * How the provinces' contacts differ from the oracle's, one line each; empty = equal, every contact at
 * exactly one province that knows the person, at a province of residence if there is one; the other provinces
 * of residence have it marked as also claimed.
 */
export function differences(
  found: readonly ProvincialContact[],
  expected: readonly OracleContact[],
): string[] {
  const lines: string[] = [];
  const byIdentifier = new Map(expected.flatMap((contact) => contact.identifiers.map((id) => [id, contact])));
  const seen = new Map<OracleContact, string>();
  const at = new Map<OracleContact, string[]>();
  for (const contact of found) {
    const match = byIdentifier.get(contact.identifiers[0] ?? '');
    if (!match) {
      lines.push(`${contact.province} holds ${contact.identifiers.join(' ')}, who is no contact`);
      continue;
    }
    const responsible = match.residentIn.length > 0 ? match.residentIn : match.knownIn;
    at.set(match, [...(at.get(match) ?? []), contact.province]);
    if (contact.also_claimed) {
      if (!responsible.includes(contact.province))
        lines.push(`${match.identifiers[0]} is told to ${contact.province}`);
    } else if (seen.has(match))
      lines.push(`${match.identifiers[0]} is at ${seen.get(match)} and at ${contact.province}`);
    if (!contact.also_claimed) seen.set(match, contact.province);
    const foreign = contact.identifiers.filter((id) => !match.identifiers.includes(id));
    if (foreign.length > 0) lines.push(`${contact.identifiers[0]} is shown with ${foreign.join(' ')}`);
    if (!contact.also_claimed && !responsible.includes(contact.province))
      lines.push(`${match.identifiers[0]} is at ${contact.province}`);
    const [a, b] = [comparable(contact), oracleComparable(match)];
    if (a !== b) lines.push(`${match.identifiers[0]}: ${a} instead of ${b}`);
  }
  for (const contact of expected) {
    if (!seen.has(contact)) lines.push(`${contact.identifiers[0]} is missing`);
    const told = at.get(contact) ?? [];
    for (const province of contact.residentIn)
      if (!told.includes(province)) lines.push(`${contact.identifiers[0]} is not told to ${province}`);
  }
  return lines;
}

function comparable(contact: ProvincialContact): string {
  return JSON.stringify({
    degree: contact.degree,
    first: Date.parse(contact.first_exposed_at) / 1000,
    last: Date.parse(contact.last_exposed_at) / 1000,
    seconds: contact.seconds,
    settings: [...contact.settings].sort(),
    kinds: [...contact.place_kinds].sort(),
    provinces: [...contact.exposed_in].sort(),
  });
}

function oracleComparable(contact: OracleContact): string {
  return JSON.stringify({
    degree: contact.degree,
    first: contact.firstExposedAt,
    last: contact.lastExposedAt,
    seconds: contact.seconds,
    settings: contact.settings,
    kinds: contact.placeKinds,
    provinces: contact.exposedIn,
  });
}
