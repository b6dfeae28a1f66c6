/**
 * A word in the disguises in which it could lie in a database, a log or on a wire, and the search for them.
 */
import { connect } from 'node:http2';
import { Duplex } from 'node:stream';

/** One disguise of a word. */
export interface Needle {
  readonly word: string;
  readonly form: string;
  readonly bytes: Buffer;
}

/** The disguises of `words` (ASCII or not, at least 8 characters; digits also as numbers are packed). */
export async function needlesOf(words: readonly string[]): Promise<Needle[]> {
  const needles: Needle[] = [];
  for (const word of words) {
    for (const [form, bytes] of [...textForms(word), ...digitForms(word), ...(await headerForms(word))]) {
      needles.push({ word, form, bytes });
    }
  }
  return needles;
}

/**
 * Words and forms found in any of the haystacks, each once, as `word (form)`. One pass over all bytes,
 * whatever the number of needles: where three of them begin a needle, those that begin so are compared.
 */
export function findNeedles(haystacks: Iterable<Buffer>, needles: readonly Needle[]): string[] {
  const { begins, byStart } = startsOf(needles);
  const found = new Set<string>();
  for (const haystack of haystacks) {
    let three = 0;
    for (let end = 0; end < haystack.length; end++) {
      three = ((three << 8) | (haystack[end] as number)) & 0xffffff;
      if (((begins[three >> 5] as number) & (1 << (three & 31))) === 0 || end < START - 1) continue;
      const at = end - START + 1;
      for (const { word, form, bytes } of byStart.get(three) ?? []) {
        if (haystack.subarray(at, at + bytes.length).equals(bytes)) found.add(`${word} (${form})`);
      }
    }
  }
  return [...found];
}

/** Bytes of a needle by which it is looked for. */
const START = 3;

function startsOf(needles: readonly Needle[]) {
  const begins = new Int32Array(2 ** 24 / 32);
  const byStart = new Map<number, Needle[]>();
  for (const needle of needles) {
    if (needle.bytes.length < START) throw new Error(`a needle of ${needle.bytes.length} bytes`);
    const start = needle.bytes.readUIntBE(0, START);
    begins[start >> 5] = (begins[start >> 5] as number) | (1 << (start & 31));
    byStart.set(start, [...(byStart.get(start) ?? []), needle]);
  }
  return { begins, byStart };
}

type Form = readonly [form: string, bytes: Buffer];

function textForms(word: string): Form[] {
  const forms: Form[] = [];
  const spellings = new Set([word, word.toLowerCase(), word.toUpperCase(), [...word].reverse().join('')]);
  for (const spelling of spellings) {
    const encoded: Form[] = [
      ['utf-8', Buffer.from(spelling)],
      ['utf-16le', Buffer.from(spelling, 'utf16le')],
      ['utf-16be', Buffer.from(spelling, 'utf16le').swap16()],
    ];
    for (const [encoding, bytes] of encoded) {
      forms.push([encoding, bytes]);
      const hex = bytes.toString('hex');
      forms.push([`${encoding} hex`, Buffer.from(hex)], [`${encoding} HEX`, Buffer.from(hex.toUpperCase())]);
      forms.push([`${encoding} reversed nibbles`, Buffer.from(swapNibbles(hex), 'hex')]);
      forms.push(...base64Forms(encoding, bytes));
    }
  }
  return forms;
}

/**
 * Base64 of bytes that lie at any offset of three in a longer text: without the characters that others share.
 */
function base64Forms(encoding: string, bytes: Buffer): Form[] {
  return [0, 1, 2].flatMap((offset) => {
    const padded = Buffer.concat([Buffer.alloc(offset), bytes]);
    const whole = padded.subarray(0, padded.length - (padded.length % 3));
    return (['base64', 'base64url'] as const).map((alphabet): Form => {
      const text = whole.toString(alphabet).slice(offset === 0 ? 0 : 4);
      return [`${encoding} ${alphabet}`, Buffer.from(text)];
    });
  });
}

/** Digits as whole numbers, and packed two to a byte in either order. */
function digitForms(word: string): Form[] {
  const digits = word.replace(/\D/g, '');
  if (digits.length < 9 || digits.length > 18) return [];
  const number = Buffer.alloc(8);
  number.writeBigUInt64BE(BigInt(digits));
  const significant = number.subarray(number.findIndex((byte) => byte !== 0));
  const even = digits.length % 2 === 0 ? digits : digits.slice(1);
  return [
    ['number, big-endian', significant],
    ['number, little-endian', Buffer.from(significant).reverse()],
    ['packed digits', Buffer.from(even, 'hex')],
    ['packed digits, reversed nibbles', Buffer.from(swapNibbles(even), 'hex')],
    ['digits', Buffer.from(digits)],
  ];
}

function swapNibbles(hex: string): string {
  return hex.replace(/(.)(.)/g, '$2$1');
}

/**
 * The word as Node's HTTP/2 compresses it in a header (RFC 7541, Huffman code), beginning at each bit of a
 * byte: the whole bytes that belong to it alone. Five-bit codes in front move it along.
 */
async function headerForms(word: string): Promise<Form[]> {
  if (!/^[\x20-\x7e]+$/.test(word)) return [];
  const bytes = Math.floor((word.length * 5) / 8) - 2;
  if (bytes < 5) return [];
  const forms: Form[] = [];
  for (let shift = 0; shift < 8; shift++) {
    const block = await headerBlock('0'.repeat(shift) + word);
    forms.push(['HTTP/2 header', block.subarray(block.length - 1 - bytes, block.length - 1)]);
  }
  return forms;
}

const HEADERS = 1;

/** The compressed headers of a request whose last header has this value. */
function headerBlock(value: string): Promise<Buffer> {
  return new Promise((resolve) => {
    const written: Buffer[] = [];
    const wire = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        written.push(chunk);
        done();
        const block = findHeaders(Buffer.concat(written).subarray(24));
        if (!block) return;
        resolve(block);
        session.destroy();
      },
    });
    const session = connect('http://localhost', { createConnection: () => wire });
    session.on('error', () => undefined);
    session.request({ 'x-word': value }).on('error', () => undefined);
  });
}

function findHeaders(frames: Buffer): Buffer | undefined {
  for (let at = 0; at + 9 <= frames.length; at += 9 + frames.readUIntBE(at, 3)) {
    const end = at + 9 + frames.readUIntBE(at, 3);
    if (frames[at + 3] === HEADERS && end <= frames.length) {
      // Without the five bytes of priority that some send (flag 0x20).
      return frames.subarray(at + 9 + ((frames[at + 4] as number) & 0x20 ? 5 : 0), end);
    }
  }
  return undefined;
}
