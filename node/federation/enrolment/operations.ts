/**
 * How a node joins the federation: makes its keys where they stay, asks under an invitation, waits for the
 * operators to compare the fingerprint, and believes nothing that the pinned CA did not sign. Can be
 * interrupted anywhere: it goes on with the same keys and the same request.
 */

import { createPublicKey } from 'node:crypto';
import { access, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, nowSeconds } from '../../../shared/clock.ts';
import { AppError, toAppError } from '../../../shared/errors.ts';
import type { Say } from '../../../shared/i18n/cli-catalogue.ts';
import { checkCertificate } from '../../../shared/pki/certificate.ts';
import { createCsr } from '../../../shared/pki/csr.ts';
import {
  demandPrivate,
  IDENTITY_FILES,
  makeIdentityDirectory,
  writeIdentityFile,
  writePrivately,
} from '../../../shared/pki/identity.ts';
import { keepNodeKeys, type NodeKeys, publicKeysOf } from '../../../shared/pki/node-keys.ts';
import { caPublicKey } from '../../../shared/signed/ca-statement.ts';
import { signEnrolmentRequest } from '../../../shared/signed/enrolment-request.ts';
import { verifyHubStatement } from '../../../shared/signed/hub-statement.ts';
import { type Invitation, parseInvitation } from '../../../shared/signed/invitation.ts';
import { verifyOprfStatement } from '../../../shared/signed/oprf-statement.ts';
import { fingerprintOf, verifyProvinceStatement } from '../../../shared/signed/province-statement.ts';
import { type EnrolmentAnswer, openEnrolmentDoor } from './hub.ts';
import { fetchPinnedCa } from './pinned-ca.ts';

export interface EnrolInput {
  /** The invitation's text. */
  readonly invitation: string;
  /** `host:port` at which the hub reaches this node's gRPC. */
  readonly address: string;
  /** Identity directory; made if it is not there. */
  readonly directory: string;
  readonly signal: AbortSignal;
  /** Told the fingerprint, and whenever something keeps it waiting. */
  readonly say: Say;
}

/** What was asked for, kept until it is answered: an interrupted enrolment goes on with it. */
interface Pending {
  readonly invitation: string;
  readonly request: string;
}

const PENDING_FILE = 'enrolment.json';
const RETRY_MS = 2_000;

/**
 * Enrols this node; resolves with its province when the identity directory is complete (but for the
 * federation key). Throws INVITATION_MALFORMED, INVITATION_EXPIRED, ALREADY_ENROLLED, CA_NOT_PINNED,
 * INVITATION_INVALID, ENROLMENT_REJECTED, BAD_CERTIFICATE, STATEMENT_BAD_SIGNATURE, KEYS_CHANGED.
 */
export async function enrolNode(clock: Clock, input: EnrolInput): Promise<string> {
  const invitation = parseInvitation(input.invitation);
  const { directory, signal, say } = input;
  await makeIdentityDirectory(directory);
  const pending = await readPending(directory);
  if (!pending && (await exists(directory, IDENTITY_FILES.tlsCertificate)))
    throw new AppError('ALREADY_EXISTS', 'ALREADY_ENROLLED', 'the directory holds an identity already');
  const isSame = pending?.invitation === invitation.id;
  if (!isSame && invitation.expires_at <= nowSeconds(clock))
    throw new AppError('FAILED_PRECONDITION', 'INVITATION_EXPIRED', 'the invitation has expired');
  const keys = await keepNodeKeys(directory);
  const ca = await fetchPinnedCa(invitation.address, invitation.ca_sha256);
  const request = isSame ? pending.request : await makeRequest(invitation, input.address, keys);
  const kept: Pending = { invitation: invitation.id, request };
  await writePrivately(join(directory, PENDING_FILE), JSON.stringify(kept));
  const fingerprint = fingerprintOf(publicKeysOf(invitation.province, keys));
  say('identity.fingerprint', { fingerprint });
  await using door = openEnrolmentDoor(invitation.address, ca, signal);
  const question = { invitation: invitation.id, secret: invitation.secret, request };
  const answer = await untilDecided(() => door.ask(question), { clock, signal, say });
  await keepIdentity(answer, { clock, directory, ca, keys, province: invitation.province });
  await rm(join(directory, PENDING_FILE), { force: true });
  return invitation.province;
}

type Approved = Extract<EnrolmentAnswer, { state: 'approved' }>;
type Waiting = Pick<EnrolInput, 'signal' | 'say'> & { readonly clock: Clock };

async function untilDecided(
  ask: () => Promise<EnrolmentAnswer>,
  { clock, signal, say }: Waiting,
): Promise<Approved> {
  let told = '';
  const tell: Say = (word, ...params) => {
    const now = JSON.stringify([word, ...params]);
    if (now !== told) say(word, ...params);
    told = now;
  };
  while (!signal.aborted) {
    const answer = await ask().catch((error: unknown) => {
      const { code, reason } = toAppError(error);
      const mayPass = code === 'UNAVAILABLE' || code === 'DEADLINE_EXCEEDED' || code === 'RESOURCE_EXHAUSTED';
      if (!mayPass) throw error;
      tell('enrol.hub_away', { reason });
      return { state: 'pending', askAgainInMs: RETRY_MS } as const;
    });
    if (answer.state === 'approved') return answer;
    if (answer.state === 'rejected')
      throw new AppError(
        'PERMISSION_DENIED',
        'ENROLMENT_REJECTED',
        'the hub’s operator rejected the request',
      );
    tell('enrol.waiting');
    await clock.sleep(answer.askAgainInMs, signal);
  }
  throw new AppError('CANCELLED', 'CANCELLED', 'interrupted; the same command goes on');
}

interface Keeping {
  readonly clock: Clock;
  readonly directory: string;
  readonly ca: string;
  readonly keys: NodeKeys;
  readonly province: string;
}

/** Checks all that came against the pinned CA and the own keys, then writes it; the certificate last. */
async function keepIdentity(answer: Approved, { clock, directory, ca, keys, province }: Keeping) {
  const caKey = caPublicKey(ca);
  const peer = { kind: 'node', province } as const;
  const publicKey = createPublicKey(keys.tls);
  checkCertificate(answer.certificate, { ca, peer, publicKey, nowMs: clock.nowMs() });
  const statement = await verifyProvinceStatement(answer.statement, caKey);
  if (fingerprintOf(statement) !== fingerprintOf(publicKeysOf(province, keys)))
    throw new AppError('PERMISSION_DENIED', 'KEYS_CHANGED', 'the CA has stated other keys than this node’s');
  await verifyHubStatement(answer.hubStatement, caKey);
  const { hubAddress: address, hubStatement, oprfStatements } = answer;
  for (const stated of oprfStatements) await verifyOprfStatement(stated, caKey);
  const hub = { address, statement: hubStatement, oprf_statements: oprfStatements };
  await writeIdentityFile(directory, 'ca', ca);
  await writeIdentityFile(directory, 'hub', JSON.stringify(hub));
  await writeIdentityFile(directory, 'statement', answer.statement);
  await writeIdentityFile(directory, 'tlsCertificate', answer.certificate);
}

async function makeRequest({ id, province }: Invitation, address: string, keys: NodeKeys): Promise<string> {
  const { opening, enrolment } = publicKeysOf(province, keys);
  const csr = (await createCsr(keys.tls, { kind: 'node', province })).toString('base64url');
  const request = { version: 1, invitation: id, province, address, csr, opening, enrolment } as const;
  return signEnrolmentRequest(request, keys.opening);
}

async function readPending(directory: string): Promise<Pending | undefined> {
  const path = join(directory, PENDING_FILE);
  if (!(await exists(directory, PENDING_FILE))) return undefined;
  await demandPrivate(path, PENDING_FILE);
  return JSON.parse(await readFile(path, 'utf8')) as Pending;
}

function exists(directory: string, file: string): Promise<boolean> {
  return access(join(directory, file)).then(
    () => true,
    () => false,
  );
}
