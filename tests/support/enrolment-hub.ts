/**
 * The hub's side of enrolment in this process: a real CA in its directory, real database, real listener for
 * newcomers. No traces, no HTTP: operators call the operations.
 */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { createCa, loadCa } from '../../hub/authority/operations.ts';
import { enrolmentService, NEWCOMER_MESSAGE_LIMIT } from '../../hub/enrolment/grpc.ts';
import { type EnrolmentCtx, inviteProvince, listEnrolments } from '../../hub/enrolment/operations.ts';
import { Roster } from '../../hub/provinces/roster.ts';
import type { Caller } from '../../shared/acts/access.ts';
import { systemClock } from '../../shared/clock.ts';
import type { Database } from '../../shared/db/database.ts';
import { Disposal } from '../../shared/disposal.ts';
import { startGrpcServer } from '../../shared/grpc/server.ts';
import type { TlsMaterial } from '../../shared/grpc/tls.ts';
import { createCsr } from '../../shared/pki/csr.ts';
import { type CaKeys, issueCertificate } from '../../shared/pki/issue.ts';
import { LiveTls } from '../../shared/pki/live-tls.ts';
import { publicKeysOf } from '../../shared/pki/node-keys.ts';
import { signEnrolmentRequest } from '../../shared/signed/enrolment-request.ts';
import { signHubStatement } from '../../shared/signed/hub-statement.ts';
import type { Invitation } from '../../shared/signed/invitation.ts';
import { fingerprintOf } from '../../shared/signed/province-statement.ts';
import { createTestDatabase } from './database.ts';

export const OPERATOR: Caller = {
  subject: 'lan',
  actor: { kind: 'person', id: 'lan' },
  grants: [{ role: 'hub_operator', area: null }],
  expiresAt: 4_000_000_000,
};

export interface EnrolmentHub extends AsyncDisposable {
  readonly ctx: EnrolmentCtx;
  readonly db: Database;
  readonly roster: Roster;
  readonly ca: CaKeys;
  /** Directory of the CA. */
  readonly caDir: string;
  /** What newcomers' listener shows: the hub's certificate with its chain. */
  readonly shownTls: TlsMaterial;
  /** Of newcomers' listener. */
  readonly address: string;
  invite(province: string, lifeHours?: number): Promise<string>;
  /** The only request that is pending. */
  pending(): Promise<{ id: string; fingerprint: string }>;
  /** Audit actions so far, with their outcome. */
  audited(): Promise<string[]>;
}

export const LIFE_MS = 3_600_000;
export const silent = pino({ enabled: false });

/** A hub whose CA is at hand, or offline. */
export async function startEnrolmentHub({ offline = false } = {}): Promise<EnrolmentHub> {
  const stack = new Disposal();
  const { db } = stack.use(await createTestDatabase('hub'));
  const caDir = await mkdtemp(join(tmpdir(), 'enrolment-ca-'));
  stack.defer(() => rm(caDir, { recursive: true }));
  await createCa(join(caDir, 'ca'), systemClock.nowMs());
  const ca = await loadCa(join(caDir, 'ca'));
  const first = await hubTls(ca);
  const live = { first, read: async () => first, check: () => undefined, clock: systemClock, logger: silent };
  const tls = stack.use(new LiveTls(live));
  const roster = stack.use(await Roster.open({ db, clock: systemClock, logger: silent, tls }));
  const warrant = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x as string;
  const hubStatement = await signHubStatement(
    { version: 1, warrant: { kty: 'OKP', crv: 'Ed25519', x: warrant }, issued_at: 1, serial: '1'.repeat(32) },
    ca.key,
  );
  const ctx = {
    askAgainMs: 100,
    ...{ db, clock: systemClock, roster, ca: ca.certificate, lifeMs: LIFE_MS, hubStatement },
    ...{ signer: offline ? undefined : ca, hubAddress: '127.0.0.1:1', enrolmentAddress: '' },
  };
  const shownTls = { ...first, cert: `${first.cert}\n${ca.certificate}` };
  const server = stack.use(
    await startGrpcServer({
      ...{ listen: '127.0.0.1:0', newcomers: true, messageLimit: NEWCOMER_MESSAGE_LIMIT, logger: silent },
      tls: shownTls,
      services: [enrolmentService(ctx)],
    }),
  );
  ctx.enrolmentAddress = `127.0.0.1:${server.port}`;
  return {
    ...{ ctx, db, roster, ca, shownTls, caDir: join(caDir, 'ca'), address: ctx.enrolmentAddress },
    invite: async (province, lifeHours = 1) =>
      (await inviteProvince(ctx, OPERATOR, { province, lifeHours })).invitation,
    pending: async () => {
      const [row, ...others] = (await listEnrolments(ctx, OPERATOR, { limit: 100 })).filter(
        ({ state }) => state === 'pending',
      );
      if (row === undefined || others.length > 0) throw new Error('not one request is pending');
      return row;
    },
    audited: async () => {
      const rows = await db.sql<{ body: string }[]>`SELECT body FROM audit_records ORDER BY id`;
      return rows.map(({ body }) => {
        const { action, outcome, reason } = JSON.parse(body);
        return outcome === 'done' ? action : `${action} ${reason}`;
      });
    },
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  };
}

/** What a newcomer with new keys asks with, and the fingerprint that its operator reads out. */
export async function newcomer(province: string, { id, secret }: Invitation) {
  const keys = {
    tls: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
    opening: generateKeyPairSync('ed25519').privateKey,
    enrolment: generateKeyPairSync('x25519').privateKey,
  };
  const { opening, enrolment } = publicKeysOf(province, keys);
  const csr = (await createCsr(keys.tls, { kind: 'node', province })).toString('base64url');
  const asked = { version: 1, invitation: id, province, address: 'node.example:5001', csr } as const;
  const request = await signEnrolmentRequest({ ...asked, opening, enrolment }, keys.opening);
  return {
    asking: { invitation: id, secret, request },
    fingerprint: fingerprintOf(publicKeysOf(province, keys)),
  };
}

async function hubTls(ca: CaKeys): Promise<TlsMaterial> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const nowMs = systemClock.nowMs();
  const validity = { notBeforeMs: nowMs - 60_000, notAfterMs: nowMs + LIFE_MS };
  const { pem } = await issueCertificate(ca, { peer: { kind: 'hub' }, publicKey, ...validity });
  return {
    ca: ca.certificate,
    cert: pem,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}
