/**
 * Downgrade of rules: a hub (or whoever has its key) that changes what a number of rules means, or traces
 * under rules that are no longer in force. The node's book keeps what it knew, and says so in the log.
 */
import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readShippedPacks } from '../../hub/packs/operations.ts';
import { type AdmissionCtx, admitWarrant } from '../../node/tracing/asking/admission.ts';
import { RefusalLog } from '../../shared/audit/refusals.ts';
import { nowSeconds, systemClock } from '../../shared/clock.ts';
import type { RulePack } from '../../shared/domain/rule-pack.ts';
import { newTraceId } from '../../shared/ids.ts';
import { type Opening, openingSha256, signOpening, signWarrant } from '../../shared/signed/opening.ts';
import { VerifiedWarrants } from '../../shared/signed/opening-cache.ts';
import { signRulePack } from '../../shared/signed/rule-signature.ts';
import { createNodeHttp, type NodeHttp } from '../support/node-http.ts';

let node: NodeHttp;
beforeAll(async () => {
  node = await createNodeHttp();
});
afterAll(() => node[Symbol.asyncDispose]());

const DAY = 86_400;
const [oldest, , newest] = readShippedPacks() as [RulePack, RulePack, RulePack];
const signed = (pack: RulePack) => signRulePack(pack, node.hub.warrantKeys.privateKey);
const audited = async (action: string) => {
  const rows = await node.db.sql<{ entry: Record<string, unknown> }[]>`
    SELECT body::jsonb AS entry FROM audit_records WHERE body::jsonb ->> 'action' = ${action} ORDER BY id`;
  return rows.map(({ entry }) => entry);
};

describe('what a number of rules means', () => {
  let issued: readonly string[];
  beforeEach(() => {
    issued = issued ?? node.hub.signedRules;
    node.hub.signedRules = issued;
  });

  test.each<[string, Partial<RulePack>]>([
    ['that fewer are contacts', { close_contact_seconds: newest.close_contact_seconds * 4 }],
    ['that traces stay open for a year', { trace_open_days: 365 }],
    ['that more degrees are traced', { max_degree: 4 }],
  ])('cannot be changed, not even under the hub’s signature: %s', async (_, change) => {
    const before = node.rules.pack(newest.number);
    node.hub.signedRules = [await signed({ ...newest, ...change })];
    await expect(node.rules.pull()).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      reason: 'RULES_REPLACED',
    });
    expect(node.rules.pack(newest.number)).toEqual(before);
    const [row] = await node.db.sql`SELECT pack FROM rule_packs WHERE number = ${newest.number}`;
    expect(row?.pack).toEqual(newest);
    expect(await audited('rules.refused')).toContainEqual(
      expect.objectContaining({ reason: 'RULES_REPLACED', outcome: 'refused' }),
    );
  });

  test('is refused whole where the work that it asks for cannot be understood', async () => {
    const follow_up = { plans: [], report_by: '18:00' };
    const bad = { ...newest, number: 98, effective_from: '2099-01-01T00:00:00+07:00', follow_up };
    node.hub.signedRules = [await signed(bad as never)];
    await expect(node.rules.pull()).rejects.toMatchObject({ reason: 'BAD_RULES' });
    expect(node.rules.pack(98)).toBeUndefined();
    expect(node.rules.inForce()).toEqual(newest);
  });

  test('grows by new numbers only, each on the record once', async () => {
    const next = { ...newest, number: 99, effective_from: '2099-01-01T00:00:00+07:00' };
    node.hub.signedRules = [...issued, await signed(next)];
    await node.rules.pull();
    await node.rules.pull();
    const changes = await audited('rules.changed');
    expect(changes.map(({ detail }) => (detail as { number: number }).number).sort((a, b) => a - b)).toEqual([
      ...readShippedPacks()
        .map(({ number }) => number)
        .sort((a, b) => a - b),
      99,
    ]);
    expect(node.rules.inForce()).toEqual(newest);
  });
});

describe('a new trace', () => {
  const province = generateKeyPairSync('ed25519');
  const hub = generateKeyPairSync('ed25519');
  const now = nowSeconds(systemClock);

  const present = async (changes: Partial<Opening>) => {
    const opening: Opening = {
      ...{ version: 1, trace_id: newTraceId(), revision: 0, province: '24', direction: 'forward' },
      ...{ rules: newest.number, max_degree: 1, as_of: now, expires_at: now + DAY },
      ...{ purpose: 'contact-tracing', generation: 1 },
      index: [{ case_ref: '0', pseudonym: '0'.repeat(32), from: now - DAY, until: now }],
      ...changes,
    };
    const jws = await signOpening(opening, province.privateKey);
    const { trace_id, revision, expires_at } = opening;
    const warrant = {
      ...{ trace_id, revision, expires_at, issued_at: now, opening_sha256: openingSha256(jws) },
      budget: { questions: 10, persons: 10 },
    };
    const countersignature = await signWarrant(warrant, hub.privateKey);
    await using refusals = new RefusalLog({ db: node.db, clock: systemClock, logger: { warn: () => {} } });
    const keys = { provinces: new Map([['24', province.publicKey]]), hub: hub.publicKey };
    const ctx = {
      ...{ db: node.db, clock: systemClock, refusals, warrants: new VerifiedWarrants(keys) },
      ...{ indexes: { find: () => ({}) }, cipherOf: () => ({}) },
      oprfKeys: { demand: () => undefined },
      rulePack: async (number: number) => node.rules.pack(number),
      rulesInForceAt: (at: number) => node.rules.inForceAt(at)?.number,
    } as unknown as AdmissionCtx;
    return admitWarrant(ctx, { opening: jws, countersignature });
  };

  const people = (count: number) =>
    Array.from({ length: count }, (_, n) => ({
      ...{ case_ref: '0', pseudonym: n.toString(16).padStart(32, '0') },
      ...{ from: now - DAY, until: now },
    }));
  const of = (from: number, until: number): Partial<Opening> => ({
    index: people(1).map((one) => ({ ...one, from, until })),
  });
  const back = (changes: Partial<Opening>): Partial<Opening> => ({ ...changes, direction: 'backward' });

  test('is traced under the rules in force', async () => {
    await expect(present({})).resolves.toMatchObject({ opening: { rules: newest.number } });
  });

  test.each<[string, () => Partial<Opening>, string]>([
    ['rules long replaced', () => ({ rules: oldest.number }), 'RULES_SUPERSEDED'],
    ['rules not in force yet', () => ({ rules: 99 }), 'RULES_SUPERSEDED'],
    ['an end beyond the rules', () => ({ expires_at: now + 30 * DAY }), 'OPEN_TOO_LONG'],
    ['degrees beyond the rules', () => ({ max_degree: 4 }), 'DEGREE_TOO_HIGH'],
    ['what has not happened yet', () => ({ as_of: now + 3_600 }), 'AS_OF_IN_FUTURE'],
    ['all that was ever kept', () => of(0, now), 'WINDOW_TOO_EARLY'],
    ['a day more than is kept', () => of(now - (newest.retention_days + 1) * DAY, now), 'WINDOW_TOO_EARLY'],
    ['a source looked for later', () => back(of(now - 20 * DAY, now + DAY)), 'WINDOW_TOO_LATE'],
    ['a source looked for longer', () => back(of(now - 25 * DAY, now)), 'WINDOW_TOO_WIDE'],
    ['a case of everybody', () => ({ index: people(3_000) }), 'CASE_TOO_MANY_IDENTIFIERS'],
    ['a case named twice', () => ({ index: [...people(1), ...people(1)] }), 'CASE_NAMES_TWICE'],
  ])('is not admitted with %s', async (_, changes, reason) => {
    await expect(present(changes())).rejects.toMatchObject({ reason });
    expect((await audited('warrant.refused')).map((entry) => entry.reason)).toContain(reason);
  });
});
