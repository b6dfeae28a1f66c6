/**
 * What the federation CA says of the key service's key (JWS typ truyvet-oprf): the check value of a
 * generation. Nodes pin it; a hub that evaluates under another key, by mistake or on purpose, is refused.
 */
import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import {
  issuedAt,
  type StatementKind,
  serialNumber,
  signStatement,
  verifyStatement,
} from './ca-statement.ts';

const statementShape = z.strictObject({
  version: z.literal(1),
  generation: z.int().min(1).max(0x7fff_ffff),
  /** As shared/pseudonym/key-check.ts makes it. */
  check: z.string().regex(/^[0-9a-f]{32}$/),
  issued_at: issuedAt,
  serial: serialNumber,
});

/** A generation of the OPRF key, as the CA states it. */
export type OprfStatement = z.output<typeof statementShape>;

const KIND: StatementKind<OprfStatement> = { type: 'truyvet-oprf', shape: statementShape };

/** `statement` signed by the federation CA. Throws STATEMENT_MALFORMED. */
export function signOprfStatement(statement: OprfStatement, caKey: KeyObject): Promise<string> {
  return signStatement(KIND, statement, caKey);
}

/** The statement in `jws`. Throws PERMISSION_DENIED STATEMENT_BAD_SIGNATURE, STATEMENT_MALFORMED. */
export function verifyOprfStatement(jws: string, caKey: KeyObject): Promise<OprfStatement> {
  return verifyStatement(KIND, jws, caKey);
}
