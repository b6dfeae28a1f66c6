/**
 * Certificates of the hub that this province refuses although they have not expired: a file of serial numbers
 * in the identity directory, one a line, read again while the node runs.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, invalidField } from '../../../shared/errors.ts';
import type { PeerCheck } from '../../../shared/grpc/peer.ts';
import { type Loop, type LoopParts, startLoop } from '../../../shared/loop.ts';
import { serialOf } from '../../../shared/pki/certificate.ts';
import { writePrivately } from '../../../shared/pki/identity.ts';

const FILE = 'distrusted-serials';
const LOOK_MS = 2_000;

/** Adds a serial number (hex, with or without colons) to the file. Throws INVALID_FIELD. */
export async function distrustSerial(directory: string, serial: string): Promise<void> {
  const normal = serial
    .replaceAll(':', '')
    .toLowerCase()
    .replace(/^0+(?=.)/, '');
  if (!/^[0-9a-f]{1,40}$/.test(normal)) throw invalidField('serial', 'NOT_A_SERIAL');
  const serials = [...new Set([...(await readSerials(directory)), normal])];
  await writePrivately(join(directory, FILE), serials.join('\n'));
}

/** The refused serial numbers; none if there is no file. */
async function readSerials(directory: string): Promise<string[]> {
  const text = await readFile(join(directory, FILE), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw new AppError('INVALID_ARGUMENT', 'INVALID_CONFIG', `IDENTITY_DIR: ${FILE} cannot be read`, {
      details: [{ field: FILE, reason: 'FILE_UNREADABLE' }],
    });
  });
  return text.split(/\s+/).filter((word) => word !== '');
}

/** With how often the file is looked at; 2 s unless told. */
type LookingParts = LoopParts & { readonly everyMs?: number | undefined };

/** The file as a running node sees it. */
export class DistrustedSerials implements AsyncDisposable {
  readonly #directory: string;
  readonly #listeners = new Set<() => void>();
  #serials: ReadonlySet<string>;
  readonly #loop: Loop;

  private constructor(directory: string, parts: LookingParts, serials: readonly string[]) {
    this.#directory = directory;
    this.#serials = new Set(serials);
    const { clock, logger, watch, everyMs = LOOK_MS } = parts;
    const times = { everyMs, firstInMs: everyMs };
    // A file that cannot be read for a moment changes nothing.
    const pass = () => this.#look();
    this.#loop = startLoop({ name: 'distrusted-serials', clock, logger, watch, ...times, pass });
  }

  /** Looked at again every `everyMs`. Throws INVALID_CONFIG if the file is there and cannot be read. */
  static async open(directory: string, parts: LookingParts): Promise<DistrustedSerials> {
    return new DistrustedSerials(directory, parts, await readSerials(directory));
  }

  /** For the listener and for the channel to the hub. */
  readonly check: PeerCheck = (_peer, certificate) =>
    this.#serials.has(serialOf(certificate)) ? 'CERTIFICATE_DISTRUSTED' : undefined;

  /** Calls `listener` when the file has changed. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  async #look(): Promise<void> {
    const serials = await readSerials(this.#directory);
    if (serials.length === this.#serials.size && serials.every((one) => this.#serials.has(one))) return;
    this.#serials = new Set(serials);
    for (const listener of this.#listeners) listener();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#loop[Symbol.asyncDispose]();
  }
}
