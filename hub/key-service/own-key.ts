/**
 * What this hub says of its own OPRF key: its check value, and what the federation CA states of it.
 */
import type { KeyObject } from 'node:crypto';
import type { Logger } from '../../shared/log.ts';
import { CHECK_INPUT, checkOf, type OprfKeyCheck } from '../../shared/pseudonym/key-check.ts';
import type { OprfWorkers } from '../../shared/pseudonym/oprf-pool.ts';
import { verifyOprfStatement } from '../../shared/signed/oprf-statement.ts';
import { KEY_GENERATION } from './operations.ts';

/** The key in use; `statement` is empty where the CA has stated none, or another key. */
export interface OwnKey extends OprfKeyCheck {
  readonly statement: string;
  /** For operators. */
  warnings(): string[];
}

export interface OwnKeyOptions {
  readonly oprf: OprfWorkers;
  readonly statements: readonly string[];
  readonly caKey: KeyObject;
  readonly logger: Pick<Logger, 'error'>;
}

/**
 * A key that the CA has not stated is served and said aloud: nodes refuse it, and go on with what they hold.
 */
export async function describeOwnKey(options: OwnKeyOptions): Promise<OwnKey> {
  const check = await checkOfKey(options.oprf);
  const stated = await findStatement(options);
  const isOther = stated !== undefined && stated.check !== check;
  if (isOther)
    options.logger.error({ generation: KEY_GENERATION }, 'OPRF_KEY_FILE is not the key that the CA states');
  return {
    ...{ generation: KEY_GENERATION, check, statement: stated?.statement ?? '' },
    warnings: () => (isOther ? ['key service: OPRF_KEY_CHANGED: nodes refuse this hub'] : []),
  };
}

/** As nodes find it out: by the same blinding. */
async function checkOfKey(oprf: OprfWorkers): Promise<string> {
  using batch = await oprf.blind([CHECK_INPUT]);
  return checkOf(await batch.finalize(await oprf.evaluate(batch.blinded)));
}

/** Of the key's generation. Throws STATEMENT_BAD_SIGNATURE, STATEMENT_MALFORMED. */
async function findStatement({ statements, caKey }: OwnKeyOptions) {
  for (const statement of statements) {
    const { generation, check } = await verifyOprfStatement(statement, caKey);
    if (generation === KEY_GENERATION) return { statement, check };
  }
  return undefined;
}
