/**
 * `federation-keys.json` of the identity directory: the generations of the federation key that this node
 * holds, one that it has proposed, who gave it the first, and whom it has approved. Written whole, synced and
 * renamed into place, so that no crash leaves half of it; readable by nobody else.
 */
import { open, readFile, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { AppError, type Fault, listed } from '../../../shared/errors.ts';
import {
  type FederationKey,
  FIRST_GENERATION,
  MAX_GENERATION,
} from '../../../shared/signed/federation-key.ts';

/** Name of the file in the identity directory. */
export const FEDERATION_KEYS_FILE = 'federation-keys.json';

/** What the file holds. */
export interface KeyFile {
  /** Ascending by generation. */
  readonly keys: readonly FederationKey[];
  /** Made here, and not yet known to be the only one of its number. */
  readonly proposed?: FederationKey | undefined;
  /** Who gave this node its first key; `keysSha256` is of shared/signed/key-approval.ts. */
  readonly giver?: { readonly province: string; readonly keysSha256: string } | undefined;
  /** Approvals by this province, compact JWS. */
  readonly approvals: readonly string[];
}

const hexKey = z.string().regex(/^[0-9a-f]{64}$/);
const generation = z.string().regex(/^[1-9][0-9]{0,9}$/);
const instant = z.int().min(0).max(0xffff_ffff);
const fileShape = z.strictObject({
  keys: z.record(generation, hexKey),
  use_from: z.record(generation, instant).default({}),
  proposed: z
    .strictObject({
      generation: z.int().min(FIRST_GENERATION).max(MAX_GENERATION),
      key: hexKey,
      use_from: instant,
    })
    .optional(),
  giver: z
    .strictObject({
      province: z.string().regex(/^[0-9]{2}$/),
      keys_sha256: z.string().regex(/^[0-9a-f]{64}$/),
    })
    .optional(),
  approvals: z.array(z.string()).default([]),
});

/** What a node holds before it has got a key. */
const NOTHING: KeyFile = { keys: [], approvals: [] };

/**
 * Content of the file, or nothing if there is none. Throws BAD_FEDERATION_KEYS, which quotes no content, also
 * for one that others may read.
 */
export async function readKeyFile(path: string): Promise<KeyFile> {
  let text: string;
  try {
    if (((await stat(path)).mode & 0o077) !== 0) throw badFile({ reason: 'FILE_SHARED' });
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return NOTHING;
    if (error instanceof AppError) throw error;
    throw badFile({ reason: 'FILE_UNREADABLE' });
  }
  return parseKeyFile(text);
}

/** Replaces the file. Resolves when the new content would survive a power cut. */
export async function writeKeyFile(path: string, content: KeyFile): Promise<void> {
  const next = `${path}.next`;
  const file = await open(next, 'w', 0o600);
  try {
    // A leftover of a crash keeps its own mode.
    await file.chmod(0o600);
    await file.writeFile(formatKeyFile(content));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(next, path);
  const directory = await open(dirname(path), 'r');
  await directory.sync().finally(() => directory.close());
}

/** The file's text. */
export function formatKeyFile({ keys, proposed, giver, approvals }: KeyFile): string {
  const byGeneration = <T>(of: (key: FederationKey) => T) =>
    Object.fromEntries(keys.map((key) => [String(key.generation), of(key)]));
  const content = {
    keys: byGeneration(({ key }) => Buffer.from(key).toString('hex')),
    use_from: byGeneration(({ useFrom }) => useFrom),
    ...(proposed && {
      proposed: {
        generation: proposed.generation,
        key: Buffer.from(proposed.key).toString('hex'),
        use_from: proposed.useFrom,
      },
    }),
    ...(giver && { giver: { province: giver.province, keys_sha256: giver.keysSha256 } }),
    ...(approvals.length > 0 && { approvals }),
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

function parseKeyFile(text: string): KeyFile {
  const parsed = fileShape.safeParse(jsonOf(text));
  if (!parsed.success) {
    // A path may hold a misplaced key: only the fields that we know are named.
    const fields = [...new Set(parsed.error.issues.map(({ path }) => String(path[0] ?? 'file')))];
    const known = fields.filter((field) => field in fileShape.shape).join(', ');
    throw badFile({ reason: 'FILE_WRONG_FIELDS', params: { fields: known || '…' } });
  }
  const { keys, use_from: useFrom, proposed, giver, approvals } = parsed.data;
  const held = Object.entries(keys).map(([number, hex]) => ({
    generation: Number(number),
    key: bytesOf(hex),
    useFrom: useFrom[number] ?? 0,
  }));
  return {
    keys: held.sort((a, b) => a.generation - b.generation),
    proposed: proposed && {
      generation: proposed.generation,
      key: bytesOf(proposed.key),
      useFrom: proposed.use_from,
    },
    giver: giver && { province: giver.province, keysSha256: giver.keys_sha256 },
    approvals,
  };
}

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function badFile(found: Fault): AppError {
  const details = [{ ...found, field: FEDERATION_KEYS_FILE }];
  return new AppError('FAILED_PRECONDITION', 'BAD_FEDERATION_KEYS', listed(details), { details });
}
