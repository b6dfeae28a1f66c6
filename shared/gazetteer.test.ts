import { describe, expect, it } from 'vitest';
import { isProvince, isWard, isWardOf, provinceName, provinces } from './gazetteer.ts';

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
