/**
 * Checkpoints of audit logs as they travel between node and hub: proofs are packed, 32 bytes a hash.
 */
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { PresentedCheckpoint } from '../audit/peer-logs.ts';
import { invalidField } from '../errors.ts';
import type {
  PresentedCheckpointSchema,
  PresentedCheckpoint as Wire,
} from '../gen/truyvet/v1/federation_pb.ts';

const HASH_BYTES = 32;
/** No log is that large: 2^62 entries. */
const MOST_HASHES = 63;

/** Throws INVALID_ARGUMENT MALFORMED_COLUMNS for a proof that is none, INVALID_FIELD for no checkpoint. */
export function presentedFromWire(wire: Wire | undefined): PresentedCheckpoint {
  if (!wire) throw invalidField('own', 'REQUIRED');
  const proof = unpackHashes(wire.proof);
  if (proof.length > MOST_HASHES)
    throw invalidField('proof', 'TOO_MANY', { most: MOST_HASHES }, 'MALFORMED_COLUMNS');
  return { note: wire.note, fromSize: sizeFromWire(wire.fromSize), proof };
}

/** The message of `presented`. */
export function presentedToWire(
  presented: PresentedCheckpoint,
): MessageInitShape<typeof PresentedCheckpointSchema> {
  const { note, fromSize, proof } = presented;
  return { note, fromSize: BigInt(fromSize), proof: Buffer.concat(proof) };
}

/** A size of a log. Throws INVALID_FIELD beyond what numbers can tell. */
export function sizeFromWire(size: bigint): number {
  if (size > BigInt(Number.MAX_SAFE_INTEGER)) throw invalidField('size', 'TOO_LARGE');
  return Number(size);
}

/** A reason word of the peer, undefined for an empty one. Throws INVALID_FIELD for anything else. */
export function reasonFromWire(reason: string): string | undefined {
  if (!/^[A-Z_]{0,64}$/.test(reason)) throw invalidField('conflict', 'NOT_A_REASON');
  return reason || undefined;
}

/** Hashes of 32 bytes, packed. Throws INVALID_ARGUMENT MALFORMED_COLUMNS. */
export function unpackHashes(packed: Uint8Array): Uint8Array[] {
  if (packed.length % HASH_BYTES !== 0)
    throw invalidField('proof', 'NOT_MULTIPLE', { bytes: HASH_BYTES }, 'MALFORMED_COLUMNS');
  return Array.from({ length: packed.length / HASH_BYTES }, (_, i) =>
    packed.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES),
  );
}
