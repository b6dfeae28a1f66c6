/**
 * A new certificate for a node before its old one ends: the same province, the same key. Signed at once where
 * the CA is on the hub; else it waits for the operator like any other request.
 */
import { recordAudit } from '../../shared/audit/record.ts';
import { nowSeconds } from '../../shared/clock.ts';
import { withTransaction } from '../../shared/db/database.ts';
import { AppError } from '../../shared/errors.ts';
import { newId } from '../../shared/ids.ts';
import { readCsr } from '../../shared/pki/csr.ts';
import { fingerprintOf } from '../../shared/signed/province-statement.ts';
import { demandKey, signCaRequest } from '../authority/operations.ts';
import { findCertificate, noteCertificate } from '../provinces/operations.ts';
import type { Member } from '../provinces/roster.ts';
import type { EnrolmentCtx } from './operations.ts';
import { insertEnrolment } from './queries.ts';

/**
 * The certificate that the province is to use from now on (PEM), or undefined while the operator of the CA
 * has not signed. `province` is named by the certificate in use. Throws PERMISSION_DENIED PEER_NOT_ENROLLED,
 * CSR_FOR_ANOTHER_KEY; INVALID_ARGUMENT CSR_REFUSED.
 */
export async function renewCertificate(
  ctx: EnrolmentCtx,
  province: string,
  csr: Uint8Array,
): Promise<string | undefined> {
  const member = ctx.roster.find(province);
  if (!member) throw new AppError('PERMISSION_DENIED', 'PEER_NOT_ENROLLED', 'the province is not enrolled');
  const peer = { kind: 'node', province } as const;
  const tlsKey = await readCsr(csr, peer);
  demandKey(tlsKey, member.statement.tls_spki_sha256);
  const nowMs = ctx.clock.nowMs();
  const newest = await findCertificate(ctx.db, province);
  // Asked again too soon, or after an answer that was lost: what was signed last is still new.
  if (newest && newest.notAfter * 1000 - nowMs > ctx.lifeMs / 2) return newest.certificate;
  if (ctx.signer === undefined) return waitForCa(ctx, member, csr);
  const request = { kind: 'renewal', peer, tlsKey, fingerprint: fingerprintOf(member.statement) } as const;
  const { certificate } = await signCaRequest(ctx.signer, request, { nowMs, lifeMs: ctx.lifeMs });
  await withTransaction(ctx.db, (tx) => noteCertificate(tx, ctx, { province, certificate, first: false }));
  return certificate;
}

async function waitForCa({ db, clock }: EnrolmentCtx, { statement, link }: Member, csr: Uint8Array) {
  const request = Buffer.from(csr).toString('base64url');
  const fingerprint = fingerprintOf(statement);
  const [id, requestedAt, { province, address }] = [newId(), nowSeconds(clock), link];
  const row = { id, kind: 'renewal', invitationId: null, province, address, request, fingerprint } as const;
  await withTransaction(db, async (tx) => {
    if (!(await insertEnrolment(tx, { ...row, requestedAt }))) return;
    const detail = { enrolment: id, kind: 'renewal', province, fingerprint };
    const actor = { kind: 'node', id: `node/${province}` } as const;
    await recordAudit(tx, { action: 'enrolment.requested', actor, outcome: 'done', detail }, requestedAt);
  });
  return undefined;
}
