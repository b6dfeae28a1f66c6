/**
 * Identifiers of people and their one canonical form, `kind:value` (CONTRIBUTING.md, Words). Tokens are made
 * from canonical identifiers in every province, so two spellings of one identifier must come out the same
 * everywhere.
 */
import type { Fault } from '../errors.ts';
import { readPhone } from './phone.ts';
import { expectValue, type Reading } from './reading.ts';

/** Longest text that is looked at; the longest canonical identifier is far shorter. */
const LONGEST_TEXT = 100;

/** From what stands behind the kind, in capitals, to the canonical identifier. */
type ReadValue = (value: string) => Reading<string>;
type FormReason = 'CCCD_FORM' | 'CMND_FORM' | 'PASSPORT_FORM' | 'APP_FORM';

const UUID = /^[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}$/;
const CCCD = /^\d{12}$/;
/**
 * The number of the insured, and what stands before it on a card of 15 characters: two letters of the group,
 * a digit for the level, two for the province. Only the number stays when the group changes.
 * Source: Quyết định 1351/QĐ-BHXH of 2015, Điều 2 (its last part is the ten-digit number since 2017).
 */
const INSURANCE = /^(?:[A-Z]{2}[A-Z0-9]{3})?(\d{10})$/;

const readCmnd = pattern('cmnd', /^\d{9}$/, 'CMND_FORM');

const READERS: Readonly<Record<string, ReadValue>> = {
  cccd: pattern('cccd', CCCD, 'CCCD_FORM'),
  // Those issued from 2012 to 2016 have 12 digits, which are their holder's CCCD.
  cmnd: (value) => (CCCD.test(value) ? { value: `cccd:${value}` } : readCmnd(value)),
  phone: (value) => {
    const number = readPhone(value);
    return number.reason === undefined ? { value: `phone:${number.value}` } : number;
  },
  passport: pattern('passport', /^[A-Z]{3}:[A-Z0-9]{4,20}$/, 'PASSPORT_FORM'),
  insurance: (value) => {
    const number = INSURANCE.exec(value)?.[1];
    return number === undefined ? { reason: 'INSURANCE_FORM' } : { value: `insurance:${number}` };
  },
  app: (value) => (UUID.test(value) ? { value: `app:${value.toLowerCase()}` } : { reason: 'APP_FORM' }),
};

export const IDENTIFIER_KINDS: readonly string[] = Object.keys(READERS);

/**
 * The canonical form of `text`, or why it is none. Case of the kind, spaces around, and in phone numbers
 * separators, a missing country code (+84), a trunk zero or a prefix of before 2018 do not matter; of an
 * insurance card only the number counts. Never throws; total; idempotent.
 */
export function readIdentifier(text: string): Reading<string> {
  if (text.length > LONGEST_TEXT) return { reason: 'TOO_LONG', params: { most: LONGEST_TEXT } };
  const trimmed = text.trim();
  if (trimmed === '') return { reason: 'EMPTY' };
  if (!PRINTABLE_ASCII.test(trimmed)) return { reason: 'NOT_ASCII' };
  const colon = trimmed.indexOf(':');
  if (colon < 1) return { reason: 'NOT_KIND_VALUE' };
  const kind = trimmed.slice(0, colon).toLowerCase();
  if (!Object.hasOwn(READERS, kind)) {
    return { reason: 'UNKNOWN_IDENTIFIER_KIND', params: { kinds: IDENTIFIER_KINDS.join(', ') } };
  }
  return (READERS[kind] as ReadValue)(
    trimmed
      .slice(colon + 1)
      .trim()
      .toUpperCase(),
  );
}

/** The canonical form of `text`. Throws INVALID_FIELD naming `field`, never the text. */
export function parseIdentifier(text: string, field = 'identifier'): string {
  return expectValue(readIdentifier(text), field);
}

/** The kinds, those that say most about who somebody is first: numbers, then handles. */
export const IDENTIFIER_KINDS_IN_ORDER = ['cccd', 'cmnd', 'passport', 'insurance', 'phone', 'app'];

/** Kinds that reach a device which several people may share; the others are issued to one person. */
export const HANDLE_KINDS: ReadonlySet<string> = new Set(['phone', 'app']);

/** Kind of a canonical identifier. */
export function kindOf(identifier: string): string {
  return identifier.slice(0, identifier.indexOf(':'));
}

/** Number of the kind of a canonical identifier, as it is stored: 1 is `cccd`; see the order above. */
export function kindNumberOf(identifier: string): number {
  return IDENTIFIER_KINDS_IN_ORDER.indexOf(kindOf(identifier)) + 1;
}

/** Whether a canonical identifier is a citizen id: two different ones are two persons. */
export function isCccd(identifier: string): boolean {
  return identifier.startsWith('cccd:');
}

const PRINTABLE_ASCII = /^[\x20-\x7e]+$/;

function pattern(kind: string, expression: RegExp, reason: FormReason): ReadValue {
  const fault: Fault = { reason };
  return (value) => (expression.test(value) ? { value: `${kind}:${value}` } : fault);
}
