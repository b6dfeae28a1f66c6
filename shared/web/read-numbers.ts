/**
 * Numbers as somebody types or pastes them, one a line, as identifiers. A line of 12 digits is a citizen id,
 * one of 9 an old identity card unless it begins like a phone number; whoever means something else writes the
 * kind before it (`insurance:…`). Pure.
 */
import { readIdentifier } from '../domain/identifier.ts';

export interface ReadNumbers {
  readonly identifiers: readonly string[];
  /** Lines (from 1) that are no number. */
  readonly wrong: readonly number[];
}

export function readNumbers(text: string): ReadNumbers {
  const lines = text.split('\n').map((line) => line.trim());
  const read = lines.map((line) => (line === '' ? undefined : identifierOf(line)));
  const wrong = lines.flatMap((line, index) => (line !== '' && read[index] === undefined ? [index + 1] : []));
  return { identifiers: [...new Set(read.filter((one) => one !== undefined))], wrong };
}

/** Kinds that a bare number may be, the likeliest first. */
const BARE: readonly [pattern: RegExp, kind: string][] = [
  [/^\d{12}$/, 'cccd'],
  [/^(?:\+|00?)\d{8,14}$/, 'phone'],
  [/^84\d{9,10}$/, 'phone'],
  [/^\d{9}$/, 'cmnd'],
  [/^[A-Z]{2}[A-Z0-9]{3}\d{10}$/, 'insurance'],
];

function identifierOf(line: string): string | undefined {
  if (/^[a-z]+:/i.test(line)) return readIdentifier(line).value;
  const bare = line.replace(/[\s.()-]/g, '').toUpperCase();
  const kinds = BARE.filter(([pattern]) => pattern.test(bare)).map(([, kind]) => kind);
  return kinds.map((kind) => readIdentifier(`${kind}:${bare}`).value).find((one) => one !== undefined);
}
