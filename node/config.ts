/**
 * Configuration of a node, from an env record. Nothing else reads variables or the key files that they name.
 */
import { z } from 'zod';
import { type Env, parseEnv } from '../shared/config.ts';
import * as fields from '../shared/config-fields.ts';
import { addressSchema, listenSchema } from '../shared/http/listen.ts';
import { DEFAULT_QUOTA } from './records/people/quota.ts';
import { dataKeyFields, hasOneKeySource, keySourceOf, ONE_KEY_SOURCE } from './sealing/key-config.ts';

const schema = z
  .object({
    IDENTITY_DIR: z.string().min(1),
    ...dataKeyFields,
    HTTP_LISTEN: listenSchema,
    GRPC_LISTEN: addressSchema,
    HUB_ADDRESS: addressSchema.optional(),
    CHECKPOINT_EVERY_MS: z.coerce.number().int().min(50).max(600_000).default(30_000),
    KEY_EXCHANGE_EVERY_MS: fields.interval(5_000),
    LOOK_EVERY_MS: fields.interval(2_000),
    ERASE_EVERY_MS: fields.eraseEveryMs,
    NEW_IDENTIFIERS_PER_HOUR: z.coerce.number().int().min(0).default(DEFAULT_QUOTA.entries),
    IMPORTED_IDENTIFIERS_PER_HOUR: z.coerce.number().int().min(0).default(DEFAULT_QUOTA.imports),
    LOG_LEVEL: fields.logLevel,
    ...fields.databaseFields,
    ...fields.oidcFields,
    ...fields.doorFields,
  })
  .refine(hasOneKeySource, ONE_KEY_SOURCE)
  .transform((env, ctx) => ({
    /** What enrolment left: province, keys, certificate, pinned CA and hub (shared/pki/identity.ts). */
    identityDir: env.IDENTITY_DIR,
    databaseUrl: env.DATABASE_URL,
    /** Migrates at the start, where given. */
    ownerDatabaseUrl: env.OWNER_DATABASE_URL,
    /** Whence the keys of the sealed columns come. */
    dataKeys: keySourceOf(env),
    httpListen: env.HTTP_LISTEN,
    grpcListen: env.GRPC_LISTEN,
    /** Instead of the address that the hub gave at enrolment. */
    hubAddress: env.HUB_ADDRESS,
    /** Between two exchanges of audit checkpoints with the hub. */
    checkpointEveryMs: env.CHECKPOINT_EVERY_MS,
    /** Between two passes of the federation key’s courier; a fifth while the node waits for a key. */
    keyExchangeEveryMs: env.KEY_EXCHANGE_EVERY_MS,
    /** How soon files that an operator has replaced are noticed. */
    lookEveryMs: env.LOOK_EVERY_MS,
    eraseEveryMs: env.ERASE_EVERY_MS,
    /** Identifiers new to the node that one caller may enter, or import, in an hour. */
    quota: { entries: env.NEW_IDENTIFIERS_PER_HOUR, imports: env.IMPORTED_IDENTIFIERS_PER_HOUR },
    door: fields.doorConfig(env, ctx),
    logLevel: env.LOG_LEVEL,
  }));

export type NodeConfig = z.output<typeof schema>;

/** The configuration in `env`. Throws INVALID_CONFIG with every problem in one message. */
export function parseNodeConfig(env: Env): Readonly<NodeConfig> {
  return parseEnv(schema, env);
}
