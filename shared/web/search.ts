/**
 * Searching in a list that is here: without marks, in any order, digits as people group them. Pure.
 */

/** `Trần Thị Khánh` → `tran thi khanh`. */
export function folded(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').replace(/[đĐÐ]/g, 'd').toLowerCase();
}

/** Whether every word of `wanted` is in one of `texts`; digits are looked for without what groups them. */
export function isFoundIn(wanted: string, texts: readonly string[]): boolean {
  const all = texts.map(folded).join(' \n ');
  const digits = all.replace(/(?<=\d)[ .-](?=\d)/g, '');
  return wordsOf(wanted).every((word) => all.includes(word) || digits.includes(word));
}

function wordsOf(wanted: string): string[] {
  const text = folded(wanted.trim());
  // A number in groups is one word.
  const number = /^[\d\s.+-]+$/.test(text) ? [text.replace(/[\s.-]/g, '')] : undefined;
  return number ?? text.split(/\s+/);
}
