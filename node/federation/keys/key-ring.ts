/**
 * The generations of the federation key that the running node holds, in memory and in their file, which are
 * changed together: whoever reads a key here finds it in the file after a crash. The only holder of keys;
 * gives them out one at a time by generation and never prints them.
 */

import { AppError } from '../../../shared/errors.ts';
import type { FederationKey } from '../../../shared/signed/federation-key.ts';
import { type KeyFile, readKeyFile, writeKeyFile } from './key-file.ts';

export class KeyRing {
  readonly #path: string;
  #content: KeyFile;
  #lastChange: Promise<unknown> = Promise.resolve();

  private constructor(path: string, content: KeyFile) {
    this.#path = path;
    this.#content = content;
  }

  /** The ring of a file; an absent one holds nothing. Throws BAD_FEDERATION_KEYS. */
  static async open(path: string): Promise<KeyRing> {
    return new KeyRing(path, await readKeyFile(path));
  }

  /** All that is held now. */
  get content(): KeyFile {
    return this.#content;
  }

  /**
   * The 32 bytes of a generation. Throws FAILED_PRECONDITION FEDERATION_KEY_MISSING if the node holds no key,
   * FEDERATION_KEY_UNKNOWN if it lacks this one.
   */
  keyOf(generation: number): Uint8Array {
    const { keys } = this.#content;
    const found = keys.find((key) => key.generation === generation);
    if (found) return found.key;
    if (keys.length === 0) throw keyMissing();
    const message = `federation key: generation ${generation} is not held here`;
    throw new AppError('FAILED_PRECONDITION', 'FEDERATION_KEY_UNKNOWN', message, { params: { generation } });
  }

  /**
   * Writes what `change` makes of the content and holds it from then on; one change at a time. What `change`
   * throws leaves everything as it was; undefined changes nothing.
   */
  change(change: (content: KeyFile) => KeyFile | undefined): Promise<void> {
    const done = this.#lastChange.then(async () => {
      const next = change(this.#content);
      if (next === undefined) return;
      await writeKeyFile(this.#path, next);
      this.#content = next;
    });
    this.#lastChange = done.catch(() => undefined);
    return done;
  }
}

/** Says that this node holds no key at all yet. */
export function keyMissing(): AppError {
  return new AppError(
    'FAILED_PRECONDITION',
    'FEDERATION_KEY_MISSING',
    'the federation key has not reached this node yet: an enrolled province must approve it',
  );
}

/** `keys` with one more, ascending. */
export function withKey(keys: readonly FederationKey[], key: FederationKey): FederationKey[] {
  return [...keys, key].sort((a, b) => a.generation - b.generation);
}
