/**
 * Headers that every answer carries against what browsers would do by themselves: guess types, cache, frame,
 * run, share. No CORS header is among them: pages of other origins may not call. Nothing names our software.
 * Source: OWASP HTTP Headers Cheat Sheet; RFC 6797 section 7 (HSTS is for answers over TLS only).
 */

/** An answer of the API is data: it loads, runs and frames nothing. */
const API_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const ALWAYS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
};

const UNLESS_SET: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': API_POLICY,
};

/** Two years, this host alone: others of the province's domain are not ours to decide about. */
const HSTS = 'max-age=63072000';

/**
 * Adds the headers to an answer. `forwardedProto` is what the reverse proxy says of the connection to the
 * client (`X-Forwarded-Proto`); a client that lies about it binds only itself.
 */
export function addSecurityHeaders(headers: Headers, forwardedProto: string | undefined): void {
  for (const [name, value] of Object.entries(ALWAYS)) headers.set(name, value);
  for (const [name, value] of Object.entries(UNLESS_SET)) if (!headers.has(name)) headers.set(name, value);
  if (forwardedProto?.toLowerCase() === 'https') headers.set('strict-transport-security', HSTS);
}
