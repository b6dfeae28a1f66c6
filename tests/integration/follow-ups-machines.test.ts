/**
 * The state machines of follow-ups and tasks, walked at random over HTTP: what the table says is what
 * happens, what is refused, and what everybody is offered next.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, it } from 'vitest';
import {
  FOLLOW_UP,
  type FollowUpCommand,
  type FollowUpFacts,
  type FollowUpState,
  TASK,
  type TaskCommand,
  type TaskFacts,
  type TaskState,
} from '../../node/casework/follow-ups/machines.ts';
import { receivedError } from '../../shared/errors.ts';
import { newId } from '../../shared/ids.ts';
import { signRulePack } from '../../shared/signed/rule-signature.ts';
import { extent } from '../support/extent.ts';
import { type Done, type Driver, expectModelled, type Input } from '../support/machine-model.ts';
import { type Answer, createNodeHttp, type NodeHttp } from '../support/node-http.ts';
import { workPack } from '../support/work-rules.ts';

const RUNS = extent({ quick: 12, all: 150 });

let node: NodeHttp;
beforeAll(async () => {
  node = await createNodeHttp();
  const work = await signRulePack(workPack(), node.hub.warrantKeys.privateKey);
  node.hub.signedRules = [...node.hub.signedRules, work];
  await node.rules.pull();
});
afterAll(() => node[Symbol.asyncDispose]());

const PEOPLE = ['lan', 'minh'];
const by = fc.constantFrom(...PEOPLE);
const as = (subject: string) => ({ roles: ['epidemiologist@24'], subject });

/** Refusals as the model expects them. */
async function expectDone(answer: Promise<Answer>): Promise<void> {
  const { status, body } = await answer;
  if (status < 400) return;
  const extension = body.state === undefined ? {} : { state: body.state, allowed: body.allowed };
  throw receivedError('FAILED_PRECONDITION', body.reason, body.detail, { extension });
}

/** Somebody who is followed up because somebody said so, planned, and with a sample to be taken. */
async function newFollowUp(): Promise<{ id: string; task: number }> {
  const id = newId();
  const [row] = await node.db.sql<{ task: number }[]>`
    WITH made AS (
      INSERT INTO follow_ups (public_id, ward, identifier_ids, reason, state, began_at, opened_at, plan, pack,
        place_planned, quarantine_until, watch_until)
      VALUES (${id}, '07213', '{}', 4, 2, 0, 0, 'f1', 190, 1, '2099-01-01', '2099-01-08') RETURNING id)
    INSERT INTO tasks (follow_up_id, kind, cause, ward, priority, not_before, due_at)
    SELECT id, 4, 'plan:1', '07213', 1, 0, 0 FROM made RETURNING id AS task`;
  return { id, task: row?.task as number };
}

const isAgain = <N>(done: readonly Done<N, Input>[], next: Done<N, Input>) => {
  const last = done.at(-1);
  return last?.command === next.command && last.input.by === next.input.by;
};

describe('a follow-up', () => {
  const BODIES: Partial<Record<FollowUpCommand, object>> = {
    quarantine: { place: 'home' },
    refile: { ward: '07210' },
    ...Object.fromEntries(['exempt', 'lose', 'reopen', 'cancel'].map((name) => [name, { reason: 'x' }])),
  };
  const known = { today: '2022-06-01', quarantineUntil: '2099-01-01', watchUntil: '2099-01-08' };
  const facts: FollowUpFacts = { ...known, unmet: true, planQuarantines: true, supervisor: true };
  const untried = { attempts: 0, attemptDays: 0, maxAttempts: 3 };
  const commands = Object.keys(FOLLOW_UP.commands) as FollowUpCommand[];
  const driver: Driver<FollowUpState, FollowUpCommand, FollowUpFacts, Input, { id: string }> = {
    machine: FOLLOW_UP,
    people: PEOPLE,
    inputs: Object.fromEntries(commands.map((name) => [name, fc.record({ by })])) as never,
    facts: (done, next) => ({ ...facts, ...untried, repeated: isAgain(done, next) }),
    factsOfViewer: () => ({ ...facts, ...untried }),
    initial: 'planned',
    begin: newFollowUp,
    perform: ({ id }, command, input) => {
      const path = `/v1/follow-ups/${id}/${command.replaceAll('_', '-')}`;
      return expectDone(node.call('POST', path, { ...as(input.by), json: BODIES[command] ?? {} }));
    },
    look: async ({ id }, name) => {
      const { body } = await node.call('GET', `/v1/follow-ups/${id}`, as(name));
      return { state: body.state, allowed: body.allowed };
    },
  };

  it('goes as its table says', () => expectModelled(driver, RUNS));
});

describe('a task', () => {
  const holderOf = (done: readonly Done<TaskCommand, Input>[]) => {
    const last = done.findLast(({ command }) => command === 'claim' || command === 'release');
    return last?.command === 'claim' ? last.input.by : undefined;
  };
  const seenBy = (done: readonly Done<TaskCommand, Input>[], name: string): TaskFacts => {
    const holder = holderOf(done);
    const ended = done.some(({ command }) => command === 'done' || command === 'cancel');
    const isHeld = holder !== undefined && !ended;
    return {
      kind: 'sample',
      taken: isHeld && holder !== name,
      own: isHeld && holder === name,
      supervisor: true,
    };
  };
  const commands = Object.keys(TASK.commands) as TaskCommand[];
  const driver: Driver<TaskState, TaskCommand, TaskFacts, Input, { task: number }> = {
    machine: TASK,
    people: PEOPLE,
    inputs: Object.fromEntries(commands.map((name) => [name, fc.record({ by })])) as never,
    facts: (done, { command, input }) => {
      const repeated = done.some((one) => one.command === command && one.input.by === input.by);
      return { ...seenBy(done, input.by), repeated };
    },
    factsOfViewer: seenBy,
    initial: 'ready',
    begin: newFollowUp,
    perform: ({ task }, command, input) => {
      const path = `/v1/tasks/${task}/${command === 'attempt' ? 'outcomes' : command}`;
      const json = { attempt: { outcome: 'busy' }, done: {}, cancel: {} }[command as string];
      return expectDone(node.call('POST', path, { ...as(input.by), json }));
    },
    look: async ({ task }, name) => {
      const { body } = await node.call('GET', `/v1/tasks/${task}`, as(name));
      return { state: body.state, allowed: body.allowed };
    },
  };

  it('goes as its table says', () => expectModelled(driver, RUNS));
});
