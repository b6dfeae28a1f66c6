/**
 * A checkpoint of an audit log: who says that the log has this size and this root, signed with Ed25519. Its
 * text begins with the origin on a line of its own, which no JWS can: the keys that sign openings, warrants
 * and rules may sign it too. Source: C2SP tlog-checkpoint and signed-note.
 */
import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { AppError } from '../errors.ts';

export interface Checkpoint {
  /** Number of entries. */
  readonly size: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
}

/** Names a log and its key: `truyvet/audit/hub`, `truyvet/audit/node/24`. */
export type LogOrigin = `truyvet/audit/hub` | `truyvet/audit/node/${string}`;

export const HUB_ORIGIN: LogOrigin = 'truyvet/audit/hub';

/** The origin of a province's log. */
export function nodeOrigin(province: string): LogOrigin {
  return `truyvet/audit/node/${province}`;
}

/** Signature type Ed25519 of signed notes. */
const ED25519 = 0x01;
/** A checkpoint of the largest size is shorter. */
const MAX_LENGTH = 1_000;
const TEXT = /^(.+)\n(0|[1-9]\d{0,15})\n([A-Za-z0-9+/]{43}=)\n\n— (.+) ([A-Za-z0-9+/]{91}=)\n$/;

/** The signed note of a checkpoint; the same for the same key. */
export function signCheckpoint(checkpoint: Checkpoint, origin: LogOrigin, key: KeyObject): string {
  const text = textOf(checkpoint, origin);
  const signature = Buffer.concat([keyId(origin, key), sign(null, Buffer.from(text), key)]);
  return `${text}\n— ${origin} ${signature.toString('base64')}\n`;
}

/**
 * The checkpoint in `note`, if it is one of the log `origin` signed by `key` (public or private). Throws
 * PERMISSION_DENIED BAD_CHECKPOINT; extension lines and further signatures are refused.
 */
export function openCheckpoint(note: string, origin: LogOrigin, key: KeyObject): Checkpoint {
  const checkpoint = readCheckpoint(note, origin);
  if (!signedBy(note, origin, key)) throw badCheckpoint('signed by another key');
  const text = Buffer.from(textOf(checkpoint, origin));
  if (!verify(null, text, publicOf(key), signatureOf(note).subarray(4)))
    throw badCheckpoint('wrong signature');
  return checkpoint;
}

/** Whether `note` says that `key` signed it; `openCheckpoint` tells if that is true. Throws as it does. */
export function signedBy(note: string, origin: LogOrigin, key: KeyObject): boolean {
  readCheckpoint(note, origin);
  return signatureOf(note).subarray(0, 4).equals(keyId(origin, key));
}

/** What `note` says, without a look at its signature. Throws as `openCheckpoint`. */
export function readCheckpoint(note: string, origin: LogOrigin): Checkpoint {
  const [, named, size, root = '', signer] = (note.length <= MAX_LENGTH && TEXT.exec(note)) || [];
  if (named === undefined) throw badCheckpoint('not a signed checkpoint');
  if (named !== origin || signer !== origin) throw badCheckpoint('of another log');
  const checkpoint = { size: Number(size), root: Buffer.from(root, 'base64') };
  // One text a checkpoint: base64 with stray bits would be another.
  if (!note.startsWith(textOf(checkpoint, origin))) throw badCheckpoint('not a signed checkpoint');
  return checkpoint;
}

/** Four bytes that name the key, and the signature. */
function signatureOf(note: string): Buffer {
  return Buffer.from(TEXT.exec(note)?.[5] ?? '', 'base64');
}

function textOf({ size, root }: Checkpoint, origin: LogOrigin): string {
  return `${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`;
}

/** First four bytes of SHA-256(name ‖ LF ‖ type ‖ public key). */
function keyId(origin: LogOrigin, key: KeyObject): Buffer {
  const { x = '' } = publicOf(key).export({ format: 'jwk' });
  const publicKey = Buffer.from(x, 'base64url');
  const hash = createHash('sha256').update(`${origin}\n`).update(Uint8Array.of(ED25519)).update(publicKey);
  return hash.digest().subarray(0, 4);
}

function publicOf(key: KeyObject): KeyObject {
  return key.type === 'private' ? createPublicKey(key) : key;
}

function badCheckpoint(problem: string): AppError {
  return new AppError('PERMISSION_DENIED', 'BAD_CHECKPOINT', `checkpoint: ${problem}`);
}
