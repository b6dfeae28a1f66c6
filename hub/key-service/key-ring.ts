/**
 * The keys of OPRF_KEY_FILE, each with its generation and what the federation CA states of it. Says nothing
 * of which of them is in use.
 */
import type { KeyObject } from 'node:crypto';
import type { Logger } from '../../shared/log.ts';
import { CHECK_INPUT, checkOf, type OprfKeyCheck } from '../../shared/pseudonym/key-check.ts';
import type { OprfWorkers } from '../../shared/pseudonym/oprf-pool.ts';
import { type OprfStatement, verifyOprfStatement } from '../../shared/signed/oprf-statement.ts';

/** A key; `statement` is empty where the CA has stated none of its generation. */
export interface RingKey extends OprfKeyCheck {
  readonly statement: string;
  readonly oprf: OprfWorkers;
}

export interface KeyRing {
  /** In the order of the file; one at least. */
  readonly keys: readonly [RingKey, ...RingKey[]];
  /** For operators. */
  warnings(): string[];
}

export interface KeyRingOptions {
  /** Of each key, in the order of the file; one at least. */
  readonly oprf: readonly OprfWorkers[];
  readonly statements: readonly string[];
  readonly caKey: KeyObject;
  readonly logger: Pick<Logger, 'error'>;
}

interface Stated extends OprfStatement {
  readonly jws: string;
}

/** What a federation has that has never changed its key. */
const FIRST_GENERATION = 1;

/**
 * A key's generation is what the CA states of it. The first key needs no statement: it is that of generation
 * 1 then; and one of which the CA states another is served and said aloud, for nodes refuse it and go on with
 * what they hold. Others are left out. Throws STATEMENT_BAD_SIGNATURE, STATEMENT_MALFORMED.
 */
export async function openKeyRing({ oprf, statements, caKey, logger }: KeyRingOptions): Promise<KeyRing> {
  const stated: Stated[] = [];
  for (const jws of statements) stated.push({ ...(await verifyOprfStatement(jws, caKey)), jws });
  const warnings: string[] = [];
  const keys: RingKey[] = [];
  for (const workers of oprf) {
    const check = await checkOfKey(workers);
    const own = stated.find((one) => one.check === check);
    if (own) keys.push({ generation: own.generation, check, statement: own.jws, oprf: workers });
    else if (keys.length === 0) {
      const others = stated.find(({ generation }) => generation === FIRST_GENERATION);
      keys.push({ generation: FIRST_GENERATION, check, statement: others?.jws ?? '', oprf: workers });
      if (others) {
        logger.error({ generation: 1 }, 'OPRF_KEY_FILE is not the key that the CA states');
        warnings.push('key service: OPRF_KEY_CHANGED: nodes refuse this hub');
      }
    } else {
      logger.error({}, 'OPRF_KEY_FILE holds a key that the CA has not stated: it is not served');
      warnings.push('key service: OPRF_KEY_UNSTATED: a key of OPRF_KEY_FILE is not served');
    }
  }
  return { keys: keys as [RingKey, ...RingKey[]], warnings: () => warnings };
}

/** As nodes find it out: by the same blinding. */
async function checkOfKey(oprf: OprfWorkers): Promise<string> {
  using batch = await oprf.blind([CHECK_INPUT]);
  return checkOf(await batch.finalize(await oprf.evaluate(batch.blinded)));
}
