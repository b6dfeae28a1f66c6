/**
 * The ring of data keys as it is written: `{"current": 2, "keys": {"1": "<64 hex>", "2": "<64 hex>"}}`. Reads
 * it strictly, makes it and adds to it. Pure but for chance; a problem never quotes what it was found in.
 */
import { z } from 'zod';
import { AppError, type Fault, invalidFields } from '../../shared/errors.ts';
import { newKey } from '../../shared/ids.ts';
import { LAST_GENERATION } from './sealer.ts';

/** Master keys of 32 bytes by generation, 1 to 65,535; `current` is one of them. Must not be printed. */
export interface KeyRing {
  readonly current: number;
  readonly keys: ReadonlyMap<number, Uint8Array>;
}

/** Longest text that is looked at: as many generations as somebody who rotates daily has in a lifetime. */
const LONGEST_RING = 4 * 1024 * 1024;
const KEY_BYTES = 32;

const generation = z.int().min(1).max(LAST_GENERATION);
const schema = z.strictObject({
  current: generation,
  keys: z.record(z.string().regex(/^[1-9]\d{0,4}$/), z.string().regex(/^[0-9a-fA-F]{64}$/)),
});

/** The ring in `text`. Throws INVALID_ARGUMENT DATA_KEYS_MALFORMED saying what is wrong. */
export function parseKeyRing(text: string): KeyRing {
  if (text.length > LONGEST_RING) throw malformed({ reason: 'TOO_LONG', params: { most: LONGEST_RING } });
  const parsed = schema.safeParse(parseJson(text));
  if (!parsed.success) throw malformed({ reason: 'NOT_A_RING' });
  const { current, keys } = parsed.data;
  const entries = Object.entries(keys).map(([number, hex]) => [Number(number), hex.toLowerCase()] as const);
  if (entries.some(([number]) => number > LAST_GENERATION))
    throw malformed({ reason: 'GENERATION_TOO_HIGH', params: { most: LAST_GENERATION } });
  if (!entries.some(([number]) => number === current)) throw malformed({ reason: 'NO_CURRENT_KEY' });
  if (new Set(entries.map(([, hex]) => hex)).size < entries.length)
    throw malformed({ reason: 'SAME_KEY_TWICE' });
  if (entries.some(([, hex]) => /^(..)\1*$/.test(hex))) throw malformed({ reason: 'WEAK_KEY' });
  return { current, keys: new Map(entries.map(([number, hex]) => [number, Buffer.from(hex, 'hex')])) };
}

/** The text of a ring, as `parseKeyRing` reads it. */
export function formatKeyRing({ current, keys }: KeyRing): string {
  const hex = [...keys].map(([number, key]) => [number, Buffer.from(key).toString('hex')]);
  return `${JSON.stringify({ current, keys: Object.fromEntries(hex) }, null, 2)}\n`;
}

/** A ring with one new key. */
export function newKeyRing(): KeyRing {
  return { current: 1, keys: new Map([[1, newKey(KEY_BYTES)]]) };
}

/** `ring` with a new key that is the current one. Throws FAILED_PRECONDITION DATA_KEYS_EXHAUSTED. */
export function withNewGeneration(ring: KeyRing): KeyRing {
  const next = Math.max(...ring.keys.keys()) + 1;
  if (next > LAST_GENERATION) {
    throw new AppError('FAILED_PRECONDITION', 'DATA_KEYS_EXHAUSTED', 'there is no generation after 65535');
  }
  return { current: next, keys: new Map([...ring.keys, [next, newKey(KEY_BYTES)]]) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed({ reason: 'NOT_JSON' });
  }
}

function malformed(found: Fault): AppError {
  return invalidFields([{ ...found, field: 'data_keys' }], 'DATA_KEYS_MALFORMED');
}
