/**
 * A stream of bytes as numbered lines of text, whatever the sizes of its chunks, in constant memory. Knows
 * neither CSV nor JSON. Bytes that are not UTF-8 never pass silently: their lines are marked.
 */
import { isUtf8 } from 'node:buffer';
import { unreadable } from './unreadable.ts';

/** Longest line and longest row, in bytes or characters. */
export const LONGEST_ROW = 65_536;

/** Consecutive lines without their ends (LF or CR LF). */
export interface Lines {
  /** Number of the first one, from 1. */
  readonly first: number;
  readonly texts: readonly string[];
  /** Positions in `texts` of lines that were not valid UTF-8. */
  readonly invalid: ReadonlySet<number>;
}

const LF = 10;
const UTF8_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const UTF16_MARKS = [Buffer.from([0xff, 0xfe]), Buffer.from([0xfe, 0xff])];
const NONE: ReadonlySet<number> = new Set();

/**
 * The lines of `bytes`; a byte order mark of UTF-8 is dropped. Throws, after the lines before it,
 * LINE_TOO_LONG for a line of more than LONGEST_ROW bytes and ENCODING for UTF-16.
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
  for await (const chunk of withoutMark(bytes)) {
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

/** The bytes as Buffers without a UTF-8 mark at their beginning. */
async function* withoutMark(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of bytes) {
    const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (head === undefined) {
      yield buffer;
      continue;
    }
    head = Buffer.concat([head, buffer]);
    if (head.length < UTF8_MARK.length) continue;
    yield unmarked(head);
    head = undefined;
  }
  if (head !== undefined && head.length > 0) yield unmarked(head);
}

function unmarked(head: Buffer): Buffer {
  if (UTF16_MARKS.some((mark) => mark.equals(head.subarray(0, mark.length)))) {
    throw unreadable(1, 'ENCODING', { reason: 'UTF16' });
  }
  return UTF8_MARK.equals(head.subarray(0, UTF8_MARK.length)) ? head.subarray(UTF8_MARK.length) : head;
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
