/**
 * `truyvet-node audit …`: finds this node's own audit log and its key on this machine.
 */
import { z } from 'zod';
import { nodeOrigin } from '../../../shared/audit/checkpoint.ts';
import type { OwnLog } from '../../../shared/cli/audit.ts';
import { systemClock } from '../../../shared/clock.ts';
import { type Env, parseEnv } from '../../../shared/config.ts';
import { databaseUrl } from '../../../shared/config-fields.ts';
import { loadIdentity } from '../../../shared/pki/identity.ts';

const schema = z.object({ DATABASE_URL: databaseUrl, IDENTITY_DIR: z.string().min(1) });

/** The log of the node that DATABASE_URL and IDENTITY_DIR are of. Throws INVALID_CONFIG. */
export async function ownLogOf(env: Env): Promise<OwnLog> {
  const found = parseEnv(schema, env);
  const { province, openingKey } = await loadIdentity(found.IDENTITY_DIR, systemClock.nowMs());
  return { databaseUrl: found.DATABASE_URL, origin: nodeOrigin(province), key: openingKey };
}
