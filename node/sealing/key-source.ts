/**
 * Where the ring of data keys comes from: a file, or the standard output of a command that asks a key
 * management service. What goes wrong is told without a byte of either, and without the command's own words.
 */
import { execFile } from 'node:child_process';
import { open, readFile, rename, unlink } from 'node:fs/promises';
import { AppError } from '../../shared/errors.ts';
import { newId } from '../../shared/ids.ts';
import { formatKeyRing, type KeyRing, newKeyRing, parseKeyRing, withNewGeneration } from './key-ring.ts';

/** A file by its path, or a program and its arguments, which are run without a shell and hold no secret. */
export type KeySource =
  | { readonly file: string; readonly command?: undefined }
  | { readonly file?: undefined; readonly command: readonly string[] };

/** A service that has not answered by then will not. */
const COMMAND_TIMEOUT_MS = 10_000;
const LONGEST_OUTPUT = 4 * 1024 * 1024;

/**
 * The ring as it is now. Throws DATA_KEYS_MALFORMED, FAILED_PRECONDITION DATA_KEYS_UNREADABLE (file),
 * UNAVAILABLE DATA_KEYS_COMMAND_FAILED (did not start, ended with an error, took too long, said too much).
 */
export async function readKeyRing(source: KeySource, timeoutMs = COMMAND_TIMEOUT_MS): Promise<KeyRing> {
  return parseKeyRing(
    source.file === undefined ? await outputOf(source.command, timeoutMs) : await textOf(source.file),
  );
}

/** Writes a first ring, readable by its owner alone. Throws ALREADY_EXISTS DATA_KEYS_EXIST. */
export async function createKeyRingFile(file: string): Promise<KeyRing> {
  const ring = newKeyRing();
  await writeNew(file, formatKeyRing(ring)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw unwritable(error);
    throw new AppError('ALREADY_EXISTS', 'DATA_KEYS_EXIST', 'there is a file of data keys already');
  });
  return ring;
}

/**
 * Adds a generation to the ring in `file`, which is replaced whole or not at all. Throws what `readKeyRing`
 * throws, DATA_KEYS_EXHAUSTED, DATA_KEYS_UNWRITABLE.
 */
export async function rotateKeyRingFile(file: string): Promise<KeyRing> {
  const ring = withNewGeneration(await readKeyRing({ file }));
  const beside = `${file}.${newId()}`;
  try {
    await writeNew(beside, formatKeyRing(ring));
    await rename(beside, file);
  } catch (error) {
    await unlink(beside).catch(() => undefined);
    throw unwritable(error);
  }
  return ring;
}

/** A file of our own, on the disk before this resolves. */
async function writeNew(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const reason = `the file of data keys cannot be read (${error.code})`;
    throw new AppError('FAILED_PRECONDITION', 'DATA_KEYS_UNREADABLE', reason, {
      params: { code: error.code ?? '?' },
    });
  });
}

function outputOf([program = '', ...parameters]: readonly string[], timeoutMs: number): Promise<string> {
  const options = { timeout: timeoutMs, maxBuffer: LONGEST_OUTPUT, killSignal: 'SIGKILL', cwd: '/' } as const;
  return new Promise((resolve, reject) => {
    const child = execFile(program, parameters, options, (error, output) => {
      if (error === null) return resolve(output);
      // Not even as a cause: the error repeats the command line and what the command said.
      const { code, killed } = error;
      const how = killed ? 'took too long or said too much' : `ended with ${code ?? 'a signal'}`;
      reject(new AppError('UNAVAILABLE', 'DATA_KEYS_COMMAND_FAILED', `the command for data keys ${how}`));
    });
    child.stdin?.end();
  });
}

function unwritable(error: unknown): AppError {
  const { code } = error as NodeJS.ErrnoException;
  const reason = `the file of data keys cannot be written (${code})`;
  return new AppError('FAILED_PRECONDITION', 'DATA_KEYS_UNWRITABLE', reason, {
    params: { code: code ?? '?' },
  });
}
