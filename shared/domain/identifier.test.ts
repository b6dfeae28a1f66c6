import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../errors.ts';
import { isCccd, parseIdentifier, readIdentifier } from './identifier.ts';

const UUID = '0b0e7a5c-3c1d-4f7e-9a55-1d2c3b4a5f60';

const CANONICAL: [string, string][] = [
  ['cccd:001090123456', 'cccd:001090123456'],
  [' CCCD: 001090123456 ', 'cccd:001090123456'],
  ['cmnd:012345678', 'cmnd:012345678'],
  ['phone:+84912345678', 'phone:+84912345678'],
  ['phone:0912345678', 'phone:+84912345678'],
  ['phone:0912.345.678', 'phone:+84912345678'],
  ['phone:(091) 234-5678', 'phone:+84912345678'],
  ['phone:84912345678', 'phone:+84912345678'],
  ['phone:0084912345678', 'phone:+84912345678'],
  ['phone:+84 (0) 912 345 678', 'phone:+84912345678'],
  ['phone:00840912345678', 'phone:+84912345678'],
  ['phone:84 0912345678', 'phone:+84912345678'],
  ['phone:024 3825 3825', 'phone:+842438253825'],
  ['phone:+1 202 555 0123', 'phone:+12025550123'],
  ['phone:0012025550123', 'phone:+12025550123'],
  ['passport:vnm:b1234567', 'passport:VNM:B1234567'],
  ['phone:0120 123 4567', 'phone:+84701234567'],
  ['phone:+841201234567', 'phone:+84701234567'],
  ['phone:04 3825 3825', 'phone:+842438253825'],
  ['cmnd:024090100003', 'cccd:024090100003'],
  ['CMND: 024090100003', 'cccd:024090100003'],
  ['insurance:gd4790123456789', 'insurance:0123456789'],
  ['insurance: GD4790123456789 ', 'insurance:0123456789'],
  ['insurance:TE1010123456789', 'insurance:0123456789'],
  ['insurance:CN3K20123456789', 'insurance:0123456789'],
  ['insurance:0123456789', 'insurance:0123456789'],
  [`app:${UUID.toUpperCase()}`, `app:${UUID}`],
];

const BAD: [string, string][] = [
  ['', 'EMPTY'],
  ['   ', 'EMPTY'],
  ['001090123456', 'NOT_KIND_VALUE'],
  [':001090123456', 'NOT_KIND_VALUE'],
  ['name:Nguyen', 'UNKNOWN_IDENTIFIER_KIND'],
  ['constructor:1', 'UNKNOWN_IDENTIFIER_KIND'],
  ['cccd:', 'CCCD_FORM'],
  ['cccd:00109012345', 'CCCD_FORM'],
  ['cccd:0010901234567', 'CCCD_FORM'],
  ['cccd:00109012345X', 'CCCD_FORM'],
  ['cccd:٠٠١٠٩٠١٢٣٤٥٦', 'NOT_ASCII'],
  ['cccd:０01090123456', 'NOT_ASCII'],
  ['cccd:001090\u0000123456', 'NOT_ASCII'],
  ['cccd:001090123456\u200b', 'NOT_ASCII'],
  ['phone:0912\n345678', 'NOT_ASCII'],
  ['cmnd:01234567', 'CMND_FORM'],
  ['cmnd:0123456789', 'CMND_FORM'],
  ['phone:', 'PHONE_START'],
  ['phone:912345678', 'PHONE_START'],
  ['phone:091234567', 'PHONE_VIETNAM'],
  ['phone:091234567890', 'PHONE_VIETNAM'],
  ['phone:+84', 'PHONE_VIETNAM'],
  ['phone:+8400912345678', 'PHONE_VIETNAM'],
  ['phone:09123x5678', 'PHONE_VIETNAM'],
  ['phone:+123456', 'PHONE_ABROAD'],
  ['phone:+1234567890123456', 'PHONE_ABROAD'],
  ['phone:+0912345678', 'PHONE_ABROAD'],
  ['phone:++84912345678', 'PHONE_ABROAD'],
  ['passport:VN:B1234567', 'PASSPORT_FORM'],
  ['passport:B1234567', 'PASSPORT_FORM'],
  ['passport:VNM:B12', 'PASSPORT_FORM'],
  ['passport:VNM:B1234567:9', 'PASSPORT_FORM'],
  ['insurance:12345', 'INSURANCE_FORM'],
  ['insurance:GD40101234567890', 'INSURANCE_FORM'],
  ['insurance:GD479012345678', 'INSURANCE_FORM'],
  ['insurance:012345678', 'INSURANCE_FORM'],
  ['insurance:01234567890', 'INSURANCE_FORM'],
  ['insurance:GD479O123456789', 'INSURANCE_FORM'],
  ['insurance:000000123456789', 'INSURANCE_FORM'],
  ['cmnd:02409010000', 'CMND_FORM'],
  ['app:not-a-uuid', 'APP_FORM'],
  [`cccd:${'0'.repeat(200)}`, 'TOO_LONG'],
];

describe('identifiers', () => {
  it.each(CANONICAL)('%s is %s', (text, canonical) => {
    expect(parseIdentifier(text)).toBe(canonical);
  });

  it.each(BAD)('refuses %j', (text, reason) => {
    expect(readIdentifier(text).reason).toBe(reason);
    expect(readIdentifier(text).value).toBeUndefined();
  });

  it('throws an error that names the field and not the text', () => {
    const caught = thrownBy(() => parseIdentifier('phone:091234567', 'identifiers[1]'));
    expect(caught).toBeInstanceOf(AppError);
    expect(caught).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'INVALID_FIELD' });
    expect((caught as AppError).details[0]?.field).toBe('identifiers[1]');
    expect((caught as AppError).message).not.toContain('091234567');
  });

  it('is idempotent and never repeats what it refuses', () => {
    const kind = fc.constantFrom('cccd', 'cmnd', 'phone', 'passport', 'insurance', 'app', 'PHONE', 'x');
    const text = fc.stringMatching(/^[+0-9A-Za-z .()-]{0,20}$/);
    const digits = fc.stringMatching(/^(0|84|\+84|0084)?[0-9 .-]{8,12}$/);
    fc.assert(
      fc.property(kind, fc.oneof(text, digits, fc.uuid()), (k, v) => {
        const once = readIdentifier(`${k}:${v}`);
        if (once.value !== undefined) expect(readIdentifier(once.value)).toEqual(once);
        else if (v.trim().length > 6) expect(JSON.stringify(once)).not.toContain(v.trim());
      }),
      { numRuns: 2000 },
    );
  });

  it('knows a citizen id', () => {
    expect(isCccd('cccd:001090123456')).toBe(true);
    expect(isCccd('cmnd:012345678')).toBe(false);
  });
});

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}
