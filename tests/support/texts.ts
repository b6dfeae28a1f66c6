/**
 * What tests of texts look for: parameters, and English that stayed in Vietnamese.
 */

/** Names of the parameters of a text, in alphabetical order, each as often as it is there. */
export function namesIn(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string).sort();
}

const WORDS = [
  ...['the', 'a', 'an', 'of', 'is', 'are', 'was', 'not', 'and', 'or', 'with', 'from', 'for', 'by', 'this'],
  ...['that', 'file', 'key', 'must', 'be', 'it', 'at', 'on', 'case', 'trace', 'missing', 'wrong', 'field'],
  ...['required', 'should', 'have', 'has', 'been', 'none', 'list', 'show', 'set', 'date', 'time', 'until'],
];

/** Common English words that are no Vietnamese ones. */
export const ENGLISH = new RegExp(`(?<!\\p{L})(${WORDS.join('|')})(?!\\p{L})`, 'u');
