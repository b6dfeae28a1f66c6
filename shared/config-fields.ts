/**
 * zod schemas of the variables that both programs have: files with keys, addresses. A problem names the
 * variable and what is wrong, never the content of a file.
 */
import { readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import { type Env, parseEnv, Secret } from './config.ts';
import { toAppError } from './errors.ts';
import { fault, refuse } from './shape-errors.ts';
import { loadPrivateKey } from './signed/opening-keys.ts';

/** Content of the file that the variable names. */
export const textFile = z.string().min(1).transform(readText);

/** Like `textFile`, for private keys: refused where others than its owner may read or change it. */
export const secretFile = z
  .string()
  .min(1)
  .transform((path, ctx) => {
    const text = readText(path, ctx);
    if (text === z.NEVER || isPrivate(path)) return text;
    return refuse(ctx, { reason: 'FILE_SHARED' });
  });

/** A file with 32-byte keys, 64 hex digits a line; one at least. */
export const hexKeysFile = secretFile.transform((text, ctx): Secret<readonly Uint8Array[]> => {
  const lines = text.split('\n').flatMap((line) => line.trim() || []);
  if (lines.length > 0 && lines.every((line) => /^[0-9a-f]{64}$/i.test(line)))
    return new Secret(lines.map((line) => new Uint8Array(Buffer.from(line, 'hex'))));
  return refuse(ctx, { reason: 'FILE_NOT_HEX', params: { digits: 64 } });
});

/** A file with a private Ed25519 JWK. */
export const privateKeyFile = loadedFile(loadPrivateKey);

/** A file with any JSON. */
export const jsonFile = textFile.transform((text, ctx): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return refuse(ctx, { reason: 'FILE_NOT_JSON' });
  }
});

/** `postgres://user@host:port/database`; hides itself, for it may hold a password. */
export const databaseUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\//, fault({ reason: 'NOT_POSTGRES_URL' }))
  .transform((url) => new Secret(url));

/** The database as the running program and, where given, as its owner. */
export const databaseFields = { DATABASE_URL: databaseUrl, OWNER_DATABASE_URL: databaseUrl.optional() };

/** Both addresses, for `migrate`, which needs nothing else. Throws INVALID_CONFIG. */
export function parseDatabaseUrls(env: Env): { databaseUrl: Secret<string>; ownerUrl: Secret<string> } {
  const found = parseEnv(z.object({ DATABASE_URL: databaseUrl, OWNER_DATABASE_URL: databaseUrl }), env);
  return { databaseUrl: found.DATABASE_URL, ownerUrl: found.OWNER_DATABASE_URL };
}

/** Milliseconds from 50 to 600,000 between two looks, reports or attempts. */
export const interval = (ms: number) => z.coerce.number().int().min(50).max(600_000).default(ms);

/** Between two passes of erasing (shared/erasing.ts). */
export const eraseEveryMs = z.coerce.number().int().min(1_000).max(86_400_000).default(600_000);

/** A word of pino. */
export const logLevel = z
  .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
  .default('info');

/** An https URL, or one of this machine: what is fetched there decides who is let in. */
const safeUrl = z.url().refine(
  (text) => {
    const { protocol, hostname } = new URL(text);
    return protocol === 'https:' || ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
  },
  fault({ reason: 'NOT_HTTPS' }),
);

/** What the bearer check needs (shared/sign-in/bearer.ts). */
export const oidcFields = {
  OIDC_ISSUER: safeUrl,
  /** Instead of what the issuer's description says. */
  OIDC_JWKS_URL: safeUrl.optional(),
  OIDC_AUDIENCE: z.string().min(1),
};

/** `100:500` = a hundred a second, five hundred at once after a pause. */
const rateLimit = z
  .string()
  .regex(/^[1-9]\d{0,5}:[1-9]\d{0,6}$/, fault({ reason: 'NOT_A_RATE' }))
  .transform((text) => {
    const [perSecond = 0, burst = 0] = text.split(':').map(Number);
    return { perSecond, burst };
  });

/** What the door needs besides (shared/http/door.ts), and signing in (shared/sign-in/login.ts). */
export const doorFields = {
  RATE_LIMIT: rateLimit.optional(),
  AUTH_FAILURE_LIMIT: rateLimit.optional(),
  CLIENT_ADDRESS_HEADER: z
    .string()
    .regex(/^[A-Za-z-]{1,64}$/, fault({ reason: 'NOT_A_HEADER' }))
    .optional(),
  OIDC_CLIENT_ID: z.string().min(1).optional(),
  OIDC_CLIENT_SECRET_FILE: secretFile.transform((text) => new Secret(text.trimEnd())).optional(),
  OIDC_SCOPE: z
    .string()
    .regex(/\bopenid\b/, fault({ reason: 'OPENID_MISSING' }))
    .default('openid'),
  PUBLIC_URL: safeUrl.optional(),
};

type DoorEnv = z.output<z.ZodObject<typeof oidcFields & typeof doorFields>>;

/** Who is let in at the door, out of `oidcFields` and `doorFields`. */
export function doorConfig(env: DoorEnv, ctx: z.RefinementCtx) {
  const { OIDC_CLIENT_ID: clientId, PUBLIC_URL: publicUrl } = env;
  if ((clientId === undefined) !== (publicUrl === undefined)) {
    const [path, other] = clientId ? ['PUBLIC_URL', 'OIDC_CLIENT_ID'] : ['OIDC_CLIENT_ID', 'PUBLIC_URL'];
    const message = fault({ reason: 'NEEDED_BY', params: { other } });
    ctx.addIssue({ code: 'custom', path: [path], message });
  }
  // Browsers come by TLS, which a proxy ends: without its header everybody would have the proxy's address.
  if (publicUrl?.startsWith('https:') && env.CLIENT_ADDRESS_HEADER === undefined) {
    const message = fault({ reason: 'NEEDED_BY', params: { other: 'PUBLIC_URL' } });
    ctx.addIssue({ code: 'custom', path: ['CLIENT_ADDRESS_HEADER'], message });
  }
  const { OIDC_CLIENT_SECRET_FILE: clientSecret, OIDC_SCOPE: scope } = env;
  return {
    oidc: { issuer: env.OIDC_ISSUER, jwksUrl: env.OIDC_JWKS_URL, audience: env.OIDC_AUDIENCE },
    /** Undefined: nobody signs in with a browser. */
    login: clientId && publicUrl ? { clientId, clientSecret, scope, publicUrl } : undefined,
    callerLimit: env.RATE_LIMIT,
    failureLimit: env.AUTH_FAILURE_LIMIT,
    addressHeader: env.CLIENT_ADDRESS_HEADER,
  };
}

/** Paths of what mutual TLS needs; PEM. */
export const tlsFields = {
  TLS_CA_FILE: z.string().min(1),
  TLS_CERT_FILE: z.string().min(1),
  TLS_KEY_FILE: z.string().min(1),
};

/** A private file read by one of the key loaders, whose problems name no content. */
function loadedFile<T>(load: (text: string) => T) {
  return secretFile.transform((text, ctx): T => {
    try {
      return load(text);
    } catch (error) {
      return refuse(ctx, toAppError(error).details[0] ?? { reason: 'FILE_WRONG' });
    }
  });
}

function isPrivate(path: string): boolean {
  return (statSync(path).mode & 0o077) === 0;
}

function readText(path: string, ctx: z.RefinementCtx): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return refuse(ctx, { reason: 'FILE_UNREADABLE' });
  }
}
