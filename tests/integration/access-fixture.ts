/**
 * A node of province 24 with the same records in two wards of two districts, and in none: a case, a trace
 * that starts from it, and contacts of that trace; and a trace of another province with contacts in the first
 * ward. The test moves its clock.
 */
import { STATE_NUMBERS, TASK_NUMBERS } from '../../node/casework/follow-ups/machines.ts';
import { systemClock } from '../../shared/clock.ts';
import { CoverageState, Direction, TraceState } from '../../shared/gen/truyvet/v1/common_pb.ts';
import type { DoorConfig } from '../../shared/http/program-door.ts';
import { newId, newTraceId } from '../../shared/ids.ts';
import { createNodeHttp, type NodeHttp } from '../support/node-http.ts';

/** Two wards and their districts; `null` stands for records without a ward. */
export const HERE = { ward: '07210', district: '213' };
export const THERE = { ward: '07303', district: '216' };

/** What lies in one ward, or in none. */
export interface Records {
  readonly ward: string | null;
  readonly caseId: string;
  /** A record of somebody who lives there. */
  readonly recordId: number;
  readonly trace: string;
  /** Somebody who was followed up and has died, and a task of theirs that is done. */
  readonly followUp: string;
  readonly task: number;
  /** Ids of the trace's contacts, in order. */
  readonly contacts: readonly string[];
}

export interface AccessWorld extends AsyncDisposable {
  readonly node: NodeHttp;
  readonly here: Records;
  readonly there: Records;
  readonly nowhere: Records;
  /** A trace of province 79 with a contact in the ward `HERE`. */
  readonly foreign: string;
  /** Moves the node's clock on. */
  pass(seconds: number): void;
  /** Entries of the audit log, oldest first, after the last call. */
  takeEntries(): Promise<Entry[]>;
}

export interface Entry {
  readonly action: string;
  readonly outcome: string;
  readonly actor: { readonly kind: string; readonly id: string };
  readonly reason?: string;
  readonly on?: readonly Readonly<Record<string, string>>[];
  readonly purpose?: string;
  // biome-ignore lint/suspicious/noExplicitAny: entries of many shapes
  readonly detail?: any;
}

export async function createAccessWorld(door: Partial<DoorConfig> = {}): Promise<AccessWorld> {
  let aheadMs = 0;
  const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + aheadMs };
  const node = await createNodeHttp({
    clock,
    door: { callerLimit: { perSecond: 1e6, burst: 1e6 }, ...door },
  });
  const recordsIn = async (ward: string | null, digit: number): Promise<Records> => {
    const identifiers = [`phone:091200000${digit}`];
    const entered = await node.call('POST', '/v1/cases', {
      json: { identifiers, onset_on: '2021-06-01', ward },
    });
    const caseId = entered.body.id as string;
    const trace = await startTrace(node, caseId);
    const recordId = await addRecord(node, { ward, digit });
    const contacts = await addContacts(node, trace, { ward, digit });
    return { ward, caseId, recordId, trace, contacts, ...(await addFollowUp(node, ward)) };
  };
  const here = await recordsIn(HERE.ward, 1);
  const there = await recordsIn(THERE.ward, 2);
  const nowhere = await recordsIn(null, 3);
  const foreign = newTraceId();
  await node.db.sql`INSERT INTO openings VALUES (${foreign}, '79', 0, 'x', 0)`;
  await addContacts(node, foreign, { ward: HERE.ward, digit: 4 });
  for (const id of [here.trace, there.trace, nowhere.trace, foreign]) setStatus(node, id);
  let seen = 0;
  return {
    ...{ node, here, there, nowhere, foreign },
    pass: (seconds) => {
      aheadMs += seconds * 1000;
    },
    takeEntries: async () => {
      const rows = await node.db.sql`SELECT id, body FROM audit_records WHERE id > ${seen} ORDER BY id`;
      seen = rows.at(-1)?.id ?? seen;
      return rows.map(({ body }) => JSON.parse(body));
    },
    [Symbol.asyncDispose]: () => node[Symbol.asyncDispose](),
  };
}

/** A trace of a case, by somebody with the whole province. */
export async function startTrace(node: NodeHttp, caseId: string): Promise<string> {
  const json = { cases: [caseId], direction: 'forward' };
  return (await node.call('POST', '/v1/traces', { json })).body.id;
}

async function addRecord(
  node: NodeHttp,
  { ward, digit }: { ward: string | null; digit: number },
): Promise<number> {
  const identifier = `cmnd:00000000${digit}`;
  const headers = { 'content-type': 'text/csv' };
  const text = `identifiers,name,ward\n${identifier},An,${ward ?? ''}\n`;
  await node.call('POST', '/v1/imports/persons', { text, headers });
  const { body } = await node.call('GET', `/v1/records?identifier=${identifier}`);
  return body.records[0].id;
}

async function addFollowUp({ db }: NodeHttp, ward: string | null) {
  const followUp = newId();
  const [row] = await db.sql<{ task: number }[]>`
    WITH made AS (
      INSERT INTO follow_ups (public_id, ward, identifier_ids, reason, state, began_at, opened_at)
      VALUES (${followUp}, ${ward}, '{}', 1, ${STATE_NUMBERS.dead}, 0, 0) RETURNING id)
    INSERT INTO tasks (follow_up_id, kind, cause, ward, state, priority, not_before, due_at, done_by)
    SELECT id, 1, 'plan:0', ${ward}, ${TASK_NUMBERS.done}, 1, 0, 0, 'x' FROM made RETURNING id AS task`;
  return { followUp, task: row?.task as number };
}

async function addContacts(
  { db }: NodeHttp,
  trace: string,
  { ward, digit }: { ward: string | null; digit: number },
): Promise<string[]> {
  const ids = [1, 2].map((n) => `${digit}${n}`.padStart(32, '0'));
  await db.sql`
    INSERT INTO contacts (trace_id, contact_id, degree, first_exposed_at, last_exposed_at, seconds, settings,
      place_kinds, exposed_in, identifier_ids, ward, delivery)
    SELECT ${trace}, id, 1, 0, 900, 900, 1, 1, '{24}', '{}', ${ward}, 1 FROM unnest(${ids}::text[]) t (id)`;
  return ids;
}

function setStatus(node: NodeHttp, id: string): void {
  const coverage = [{ province: '24', state: CoverageState.CURRENT, behind: 0 }];
  const terms = { rules: 1, direction: Direction.FORWARD, maxDegree: 2, asOf: 1, province: '24' };
  node.hub.statuses.set(id, { state: TraceState.COMPLETE, coverage, ...terms });
}
