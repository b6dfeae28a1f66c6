import { describe, expect, it } from 'vitest';
import {
  isProvince,
  isWard,
  isWardOf,
  provinceName,
  provinceOf,
  provinces,
  readProvince,
  readWard,
  wardsOfProvince,
} from './gazetteer.ts';

describe('gazetteer', () => {
  it('knows the 63 provinces of 2021 in the order of their codes', () => {
    const codes = provinces().map(({ code }) => code);
    expect(codes).toHaveLength(63);
    expect(codes).toEqual([...codes].sort());
    expect(codes.every((code) => /^\d\d$/.test(code) && isProvince(code))).toBe(true);
  });

  it.each([
    ['24', 'Bắc Giang'],
    ['79', 'Hồ Chí Minh'],
    ['01', 'Hà Nội'],
  ])('names %s %s', (code, name) => {
    expect(provinceName(code)).toBe(name);
  });

  it.each(['', '1', '03', '99', '001', 'HN', '٠١', '__proto__', 'constructor'])(
    'knows no province %j',
    (code) => {
      expect(isProvince(code)).toBe(false);
      expect(provinceName(code)).toBeUndefined();
    },
  );

  it.each([
    ['07210', { value: '07210' }],
    ['2021:07210', { value: '07210' }],
    ['7210', { reason: 'ZERO_LOST', params: { meant: '07210' } }],
    ['1', { reason: 'ZERO_LOST', params: { meant: '00001' } }],
    ['99999', { reason: 'UNKNOWN_WARD' }],
    ['9999', { reason: 'UNKNOWN_WARD' }],
    ['24', { reason: 'UNKNOWN_WARD' }],
    ['Quế Nham', { reason: 'UNKNOWN_WARD' }],
    ['٠٧٢١٠', { reason: 'UNKNOWN_WARD' }],
    ['0721O', { reason: 'UNKNOWN_WARD' }],
    ['', { reason: 'UNKNOWN_WARD' }],
    ['2025:07210', { reason: 'CODE_OF_OTHER_YEAR', params: { year: '2021' } }],
    ['2025:7210', { reason: 'CODE_OF_OTHER_YEAR', params: { year: '2021' } }],
  ])('reads the ward %j', (text, reading) => {
    expect(readWard(text)).toEqual(reading);
  });

  it.each([
    ['24', { value: '24' }],
    ['2021:79', { value: '79' }],
    ['2025:79', { reason: 'CODE_OF_OTHER_YEAR', params: { year: '2021' } }],
    ['1', { reason: 'ZERO_LOST', params: { meant: '01' } }],
    ['3', { reason: 'UNKNOWN_PROVINCE' }],
    ['024', { reason: 'UNKNOWN_PROVINCE' }],
    ['HCM', { reason: 'UNKNOWN_PROVINCE' }],
  ])('reads the province %j', (text, reading) => {
    expect(readProvince(text)).toEqual(reading);
  });

  it('says where each of its wards lies', () => {
    const wards = provinces().map(({ code }) => wardsOfProvince(code));
    expect(wards.flat()).toHaveLength(10_599);
    expect(new Set(wards.flat()).size).toBe(10_599);
    expect(wardsOfProvince('24')).toContain('07210');
    expect(wardsOfProvince('24').every((ward) => isWardOf(ward, '24'))).toBe(true);
    expect([provinceOf('07210'), provinceOf('26734'), provinceOf('7210')]).toEqual(['24', '79', undefined]);
    expect(wardsOfProvince('03')).toEqual([]);
  });

  it('knows which province a ward lies in', () => {
    expect(isWard('00001')).toBe(true);
    expect(isWardOf('00001', '01')).toBe(true);
    expect(isWardOf('00001', '24')).toBe(false);
    for (const ward of ['99999', '1', '', 'Phúc Xá']) {
      expect(isWard(ward)).toBe(false);
      expect(isWardOf(ward, '01')).toBe(false);
    }
  });
});
