/**
 * Text that people type as a name or a key, in the one spelling under which equal looks are equal. Says
 * nothing of capitals: `HO 12` and `ho 12` can be seen to be two.
 */

/** Has nothing to compose and nothing that is not seen. */
const ASCII = /^[\x20-\x7e]*$/;
/** What nobody sees: joiners, direction marks, soft hyphens, fillers, byte order marks, selectors. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}+/gu;
/** Blanks of all widths, tabs, line ends; U+2800 is a letter of Braille without a dot. */
const BLANKS = /[\s\u0085\u2800]+/gu;
const TO_BE_CLEANED = /[^\S ]|[\u0085\u2800]|\p{Default_Ignorable_Code_Point}/u;

/**
 * `text` trimmed, composed (NFC), without invisible characters and marks of direction, and with one space for
 * blanks of any kind and number. Total; idempotent.
 */
export function plainText(text: string): string {
  if (ASCII.test(text)) return single(text);
  const seen = TO_BE_CLEANED.test(text) ? text.replace(INVISIBLE, '').replace(BLANKS, ' ') : text;
  return single(seen.normalize('NFC'));
}

function single(text: string): string {
  const trimmed = text.trim();
  return trimmed.includes('  ') ? trimmed.replace(/ {2,}/g, ' ') : trimmed;
}
