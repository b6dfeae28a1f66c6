/**
 * Certificates of the hub that this province refuses although they have not expired: a file of serial numbers
 * in the identity directory, one a line, read again while the node runs.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../../shared/clock.ts';
import { AppError, invalidField } from '../../../shared/errors.ts';
import type { PeerCheck } from '../../../shared/grpc/peer.ts';
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

/** The file as a running node sees it. */
export class DistrustedSerials implements AsyncDisposable {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #stopped = new AbortController();
  readonly #listeners = new Set<() => void>();
  #serials: ReadonlySet<string>;
  readonly #watching: Promise<void>;

  private constructor(directory: string, clock: Clock, everyMs: number, serials: readonly string[]) {
    this.#directory = directory;
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#serials = new Set(serials);
    this.#watching = this.#watch();
  }

  /** Looked at again every `everyMs`. Throws INVALID_CONFIG if the file is there and cannot be read. */
  static async open(directory: string, clock: Clock, everyMs = LOOK_MS): Promise<DistrustedSerials> {
    return new DistrustedSerials(directory, clock, everyMs, await readSerials(directory));
  }

  /** For the listener and for the channel to the hub. */
  readonly check: PeerCheck = (_peer, certificate) =>
    this.#serials.has(serialOf(certificate)) ? 'CERTIFICATE_DISTRUSTED' : undefined;

  /** Calls `listener` when the file has changed. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  async #watch(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      await this.#clock.sleep(this.#everyMs, this.#stopped.signal);
      // A file that cannot be read for a moment changes nothing.
      const serials = await readSerials(this.#directory).catch(() => [...this.#serials]);
      if (serials.length === this.#serials.size && serials.every((one) => this.#serials.has(one))) continue;
      this.#serials = new Set(serials);
      for (const listener of this.#listeners) listener();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort();
    await this.#watching;
  }
}
