/**
 * Reads the Ed25519 keys that sign openings and warrants. Nothing but Ed25519 is accepted, and a private key
 * where a public one belongs is refused: somebody has copied the wrong file.
 */
import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { type AppError, type Fault, invalidFields } from '../errors.ts';

/** The provinces' public opening keys by two-digit code. */
export interface ProvinceKeys {
  /** Key of a province, undefined where none is pinned. */
  get(province: string): KeyObject | undefined;
  /** Learns what is new about the provinces, if there is somebody to ask. */
  refresh?(): Promise<void>;
}

/** A private Ed25519 key from a JWK (its text, or parsed). Throws BAD_KEY; the message never quotes it. */
export function loadPrivateKey(jwkOrText: string | object): KeyObject {
  const jwk = ed25519Jwk(parsed(jwkOrText));
  if (typeof jwk.d !== 'string') throw badKey({ reason: 'KEY_NOT_PRIVATE' });
  return built(() => createPrivateKey({ key: jwk, format: 'jwk' }));
}

/** A public Ed25519 key from a JWK (its text, or parsed). Throws BAD_KEY. */
export function loadPublicKey(jwkOrText: string | object): KeyObject {
  return publicKeyOf(parsed(jwkOrText));
}

/** The provinces' keys from a JWKS (its text, or parsed) whose `kid`s are province codes. Throws BAD_KEY. */
export function loadProvinceKeys(jwksOrText: string | object): ProvinceKeys & ReadonlyMap<string, KeyObject> {
  const { keys } = Object(parsed(jwksOrText)) as { keys?: unknown };
  if (!Array.isArray(keys)) throw badKey({ reason: 'NOT_A_JWKS' });
  const byProvince = new Map<string, KeyObject>();
  for (const jwk of keys) {
    const { kid } = Object(jwk) as { kid?: unknown };
    if (typeof kid !== 'string' || !/^[0-9]{2}$/.test(kid)) throw badKey({ reason: 'NOT_A_PROVINCE_CODE' });
    if (byProvince.has(kid)) throw badKey({ reason: 'KEY_TWICE', params: { province: kid } });
    byProvince.set(kid, publicKeyOf(jwk));
  }
  return byProvince;
}

function publicKeyOf(value: unknown): KeyObject {
  const jwk = ed25519Jwk(value);
  if (jwk.d !== undefined) throw badKey({ reason: 'KEY_IS_PRIVATE' });
  return built(() => createPublicKey({ key: jwk, format: 'jwk' }));
}

function ed25519Jwk(value: unknown): JsonWebKey {
  const jwk = Object(value) as JsonWebKey;
  if (jwk.kty !== 'OKP' || jwk.crv !== 'Ed25519') throw badKey({ reason: 'KEY_NOT_ED25519' });
  return jwk;
}

function built(build: () => KeyObject): KeyObject {
  try {
    return build();
  } catch {
    // The platform's message may quote the key.
    throw badKey({ reason: 'KEY_INVALID' });
  }
}

function parsed(jsonOrText: string | object): unknown {
  if (typeof jsonOrText !== 'string') return jsonOrText;
  try {
    return JSON.parse(jsonOrText);
  } catch {
    throw badKey({ reason: 'NOT_JSON' });
  }
}

function badKey(problem: Fault): AppError {
  return invalidFields([{ ...problem, field: 'key' }], 'BAD_KEY');
}
