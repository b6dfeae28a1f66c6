/**
 * The state machines of enrolment and break-glass, each walked at random through its operations: what the
 * table says is what happens, what is refused and what everybody is offered next.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  approveEnrolment,
  listEnrolments,
  rejectEnrolment,
  requestEnrolment,
} from '../../hub/enrolment/operations.ts';
import { ENROLMENT, type EnrolmentCommand, type EnrolmentFacts } from '../../hub/enrolment/rules.ts';
import { HUB_ACTS } from '../../hub/rooms.ts';
import {
  type BreakGlassCtx,
  listBreakGlass,
  openBreakGlass,
  reviewBreakGlass,
} from '../../node/desk/break-glass/operations.ts';
import {
  BREAK_GLASS,
  type BreakGlassCommand,
  type BreakGlassFacts,
  VERDICTS,
  type Verdict,
} from '../../node/desk/break-glass/rules.ts';
import { NODE_ACTS } from '../../node/rooms.ts';
import type { Caller } from '../../shared/acts/access.ts';
import { systemClock } from '../../shared/clock.ts';
import type { Machine } from '../../shared/domain/machine.ts';
import { provinces } from '../../shared/gazetteer.ts';
import { parseInvitation } from '../../shared/signed/invitation.ts';
import { createTestDatabase } from '../support/database.ts';
import { type EnrolmentHub, newcomer, OPERATOR, startEnrolmentHub } from '../support/enrolment-hub.ts';
import { type Done, type Driver, expectModelled, type Input } from '../support/machine-model.ts';
import { testDataKeys } from '../support/sealed.ts';

const RUNS = 40;
/** What lets a sequence go on comes more often. */
const mostly = fc.constantFrom(true, true, true, false);

/** What the drivers remember of the last command that decided something. */
const lastOf = <N, I>(done: readonly Done<N, I>[], commands: readonly N[]) =>
  done.findLast(({ command }) => commands.includes(command));

describe('enrolment', () => {
  interface Said extends Input {
    readonly invited?: boolean;
    readonly fingerprintFits?: boolean;
  }
  interface Real {
    readonly asking: { invitation: string; secret: string; request: string };
    readonly fingerprint: string;
    id?: string;
  }
  const operators: Readonly<Record<string, Caller>> = {
    lan: OPERATOR,
    minh: { ...OPERATOR, subject: 'minh', actor: { kind: 'person', id: 'minh' } },
  };
  let hub: EnrolmentHub;
  let run = 0;
  beforeAll(async () => {
    hub = await startEnrolmentHub();
  });
  afterAll(() => hub[Symbol.asyncDispose]());

  const by = fc.constantFrom('lan', 'minh');
  const fits = (said: Said) => (said.fingerprintFits === false ? 'AAAA' : 'own');
  const driver: Driver<(typeof ENROLMENT.states)[number], EnrolmentCommand, EnrolmentFacts, Said, Real> = {
    machine: ENROLMENT,
    people: Object.keys(operators),
    inputs: {
      request: fc.record({ by: fc.constant('newcomer'), invited: mostly }),
      approve: fc.record({ by, fingerprintFits: mostly }),
      reject: fc.record({ by }),
    },
    facts: (done, { command, input }) => {
      const decision = lastOf(done, ['approve', 'reject']);
      const decidedByCaller = decision?.input.by === input.by;
      if (command === 'request') return { invited: input.invited === true };
      return { fingerprint: 'own', given: fits(input), decidedByCaller };
    },
    factsOfViewer: () => ({}),
    begin: async () => {
      await hub.db.sql`DELETE FROM members`;
      const province = provinces()[run++ % 63]?.code ?? '24';
      return newcomer(province, parseInvitation(await hub.invite(province)));
    },
    perform: async (real, command, input) => {
      const caller = operators[input.by] as Caller;
      if (command === 'request') {
        const secret = input.invited ? real.asking.secret : 'A'.repeat(43);
        real.id = (await requestEnrolment(hub.ctx, { ...real.asking, secret })).id;
      } else if (command === 'reject') await rejectEnrolment(hub.ctx, caller, real.id ?? '');
      else {
        const fingerprint = input.fingerprintFits === false ? 'AAAA' : real.fingerprint;
        await approveEnrolment(hub.ctx, caller, { id: real.id ?? '', fingerprint });
      }
    },
    look: async ({ id }, name) => {
      const rows = await listEnrolments(hub.ctx, operators[name] as Caller, { limit: 100 });
      const row = rows.find((one) => one.id === id);
      return row && { state: row.state, allowed: row.allowed };
    },
  };

  it('goes as its table says', () => expectModelled(driver, RUNS));
});

describe('break-glass', () => {
  interface Said extends Input {
    readonly area?: string;
    readonly verdict?: Verdict;
  }
  interface Real {
    id?: string;
    openedBy?: string;
  }
  const [OWN, OTHER] = ['07210', '07303'];
  const person = (subject: string, area: string): Caller => ({
    subject,
    actor: { kind: 'person', id: subject },
    grants: [{ role: 'epidemiologist', area }],
    expiresAt: 4_000_000_000,
  });
  // Who opens covers a ward; promoted meanwhile, they would review for the whole province, but not their own.
  const opener = person('an', OWN);
  const reviewers: Readonly<Record<string, Caller>> = {
    an: person('an', '24'),
    binh: person('binh', '24'),
    chi: person('chi', '24'),
  };
  let aheadMs = 0;
  const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + aheadMs };
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let ctx: BreakGlassCtx;
  beforeAll(async () => {
    database = await createTestDatabase('node');
    ctx = { db: database.db, dataKeys: testDataKeys(), clock, province: '24' };
  });
  afterAll(() => database[Symbol.asyncDispose]());

  const driver: Driver<(typeof BREAK_GLASS.states)[number], BreakGlassCommand, BreakGlassFacts, Said, Real> =
    {
      machine: BREAK_GLASS,
      people: Object.keys(reviewers),
      inputs: {
        open: fc.record({ by: fc.constant('an'), area: mostly.map((goesOn) => (goesOn ? OTHER : OWN)) }),
        review: fc.record({
          by: fc.constantFrom('an', 'binh', 'chi'),
          verdict: fc.constantFrom(...VERDICTS),
        }),
      },
      facts: (done, { command, input: { by, area, verdict } }) => {
        if (command === 'open') return { inOwnArea: area === OWN };
        const given = lastOf(done, ['review'])?.input;
        return { own: by === 'an', verdictByCaller: given?.by === by && given.verdict === verdict };
      },
      factsOfViewer: (_done, by) => ({ own: by === 'an' }),
      begin: async () => {
        await database.db.sql`DELETE FROM break_glass`;
        return {};
      },
      perform: async (real, command, { by, area = OTHER, verdict = 'justified' }) => {
        if (command === 'open') {
          const asked = { area, reason: 'Cần xem để gọi người tiếp xúc', minutes: 30 };
          real.id = (await openBreakGlass(ctx, opener, asked)).id;
        } else await reviewBreakGlass(ctx, reviewers[by] as Caller, { id: real.id ?? '', verdict });
      },
      look: async ({ id }, by) => {
        const rows = await listBreakGlass(ctx, reviewers[by] as Caller, { limit: 10 });
        const row = rows.find((one) => one.id === id);
        return row && { state: row.state, allowed: row.allowed };
      },
      pass: () => {
        aheadMs += 31 * 60_000;
      },
    };

  it('goes as its table says', () => expectModelled(driver, RUNS));
});

it.each<[string, Machine<never, never, never, unknown>]>([
  ['enrolment', ENROLMENT as never],
  ['break-glass', BREAK_GLASS as never],
])('the commands of %s are acts of the table of access, or nobody’s', (_name, { commands }) => {
  for (const { act } of Object.values<{ act?: string }>(commands))
    expect(act === undefined || Object.hasOwn({ ...NODE_ACTS, ...HUB_ACTS }, act)).toBe(true);
});
