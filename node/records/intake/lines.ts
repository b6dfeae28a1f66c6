/**
 * A stream of bytes as numbered lines of text, whatever the sizes of its chunks, in constant memory. Knows
 * neither CSV nor JSON. Bytes that are no text never pass silently: their lines are marked.
 */
import { isUtf8 } from 'node:buffer';
import { plainBytes } from './encodings.ts';
import { unreadable } from './unreadable.ts';

/** Longest line and longest row, in bytes or characters. */
export const LONGEST_ROW = 65_536;

/** Consecutive lines without their ends (LF, CR LF; CR where the first line ends so). */
export interface Lines {
  /** Number of the first one, from 1. */
  readonly first: number;
  readonly texts: readonly string[];
  /** Positions in `texts` of lines that were not valid UTF-8. */
  readonly invalid: ReadonlySet<number>;
}

const LF = 10;
const NONE: ReadonlySet<number> = new Set();

/**
 * The lines of `bytes` of UTF-8 or UTF-16; a byte order mark is dropped. Throws, after the lines before it,
 * LINE_TOO_LONG for a line of more than LONGEST_ROW bytes of UTF-8, and ENCODING for what is no text.
 */
export async function* readLines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Lines> {
  let next = 1;
  for await (const block of completeLines(bytes)) {
    const lines = decode(block, next);
    const long = lines.texts.findIndex((text) => text.length > LONGEST_ROW || bytesOf(text) > LONGEST_ROW);
    if (long >= 0) {
      yield { ...lines, texts: lines.texts.slice(0, long) };
      throw tooLong(next + long);
    }
    next += lines.texts.length;
    yield lines;
  }
}

/** The bytes cut after line ends only; the last block may lack its own. */
async function* completeLines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let line = 1;
  for await (const chunk of plainBytes(bytes)) {
    const end = chunk.lastIndexOf(LF) + 1;
    if (end > 0) {
      const block = Buffer.concat([...held, chunk.subarray(0, end)]);
      line += countLines(block);
      yield block;
      held = [];
      heldBytes = 0;
    }
    if (end < chunk.length) held.push(chunk.subarray(end));
    heldBytes += chunk.length - end;
    if (heldBytes > LONGEST_ROW) throw tooLong(line);
  }
  if (heldBytes > 0) yield Buffer.concat(held);
}

function decode(block: Buffer, first: number): Lines {
  const body = block.at(-1) === LF ? block.subarray(0, -1) : block;
  const texts = body.toString('utf8').split('\n');
  for (let i = 0; i < texts.length; i++) {
    const text = texts[i] as string;
    if (text.endsWith('\r')) texts[i] = text.slice(0, -1);
  }
  return { first, texts, invalid: isUtf8(body) ? NONE : invalidLines(body) };
}

function invalidLines(body: Buffer): ReadonlySet<number> {
  const invalid = new Set<number>();
  let start = 0;
  for (let index = 0; start <= body.length; index++) {
    const end = body.indexOf(LF, start);
    const stop = end < 0 ? body.length : end;
    if (!isUtf8(body.subarray(start, stop))) invalid.add(index);
    start = stop + 1;
  }
  return invalid;
}

function countLines(block: Buffer): number {
  let count = 0;
  for (let at = block.indexOf(LF); at >= 0; at = block.indexOf(LF, at + 1)) count++;
  return count;
}

/** Cheap for the usual short line: UTF-8 has at most three bytes a UTF-16 unit. */
function bytesOf(text: string): number {
  return text.length * 3 <= LONGEST_ROW ? 0 : Buffer.byteLength(text);
}

function tooLong(line: number): Error {
  return unreadable(line, 'LINE_TOO_LONG', { reason: 'TOO_MANY_BYTES', params: { most: LONGEST_ROW } });
}
