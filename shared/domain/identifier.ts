/**
 * Identifiers of people and their one canonical form, `kind:value` (CONTRIBUTING.md, Words). Tokens are made
 * from canonical identifiers in every province, so two spellings of one identifier must come out the same
 * everywhere.
 */
import type { Fault } from '../errors.ts';
import { expectValue, type Reading } from './reading.ts';

/** Longest text that is looked at; the longest canonical identifier is far shorter. */
const LONGEST_TEXT = 100;

type ReadValue = (value: string) => Reading<string>;
type FormReason = 'CCCD_FORM' | 'CMND_FORM' | 'PASSPORT_FORM' | 'INSURANCE_FORM' | 'APP_FORM';

const READERS: Readonly<Record<string, ReadValue>> = {
  cccd: pattern(/^\d{12}$/, 'CCCD_FORM'),
  cmnd: pattern(/^\d{9}$/, 'CMND_FORM'),
  phone: readPhone,
  passport: pattern(/^[A-Z]{3}:[A-Z0-9]{4,20}$/, 'PASSPORT_FORM'),
  insurance: pattern(/^[A-Z0-9]{10,15}$/, 'INSURANCE_FORM'),
  app: (value) => APP(value.toLowerCase()),
};
const APP = pattern(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, 'APP_FORM');

export const IDENTIFIER_KINDS: readonly string[] = Object.keys(READERS);

/**
 * The canonical form of `text`, or why it is none. Case of the kind, spaces around, and in phone numbers
 * separators, a missing country code (+84) or a trunk zero do not matter. Never throws; total; idempotent.
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
  const value = (READERS[kind] as ReadValue)(
    trimmed
      .slice(colon + 1)
      .trim()
      .toUpperCase(),
  );
  return value.reason === undefined ? { value: `${kind}:${value.value}` } : value;
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
const PHONE_SEPARATORS = /[ .()-]/g;
/**
 * Vietnamese subscribers: 9 digits for mobiles and old land lines, 10 for land lines with their area code.
 */
const VIETNAMESE = /^\+84[1-9]\d{8,9}$/;
/** Source: ITU-T E.164 (2010), 6.2.1: at most 15 digits; 7 is the shortest in use. */
const E164 = /^\+[1-9]\d{6,14}$/;

function readPhone(text: string): Reading<string> {
  const number = international(text.replace(PHONE_SEPARATORS, ''));
  if (number === undefined) return { reason: 'PHONE_START' };
  if (number.startsWith('+84')) {
    return VIETNAMESE.test(number) ? { value: number } : { reason: 'PHONE_VIETNAM' };
  }
  return E164.test(number) ? { value: number } : { reason: 'PHONE_ABROAD' };
}

/** With + and country code; a trunk zero after +84 is dropped. Undefined when the country cannot be known. */
function international(digits: string): string | undefined {
  if (digits.startsWith('+840')) return `+84${digits.slice(4)}`;
  if (digits.startsWith('+')) return digits;
  if (digits.startsWith('00')) return international(`+${digits.slice(2)}`);
  if (digits.startsWith('0')) return `+84${digits.slice(1)}`;
  if (digits.startsWith('84')) return international(`+${digits}`);
  return undefined;
}

function pattern(expression: RegExp, reason: FormReason): ReadValue {
  const fault: Fault = { reason };
  return (value) => (expression.test(value) ? { value } : fault);
}
