/**
 * The bytes of a file of text as UTF-8 with LF at the ends of its lines, whatever wrote it: UTF-16 is read,
 * lone CRs of old spreadsheets end lines, and what is no text at all is named. Knows no rows. What is not
 * valid stays not valid, for the line to be refused: nothing is guessed about older encodings.
 */
import { StringDecoder } from 'node:string_decoder';
import type { Fault } from '../../../shared/errors.ts';
import { unreadable } from './unreadable.ts';

const [LF, CR] = [10, 13];
/** Enough to tell formats apart; more than any beginning below, with the blanks that may stand before. */
const HEAD_BYTES = 64;
/** Without a line end in so many bytes the file has none worth looking for: the line is too long anyway. */
const MOST_SNIFFED = 65_536;

const UTF8_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
/** No byte of UTF-8: stands for what was no character of UTF-16 either. */
const INVALID = Buffer.from([0xff]);

/** What is no text, by how it begins. */
const FORMATS: readonly (readonly [beginning: Buffer, fault: Fault])[] = [
  [Buffer.from('PK\u0003\u0004'), { reason: 'FILE_WORKBOOK' }],
  [Buffer.from([0xd0, 0xcf, 0x11, 0xe0]), { reason: 'FILE_WORKBOOK' }],
  [Buffer.from('%PDF'), { reason: 'FILE_PDF' }],
];

/** Throws ENCODING, naming it, for a workbook, a page or a PDF. */
export async function* plainBytes(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  yield* withLineFeeds(inUtf8(bytes));
}

interface Converter {
  take(bytes: Buffer): Buffer;
  /** What was held back for a character that never came whole. */
  end(): Buffer;
}

async function* inUtf8(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let head = Buffer.alloc(0);
  let converter: Converter | undefined;
  for await (const chunk of bytes) {
    const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (converter !== undefined) {
      yield converter.take(buffer);
      continue;
    }
    head = Buffer.concat([head, buffer]);
    if (head.length < HEAD_BYTES) continue;
    converter = converterOf(head);
    yield converter.take(head);
  }
  if (converter === undefined) {
    converter = converterOf(head);
    yield converter.take(head);
  }
  yield converter.end();
}

function converterOf(head: Buffer): Converter {
  const format = FORMATS.find(([beginning]) => beginning.equals(head.subarray(0, beginning.length)));
  if (format !== undefined) throw unreadable(1, 'ENCODING', format[1]);
  const [first = -1, second = -1] = head;
  if ((first === 0xff && second === 0xfe) || (first > 0 && second === 0)) return new Utf16('little');
  if ((first === 0xfe && second === 0xff) || (first === 0 && second > 0)) return new Utf16('big');
  // Neither a header nor an object of JSON begins with it: a page, or XML, under the name of a table.
  if (/^\ufeff?\s*</.test(head.toString())) {
    throw unreadable(1, 'ENCODING', { reason: 'FILE_HTML' });
  }
  return new Utf8();
}

/** Without its mark. */
class Utf8 implements Converter {
  #begun = false;

  take(bytes: Buffer): Buffer {
    if (this.#begun) return bytes;
    this.#begun = true;
    return UTF8_MARK.equals(bytes.subarray(0, UTF8_MARK.length)) ? bytes.subarray(UTF8_MARK.length) : bytes;
  }

  end(): Buffer {
    return Buffer.alloc(0);
  }
}

/** As it says itself by its mark, or by the zeros beside its first letter; the mark is dropped. */
class Utf16 implements Converter {
  readonly #big: boolean;
  readonly #decoder = new StringDecoder('utf16le');
  #odd = Buffer.alloc(0);
  #begun = false;

  constructor(order: 'little' | 'big') {
    this.#big = order === 'big';
  }

  take(bytes: Buffer): Buffer {
    const whole = Buffer.concat([this.#odd, bytes]);
    const even = whole.length - (whole.length % 2);
    this.#odd = whole.subarray(even);
    const units = whole.subarray(0, even);
    return this.#encoded(this.#decoder.write(this.#big ? units.swap16() : units));
  }

  end(): Buffer {
    return Buffer.concat([this.#encoded(this.#decoder.end()), this.#odd.length > 0 ? INVALID : this.#odd]);
  }

  #encoded(text: string): Buffer {
    const unmarked = !this.#begun && text.startsWith('\ufeff') ? text.slice(1) : text;
    this.#begun ||= text !== '';
    // Between the parts stood halves of characters.
    const [whole = '', ...parts] = unmarked.split(/\p{Cs}/u);
    return Buffer.concat([Buffer.from(whole), ...parts.flatMap((part) => [INVALID, Buffer.from(part)])]);
  }
}

/** If the first line ends in a CR alone, every CR ends a line. */
async function* withLineFeeds(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let head = Buffer.alloc(0);
  let endsByCr: boolean | undefined;
  for await (const chunk of bytes) {
    if (endsByCr === undefined) {
      head = Buffer.concat([head, chunk]);
      endsByCr = firstEndIsCr(head, head.length > MOST_SNIFFED);
      if (endsByCr !== undefined) yield endsByCr ? crAsLf(head) : head;
    } else yield endsByCr ? crAsLf(chunk) : chunk;
  }
  if (endsByCr === undefined && head.length > 0) yield firstEndIsCr(head, true) ? crAsLf(head) : head;
}

/** Undefined while more bytes may tell; `all`: no more will be waited for. */
function firstEndIsCr(head: Buffer, all: boolean): boolean | undefined {
  const at = head.findIndex((byte) => byte === LF || byte === CR);
  if (at < 0) return all ? false : undefined;
  if (head[at] === LF) return false;
  if (at + 1 < head.length) return head[at + 1] !== LF;
  return all ? true : undefined;
}

function crAsLf(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  for (let at = copy.indexOf(CR); at >= 0; at = copy.indexOf(CR, at + 1)) copy[at] = LF;
  return copy;
}
