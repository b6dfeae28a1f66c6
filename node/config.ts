/**
 * Configuration of a node, from an env record. Nothing else reads variables or the key files that they name.
 */
import { z } from 'zod';
import { type Env, parseEnv } from '../shared/config.ts';
import * as fields from '../shared/config-fields.ts';
import { addressSchema, listenSchema } from '../shared/http/listen.ts';

const schema = z
  .object({
    PROVINCE: z.string().regex(/^\d\d$/, 'not a two-digit province code'),
    HTTP_LISTEN: listenSchema,
    GRPC_LISTEN: addressSchema,
    HUB_ADDRESS: addressSchema,
    FEDERATION_KEY_FILE: fields.hexKeyFile,
    OPENING_KEY_FILE: fields.privateKeyFile,
    PROVINCE_KEYS_FILE: fields.provinceKeysFile,
    WARRANT_PUBLIC_KEY_FILE: fields.publicKeyFile,
    LOG_LEVEL: fields.logLevel,
    ...fields.databaseFields,
    ...fields.tlsFields,
    ...fields.oidcFields,
  })
  .transform((env) => ({
    province: env.PROVINCE,
    databaseUrl: env.DATABASE_URL,
    /** Migrates at the start, where given. */
    ownerDatabaseUrl: env.OWNER_DATABASE_URL,
    httpListen: env.HTTP_LISTEN,
    grpcListen: env.GRPC_LISTEN,
    hubAddress: env.HUB_ADDRESS,
    tls: { ca: env.TLS_CA_FILE, cert: env.TLS_CERT_FILE, key: env.TLS_KEY_FILE },
    /** Shared by all nodes, unknown to the hub. */
    federationKey: env.FEDERATION_KEY_FILE,
    /** Signs the openings of this province. */
    openingKey: env.OPENING_KEY_FILE,
    /** Verify the openings of all provinces; `kid` is the province. */
    provinceKeys: env.PROVINCE_KEYS_FILE,
    /** Verifies the hub's countersignatures and rule packs. */
    warrantKey: env.WARRANT_PUBLIC_KEY_FILE,
    oidc: { issuer: env.OIDC_ISSUER, jwksUrl: env.OIDC_JWKS_URL, audience: env.OIDC_AUDIENCE },
    logLevel: env.LOG_LEVEL,
  }));

export type NodeConfig = z.output<typeof schema>;

/** The configuration in `env`. Throws INVALID_CONFIG with every problem in one message. */
export function parseNodeConfig(env: Env): Readonly<NodeConfig> {
  return parseEnv(schema, env);
}
