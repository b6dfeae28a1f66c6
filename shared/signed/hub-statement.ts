/**
 * What the federation CA says of the hub: the public key that countersigns openings and signs rule packs
 * (JWS typ truyvet-hub). Nodes pin it at enrolment; a forged hub without the CA key has none to show.
 */
import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import {
  issuedAt,
  publicOkp,
  type StatementKind,
  serialNumber,
  signStatement,
  verifyStatement,
} from './ca-statement.ts';

const statementShape = z.strictObject({
  version: z.literal(1),
  /** Verifies warrants and rule packs. */
  warrant: publicOkp('Ed25519'),
  issued_at: issuedAt,
  serial: serialNumber,
});

/** The hub's warrant key, as the CA states it. */
export type HubStatement = z.output<typeof statementShape>;

const KIND: StatementKind<HubStatement> = { type: 'truyvet-hub', shape: statementShape };

/** `statement` signed by the federation CA. Throws STATEMENT_MALFORMED. */
export function signHubStatement(statement: HubStatement, caKey: KeyObject): Promise<string> {
  return signStatement(KIND, statement, caKey);
}

/** The statement in `jws`. Throws PERMISSION_DENIED STATEMENT_BAD_SIGNATURE, STATEMENT_MALFORMED. */
export function verifyHubStatement(jws: string, caKey: KeyObject): Promise<HubStatement> {
  return verifyStatement(KIND, jws, caKey);
}
