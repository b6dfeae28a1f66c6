/**
 * TLS material of one program and the one way it is used: TLS 1.3, both sides show a certificate of the
 * federation CA.
 */
import { createSecureContext, type SecureContext } from 'node:tls';
import { readSecretFile } from '../config.ts';
import { AppError } from '../errors.ts';

/** PEM texts: the federation CA, this program's certificate (chain) and its private key. */
export interface TlsMaterial {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/**
 * How TLS is spoken. Without OpenSSL's finite-field groups: ffdhe2048 is weak, and the larger ones cost the
 * server dear.
 */
export const TLS_TERMS = { minVersion: 'TLSv1.3', ecdhCurve: 'X25519:P-256:P-384' } as const;

/** What a client needs: a newcomer has no certificate yet. */
export type ClientTls = Pick<TlsMaterial, 'ca'> & Partial<TlsMaterial>;

/** Reads PEM files. Throws INVALID_CONFIG naming the variable whose file cannot be read. */
export function readTlsMaterial(files: { caFile: string; certFile: string; keyFile: string }): TlsMaterial {
  return {
    ca: readSecretFile('TLS_CA_FILE', files.caFile).reveal(),
    cert: readSecretFile('TLS_CERT_FILE', files.certFile).reveal(),
    key: readSecretFile('TLS_KEY_FILE', files.keyFile).reveal(),
  };
}

/** A TLS 1.3 context of `tls`. Throws INVALID_CONFIG if the PEM texts do not fit together. */
export function secureContext({ ca, cert, key }: ClientTls): SecureContext {
  try {
    return createSecureContext({ ca, ...(cert && key ? { cert, key } : {}), ...TLS_TERMS });
  } catch (cause) {
    const message = 'TLS_CERT_FILE, TLS_KEY_FILE: not a certificate and its private key';
    throw new AppError('INVALID_ARGUMENT', 'INVALID_CONFIG', message, {
      ...{ cause, details: [{ field: 'TLS_CERT_FILE', reason: 'CERTIFICATE_UNFIT' }] },
    });
  }
}
