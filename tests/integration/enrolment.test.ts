/**
 * Who gets into the federation and who does not: invitations, fingerprints, somebody in between, an offline
 * CA, an interrupted newcomer. Real gRPC, real database, real files.
 */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readCaRequest, signCaRequest } from '../../hub/authority/operations.ts';
import {
  approveEnrolment,
  exportEnrolment,
  listEnrolments,
  rejectEnrolment,
  revokeProvince,
} from '../../hub/enrolment/operations.ts';
import { provisionMembers } from '../../hub/provinces/operations.ts';
import type { Member } from '../../hub/provinces/roster.ts';
import { openEnrolmentDoor } from '../../node/federation/enrolment/hub.ts';
import { enrolNode } from '../../node/federation/enrolment/operations.ts';
import { systemClock } from '../../shared/clock.ts';
import { EnrolmentService, EnrolmentState } from '../../shared/gen/truyvet/v1/enrolment_pb.ts';
import { FederationService } from '../../shared/gen/truyvet/v1/federation_pb.ts';
import { TracingService } from '../../shared/gen/truyvet/v1/tracing_pb.ts';
import { createChannel, createClient } from '../../shared/grpc/client.ts';
import { startGrpcServer } from '../../shared/grpc/server.ts';
import { implement } from '../../shared/grpc/service.ts';
import type { Say } from '../../shared/i18n/cli-catalogue.ts';
import { issueCertificate } from '../../shared/pki/issue.ts';
import { formatInvitation, parseInvitation } from '../../shared/signed/invitation.ts';
import { type EnrolmentHub, LIFE_MS, OPERATOR, silent, startEnrolmentHub } from '../support/enrolment-hub.ts';
import { waitFor } from '../support/wait.ts';

let hub: EnrolmentHub;
let directory: string;
const ADDRESS = 'node.example:5001';

beforeEach(async () => {
  hub = await startEnrolmentHub();
  directory = await mkdtemp(join(tmpdir(), 'enrolment-'));
});

afterEach(async () => {
  await hub[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

/** A newcomer at work: what it said, and how it ends. */
function join24(invitation: string, dir = join(directory, 'node'), stop = new AbortController()) {
  const said: string[] = [];
  const input = { invitation, address: ADDRESS, directory: dir, signal: stop.signal };
  const say: Say = (word, ...params) => void said.push(JSON.stringify([word, ...params]));
  const outcome = enrolNode(systemClock, { ...input, say });
  outcome.catch(() => undefined);
  return { said, outcome, stop };
}

const asked = () => waitFor('a request', async () => (await hub.pending()).id !== '');
const requests = async () => (await listEnrolments(hub.ctx, OPERATOR, { limit: 100 })).length;

describe('a newcomer', () => {
  test('is enrolled when both sides see the same fingerprint, and leaves nothing open', async () => {
    const newcomer = join24(await hub.invite('24'));
    await asked();
    const { id, fingerprint } = await hub.pending();
    expect(newcomer.said[0]).toContain(fingerprint);
    expect(hub.roster.find('24')).toBeUndefined();
    await approveEnrolment(hub.ctx, OPERATOR, { id, fingerprint });
    expect(await newcomer.outcome).toBe('24');
    expect(hub.roster.find('24')?.link.address).toBe(ADDRESS);
    const files = await readdir(join(directory, 'node'));
    expect(files.sort()).toEqual(
      ['ca.pem', 'enrolment.jwk', 'hub.json', 'opening.jwk', 'statement.jws', 'tls.key', 'tls.pem'].sort(),
    );
    for (const name of files) expect((await stat(join(directory, 'node', name))).mode & 0o077).toBe(0);
    expect(await hub.audited()).toEqual([
      ...['invitation.made', 'enrolment.requested', 'certificate.issued', 'statement.accepted'],
      'enrolment.approved',
    ]);
    const dump = JSON.stringify(await hub.db.sql`SELECT * FROM invitations`);
    expect(dump).not.toContain(parseInvitation(await hub.invite('79')).secret);
  });

  test('is not enrolled under another fingerprint', async () => {
    const newcomer = join24(await hub.invite('24'));
    await asked();
    const { id } = await hub.pending();
    const attempt = approveEnrolment(hub.ctx, OPERATOR, { id, fingerprint: 'AAAA-AAAA-AAAA-AAAA' });
    await expect(attempt).rejects.toMatchObject({ reason: 'FINGERPRINT_MISMATCH' });
    expect((await hub.pending()).id).toBe(id);
    expect(hub.roster.find('24')).toBeUndefined();
    expect((await hub.audited()).at(-1)).toBe('enrolment.approved FINGERPRINT_MISMATCH');
    await rejectEnrolment(hub.ctx, OPERATOR, id);
    await expect(newcomer.outcome).rejects.toMatchObject({ reason: 'ENROLMENT_REJECTED' });
  });

  test('goes on with the same keys and request after an interruption', async () => {
    const invitation = await hub.invite('24');
    const first = join24(invitation);
    await asked();
    const before = await hub.pending();
    first.stop.abort();
    await expect(first.outcome).rejects.toMatchObject({ reason: 'CANCELLED' });
    const second = join24(invitation);
    await waitFor('its fingerprint', () => second.said.length > 0);
    expect(second.said[0]).toContain(before.fingerprint);
    await approveEnrolment(hub.ctx, OPERATOR, before);
    expect(await second.outcome).toBe('24');
    expect(await requests()).toBe(1);
    await expect(join24(await hub.invite('24')).outcome).rejects.toMatchObject({
      reason: 'ALREADY_ENROLLED',
    });
  });
});

describe('an invitation', () => {
  const altered = async (change: object) =>
    formatInvitation({ ...parseInvitation(await hub.invite('24')), ...change });
  const none = 'A'.repeat(43);

  test.each<[string, () => Promise<string>]>([
    ['a wrong secret', () => altered({ secret: none })],
    ['an unknown id', () => altered({ id: '00000000-0000-4000-8000-000000000000' })],
    ['another province', () => altered({ province: '79' })],
    [
      'an end put off',
      async () => {
        const expired = parseInvitation(await hub.invite('24', 0.000_01));
        await waitFor('its end', () => systemClock.nowMs() / 1000 > expired.expires_at);
        return formatInvitation({ ...expired, expires_at: expired.expires_at + 3_600 });
      },
    ],
    [
      'a use before',
      async () => {
        const invitation = await hub.invite('24');
        const first = join24(invitation, join(directory, 'first'));
        await asked();
        first.stop.abort();
        await hub.db.sql`UPDATE enrolments SET state = 'rejected'`;
        return invitation;
      },
    ],
  ])('with %s lets nobody in, and all of them sound alike', async (_what, make) => {
    const invitation = await make();
    const before = await requests();
    await expect(join24(invitation).outcome).rejects.toMatchObject({
      ...{ code: 'PERMISSION_DENIED', reason: 'INVITATION_INVALID' },
      message: 'the invitation is not valid',
    });
    expect(await requests()).toBe(before);
  });

  test('for a code that no province has is not made', async () => {
    await expect(hub.invite('99')).rejects.toMatchObject({
      ...{ code: 'INVALID_ARGUMENT', reason: 'INVALID_FIELD', details: [{ field: 'province' }] },
    });
    expect(await hub.db.sql`SELECT 1 FROM invitations`).toHaveLength(0);
  });

  test('that has ended is not even sent', async () => {
    const expired = formatInvitation({ ...parseInvitation(await hub.invite('24')), expires_at: 1 });
    await expect(join24(expired).outcome).rejects.toMatchObject({ reason: 'INVITATION_EXPIRED' });
  });
});

describe('somebody in between', () => {
  test('with a CA of their own hears nothing of the invitation', async () => {
    await using forged = await startEnrolmentHub();
    const invitation = parseInvitation(await hub.invite('24'));
    const diverted = formatInvitation({ ...invitation, address: forged.address });
    await expect(join24(diverted).outcome).rejects.toMatchObject({ reason: 'CA_NOT_PINNED' });
    expect(await listEnrolments(forged.ctx, OPERATOR, { limit: 100 })).toEqual([]);
    expect((await readdir(join(directory, 'node'))).sort()).toEqual([
      'enrolment.jwk',
      'opening.jwk',
      'tls.key',
    ]);
  });

  test('that shows the true CA without a certificate of it is not spoken to', async () => {
    await using forged = await startEnrolmentHub();
    await using door = openEnrolmentDoor(forged.address, hub.ca.certificate, AbortSignal.any([]));
    const question = { invitation: 'x', secret: 'y', request: 'z' };
    await expect(door.ask(question)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  test('that puts other keys into the request changes the fingerprint', async () => {
    const invitation = await hub.invite('24');
    const theirs = join24(invitation, join(directory, 'theirs'));
    await asked();
    const { fingerprint } = await hub.pending();
    const own = join24(invitation);
    await expect(own.outcome).rejects.toMatchObject({ reason: 'INVITATION_INVALID' });
    expect(own.said[0]).not.toContain(fingerprint);
    theirs.stop.abort();
  });
});

test('newcomers can call nothing else', async () => {
  await using channel = createChannel({
    ...{ address: hub.address, tls: { ca: hub.ca.certificate }, expectPeer: { kind: 'hub' } },
  });
  const patience = { deadlineMs: 5_000, signal: AbortSignal.any([]) };
  const evaluated = createClient(FederationService, channel).evaluate({}, patience);
  await expect(evaluated).rejects.toMatchObject({ code: 'UNIMPLEMENTED' });
  const assigned = createClient(TracingService, channel).assign({}, patience);
  await expect(assigned).rejects.toMatchObject({ code: 'UNIMPLEMENTED' });
});

describe('an offline CA', () => {
  beforeEach(async () => {
    await hub[Symbol.asyncDispose]();
    hub = await startEnrolmentHub({ offline: true });
  });

  test('signs by file, and its word is checked like everybody else’s', async () => {
    const newcomer = join24(await hub.invite('24'));
    await asked();
    const pending = await hub.pending();
    await expect(approveEnrolment(hub.ctx, OPERATOR, pending)).rejects.toMatchObject({
      reason: 'CA_OFFLINE',
    });
    const request = await readCaRequest(
      await exportEnrolment(hub.ctx, OPERATOR, pending.id),
      hub.ca.certificate,
    );
    expect(request.fingerprint).toBe(pending.fingerprint);
    const life = { nowMs: systemClock.nowMs(), lifeMs: LIFE_MS };
    await using other = await startEnrolmentHub();
    const foreign = await signCaRequest(other.ca, request, life);
    await expect(approveEnrolment(hub.ctx, OPERATOR, { ...pending, signed: foreign })).rejects.toMatchObject({
      reason: 'BAD_CERTIFICATE',
    });
    const keys = { ...request.keys, tls_spki_sha256: '0'.repeat(64) } as NonNullable<typeof request.keys>;
    const swapped = await signCaRequest(hub.ca, { ...request, keys }, life);
    await expect(approveEnrolment(hub.ctx, OPERATOR, { ...pending, signed: swapped })).rejects.toMatchObject({
      reason: 'STATEMENT_OF_ANOTHER',
    });
    const posing = await signCaRequest(hub.ca, { ...request, peer: { kind: 'hub' } }, life);
    await expect(approveEnrolment(hub.ctx, OPERATOR, { ...pending, signed: posing })).rejects.toMatchObject({
      reason: 'BAD_CERTIFICATE',
    });
    const signed = await signCaRequest(hub.ca, request, life);
    await approveEnrolment(hub.ctx, OPERATOR, { ...pending, signed });
    expect(await newcomer.outcome).toBe('24');
    expect(await readFile(join(directory, 'node', 'statement.jws'), 'utf8')).toContain(signed.statement);
  });
});

test('a revoked province has neither link nor key; its earlier statement changes nothing', async () => {
  const newcomer = join24(await hub.invite('24'));
  await asked();
  await approveEnrolment(hub.ctx, OPERATOR, await hub.pending());
  await newcomer.outcome;
  const member = hub.roster.find('24') as Member;
  const revocation = { province: '24', because: 'a test' };
  await revokeProvince(hub.ctx, OPERATOR, revocation);
  expect(hub.roster.find('24')).toBeUndefined();
  expect(member.link.signal.aborted).toBe(true);
  const again = { province: '24', address: ADDRESS, statement: member.statementJws };
  await provisionMembers(hub.ctx, [again]);
  await provisionMembers(hub.ctx, [{ ...again, address: 'elsewhere.example:5001' }]);
  await hub.roster.reload();
  expect(hub.roster.find('24')).toBeUndefined();
  const reason = 'PROVINCE_UNKNOWN';
  await expect(revokeProvince(hub.ctx, OPERATOR, revocation)).rejects.toMatchObject({ reason });
  expect((await hub.audited()).slice(-2)).toEqual(['province.revoked', `province.revoked ${reason}`]);
});

describe('a hub that lacks the key of the CA', () => {
  const answerWith = async (change: (approved: Approved) => Promise<Partial<Approved>>) => {
    const invitation = await hub.invite('24');
    const approved = async (request: string): Promise<Approved> => {
      const read = await readCaRequest({ kind: 'joining', request }, hub.ca.certificate);
      const signed = await signCaRequest(hub.ca, read, { nowMs: systemClock.nowMs(), lifeMs: LIFE_MS });
      const { certificate, statement = '' } = signed;
      return { certificate, statement, hubStatement: hub.ctx.hubStatement ?? '', hubAddress: '127.0.0.1:1' };
    };
    const server = await startGrpcServer({
      ...{ listen: '127.0.0.1:0', newcomers: true, logger: silent, tls: hub.shownTls },
      services: [
        implement(EnrolmentService, {
          enrol: async ({ request }) => {
            const good = await approved(request);
            return { state: EnrolmentState.APPROVED, ...good, ...(await change(good)) };
          },
        }),
      ],
    });
    const address = `127.0.0.1:${server.port}`;
    const { outcome } = join24(formatInvitation({ ...parseInvitation(invitation), address }));
    const failure = await outcome.catch((error: unknown) => error);
    await server[Symbol.asyncDispose]();
    return failure;
  };
  const written = () => readdir(join(directory, 'node'));
  const others = async () => {
    await using other = await startEnrolmentHub();
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const life = { notBeforeMs: systemClock.nowMs() - 1_000, notAfterMs: systemClock.nowMs() + LIFE_MS };
    const peer = { kind: 'node', province: '24' } as const;
    const theirs = await issueCertificate(hub.ca, { peer, publicKey, ...life });
    return { hubStatement: other.ctx.hubStatement ?? '', otherKey: theirs.pem };
  };

  test.each<[string, string, (approved: Approved) => Promise<Partial<Approved>>]>([
    [
      'a warrant key of its own',
      'STATEMENT_BAD_SIGNATURE',
      async () => ({ hubStatement: (await others()).hubStatement }),
    ],
    [
      'a certificate for another key',
      'BAD_CERTIFICATE',
      async () => ({ certificate: (await others()).otherKey }),
    ],
    [
      'a statement under another type',
      'STATEMENT_BAD_SIGNATURE',
      async ({ hubStatement }) => ({ statement: hubStatement }),
    ],
    ['no statement', 'STATEMENT_BAD_SIGNATURE', async () => ({ statement: '' })],
    ['no certificate', 'BAD_CERTIFICATE', async () => ({ certificate: '' })],
  ])('is not believed with %s', async (_what, reason, change) => {
    expect(await answerWith(change)).toMatchObject({ code: 'PERMISSION_DENIED', reason });
    expect(await written()).not.toContain('tls.pem');
    expect(await written()).not.toContain('ca.pem');
  });

  test('(and the same answers, unchanged, are believed)', async () => {
    expect(await answerWith(async () => ({}))).toBe('24');
  });
});

interface Approved {
  readonly certificate: string;
  readonly statement: string;
  readonly hubStatement: string;
  readonly hubAddress: string;
}
