/**
 * What an answer says of each identifier in one byte: bit 0 cccd, bit 1 resident of the province, bits 2 to 4
 * the number of its kind. The kind of an identifier whose province speaks protocol 1 is not said, unless it
 * is a cccd.
 */

export const CCCD_FLAG = 1;
export const RESIDENT_FLAG = 2;

/** Kinds as they travel; those up to `insurance` are numbers, issued to one person, the others handles. */
export const KIND_NUMBER = { cccd: 1, cmnd: 2, passport: 3, insurance: 4, phone: 5, app: 6 } as const;

export type IdentifierKind = keyof typeof KIND_NUMBER;

export const CCCD = KIND_NUMBER.cccd;
export const LAST_NUMBER = KIND_NUMBER.insurance;
const LAST_KIND = KIND_NUMBER.app;
const UNUSED_BITS = 0xe0;

/** The byte of an identifier of the kind of this number. */
export function flagsOf(kind: number, isResident: boolean): number {
  return (kind << 2) | (kind === CCCD ? CCCD_FLAG : 0) | (isResident ? RESIDENT_FLAG : 0);
}

/** As protocol 1 has the byte. */
export function withoutKind(flags: number): number {
  return flags & (CCCD_FLAG | RESIDENT_FLAG);
}

/** Number of the kind; 0 = not said. */
export function kindOf(flags: number): number {
  return flags >> 2 || flags & CCCD_FLAG;
}

/** Whether it is a number, issued to one person; what is of no known kind counts as a handle. */
export function isNumber(kind: number): boolean {
  return kind >= CCCD && kind <= LAST_NUMBER;
}

/** Whether the byte is none that protocol 2 knows. */
export function isFaulty(flags: number): boolean {
  const kind = flags >> 2;
  if (flags & UNUSED_BITS || kind < CCCD || kind > LAST_KIND) return true;
  return (kind === CCCD) !== ((flags & CCCD_FLAG) !== 0);
}
