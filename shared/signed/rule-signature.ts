/**
 * A rule pack as the hub signs it and the nodes check it: a compact JWS {alg: EdDSA, kid: hub, typ:
 * truyvet-rules} whose payload is the pack's JSON. The type keeps a signed pack from passing for a
 * countersignature.
 */
import type { KeyObject } from 'node:crypto';
import { CompactSign, compactVerify } from 'jose';
import { type RulePack, rulePackProblems } from '../domain/rule-pack.ts';
import { AppError, listed } from '../errors.ts';

const TYPE = 'truyvet-rules';

/** `pack` signed with the hub's warrant key. */
export function signRulePack(pack: RulePack, key: KeyObject): Promise<string> {
  return new CompactSign(Buffer.from(JSON.stringify(pack)))
    .setProtectedHeader({ alg: 'EdDSA', kid: 'hub', typ: TYPE })
    .sign(key);
}

/** The pack that `jws` carries. Throws PERMISSION_DENIED RULES_BAD_SIGNATURE, INVALID_ARGUMENT BAD_RULES. */
export async function verifyRulePack(jws: string, key: KeyObject): Promise<RulePack> {
  const verified = await compactVerify(jws, key, { algorithms: ['EdDSA'] }).catch((cause: unknown) => {
    throw new AppError('PERMISSION_DENIED', 'RULES_BAD_SIGNATURE', 'rules: not signed by the hub', { cause });
  });
  if (verified.protectedHeader.typ !== TYPE) {
    throw new AppError('PERMISSION_DENIED', 'RULES_BAD_SIGNATURE', 'rules: signed for another purpose');
  }
  return parseRulePack(parseJson(verified.payload), 'rules');
}

/** `value` as a rule pack; `source` names it in the message. Throws BAD_RULES with every problem. */
export function parseRulePack(value: unknown, source: string): RulePack {
  const details = rulePackProblems(value, source);
  if (details.length === 0) return value as RulePack;
  throw new AppError('INVALID_ARGUMENT', 'BAD_RULES', `${source}: ${listed(details)}`, { details });
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new AppError('INVALID_ARGUMENT', 'BAD_RULES', 'rules: not JSON', {
      ...{ cause, details: [{ field: 'rules', reason: 'NOT_JSON' }] },
    });
  }
}
