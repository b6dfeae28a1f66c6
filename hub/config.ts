/**
 * Configuration of the hub, from an env record. Nothing else reads variables or the key files that they name.
 */
import { z } from 'zod';
import { type Env, parseEnv } from '../shared/config.ts';
import * as fields from '../shared/config-fields.ts';
import { addressSchema, listenSchema } from '../shared/http/listen.ts';
import { fault } from '../shared/shape-errors.ts';

const provinces = z
  .array(
    z.object({
      province: z.string().regex(/^\d\d$/, fault({ reason: 'NOT_A_PROVINCE_CODE' })),
      address: addressSchema,
      /** Compact JWS of the federation CA (shared/signed/province-statement.ts). */
      statement: z.string().max(4_096),
    }),
  )
  .refine((list) => new Set(list.map((p) => p.province)).size === list.length, fault({ reason: 'REPEATED' }));

const schema = z
  .object({
    HTTP_LISTEN: listenSchema,
    GRPC_LISTEN: addressSchema,
    OPRF_KEY_FILE: fields.hexKeysFile,
    OPRF_STATEMENTS_FILE: fields.textFile.optional(),
    WARRANT_KEY_FILE: fields.privateKeyFile,
    PROVINCES_FILE: fields.jsonFile.pipe(provinces).optional(),
    RULES_FILE: fields.jsonFile.optional(),
    ROUND_DEADLINE_MS: z.coerce.number().int().min(50).max(600_000).default(5_000),
    REFUSED_RETRY_MS: fields.interval(15_000),
    REPORT_EVERY_MS: fields.interval(5_000),
    NEWCOMERS_EVERY_MS: fields.interval(2_000),
    LOOK_EVERY_MS: fields.interval(2_000),
    ERASE_EVERY_MS: fields.eraseEveryMs,
    CHECKPOINT_EVERY_MS: fields.interval(10_000),
    ENROLMENT_LISTEN: addressSchema.optional(),
    ENROLMENT_ADDRESS: addressSchema.optional(),
    HUB_ADDRESS: addressSchema.optional(),
    HUB_STATEMENT_FILE: fields.textFile.optional(),
    CA_DIR: z.string().min(1).optional(),
    CERTIFICATE_LIFE_SECONDS: z.coerce
      .number()
      .int()
      .min(5)
      .max(800 * 86_400)
      .default(90 * 86_400),
    TRACE_REST_MS: z.coerce.number().int().min(50).max(3_600_000).default(10_000),
    MAX_OPEN_TRACES: z.coerce.number().int().min(1).max(1_000_000).default(20_000),
    HUB_FANOUT: z.coerce.number().int().min(1).max(100).optional(),
    LOG_LEVEL: fields.logLevel,
    ...fields.databaseFields,
    ...fields.tlsFields,
    ...fields.oidcFields,
    ...fields.doorFields,
  })
  .refine((env) => env.ENROLMENT_LISTEN === undefined || env.HUB_STATEMENT_FILE !== undefined, {
    path: ['HUB_STATEMENT_FILE'],
    error: fault({ reason: 'NEEDED_BY', params: { other: 'ENROLMENT_LISTEN' } }),
  })
  .transform((env, ctx) => ({
    databaseUrl: env.DATABASE_URL,
    /** Migrates at the start, where given. */
    ownerDatabaseUrl: env.OWNER_DATABASE_URL,
    httpListen: env.HTTP_LISTEN,
    grpcListen: env.GRPC_LISTEN,
    /** Read again while the hub runs: its certificate is renewed in place. */
    tlsFiles: { caFile: env.TLS_CA_FILE, certFile: env.TLS_CERT_FILE, keyFile: env.TLS_KEY_FILE },
    /** Keys of the OPRF that turns identifiers into tokens: the one in use, and the next in a rotation. */
    oprfKeys: env.OPRF_KEY_FILE,
    /** What the CA states of it, a line each generation; nodes pin it. */
    oprfStatements: (env.OPRF_STATEMENTS_FILE ?? '')
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean),
    /** Signs warrants and rule packs. */
    warrantKey: env.WARRANT_KEY_FILE,
    /** Provinces enrolled by file: where their nodes listen, and their keys as the CA states them. */
    provinces: env.PROVINCES_FILE ?? [],
    /** Where newcomers ask to join; nobody can while it is not set. */
    enrolmentListen: env.ENROLMENT_LISTEN,
    /** As newcomers reach it; where it listens unless told. */
    enrolmentAddress: env.ENROLMENT_ADDRESS ?? env.ENROLMENT_LISTEN,
    /** As nodes reach this hub's gRPC; where it listens unless told. */
    hubAddress: env.HUB_ADDRESS ?? env.GRPC_LISTEN,
    /** The warrant key as the CA states it; newcomers pin it. */
    hubStatement: env.HUB_STATEMENT_FILE?.trim(),
    /** The federation CA, where it lies on the hub. */
    caDir: env.CA_DIR,
    certificateLifeMs: env.CERTIFICATE_LIFE_SECONDS * 1000,
    /** This pack alone, unvalidated, instead of the shipped ones. */
    rules: env.RULES_FILE,
    roundDeadlineMs: env.ROUND_DEADLINE_MS,
    /** How long nothing must have been under way before nothing of a trace is held in memory. */
    restAfterMs: env.TRACE_REST_MS,
    /** Traces that one province may have open. */
    mostOpen: env.MAX_OPEN_TRACES,
    /** How long after its refusal a province is asked again. */
    refusedRetryMs: env.REFUSED_RETRY_MS,
    /** How often nodes report when nothing happens. */
    reportEveryMs: env.REPORT_EVERY_MS,
    /** How often newcomers are told to ask. */
    askAgainMs: env.NEWCOMERS_EVERY_MS,
    /** How soon files that an operator has replaced are noticed. */
    lookEveryMs: env.LOOK_EVERY_MS,
    eraseEveryMs: env.ERASE_EVERY_MS,
    /** How old a checkpoint of the audit log may be that provinces are shown. */
    checkpointEveryMs: env.CHECKPOINT_EVERY_MS,
    /** Provinces asked at the same time; all unless told. Benchmarks ask one by one to see each alone. */
    fanout: env.HUB_FANOUT,
    door: fields.doorConfig(env, ctx),
    logLevel: env.LOG_LEVEL,
  }));

export type HubConfig = z.output<typeof schema>;

/** The configuration in `env`. Throws INVALID_CONFIG with every problem in one message. */
export function parseHubConfig(env: Env): Readonly<HubConfig> {
  return parseEnv(schema, env);
}
