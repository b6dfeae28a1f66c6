/**
 * Phone numbers of Vietnam before and after the two renumberings, over all beginnings of three digits. What
 * is expected is written down by operator and province, not by the tables of the code.
 */
import { describe, expect, it } from 'vitest';
import { readPhone } from './phone.ts';

/** Old eleven-digit mobiles by operator: what each block became on 15 September 2018. */
const BLOCKS: Record<string, string> = {
  ...{ '0120': '070', '0121': '079', '0122': '077', '0126': '076', '0128': '078' },
  ...{ '0123': '083', '0124': '084', '0125': '085', '0127': '081', '0129': '082' },
  ...{ '0162': '032', '0163': '033', '0164': '034', '0165': '035', '0166': '036', '0167': '037' },
  ...{ '0168': '038', '0169': '039', '0186': '056', '0188': '058', '0199': '059' },
};

/** Area codes by province, in the order of the three stages of 2017; the last four never changed. */
const PROVINCES = `Sơn La 22 212, Lai Châu 231 213, Lào Cai 20 214, Điện Biên 230 215, Yên Bái 29 216,
 Quảng Bình 52 232, Quảng Trị 53 233, Thừa Thiên Huế 54 234, Quảng Nam 510 235, Đà Nẵng 511 236,
 Thanh Hóa 37 237, Nghệ An 38 238, Hà Tĩnh 39 239, Quảng Ninh 33 203, Bắc Giang 240 204, Lạng Sơn 25 205,
 Cao Bằng 26 206, Tuyên Quang 27 207, Thái Nguyên 280 208, Bắc Kạn 281 209, Hải Dương 320 220,
 Hưng Yên 321 221, Bắc Ninh 241 222, Hải Phòng 31 225, Hà Nam 351 226, Thái Bình 36 227, Nam Định 350 228,
 Ninh Bình 30 229, Cà Mau 780 290, Bạc Liêu 781 291, Cần Thơ 710 292, Hậu Giang 711 293, Trà Vinh 74 294,
 An Giang 76 296, Kiên Giang 77 297, Sóc Trăng 79 299, Hà Nội 4 24, Hồ Chí Minh 8 28, Đồng Nai 61 251,
 Bình Thuận 62 252, Bà Rịa - Vũng Tàu 64 254, Quảng Ngãi 55 255, Bình Định 56 256, Phú Yên 57 257,
 Khánh Hòa 58 258, Ninh Thuận 68 259, Kon Tum 60 260, Đắk Nông 501 261, Đắk Lắk 500 262, Lâm Đồng 63 263,
 Gia Lai 59 269, Vĩnh Long 70 270, Bình Phước 651 271, Long An 72 272, Tiền Giang 73 273, Bình Dương 650 274,
 Bến Tre 75 275, Tây Ninh 66 276, Đồng Tháp 67 277, Vĩnh Phúc 211 211, Phú Thọ 210 210, Hòa Bình 218 218,
 Hà Giang 219 219`
  .split(',')
  .map((row) => row.trim().split(' '))
  .map((words) => ({ before: words.at(-2) as string, after: words.at(-1) as string }));

/** Mobiles of ten digits since 2018 (libphonenumber: 9x, 3[2-9], 5[25689], 7[06-9], 8[1-9]). */
const MOBILE_TODAY = /^(?:9|3[2-9]|5[25689]|7[06-9]|8[1-9])/;

/** What a national number (no trunk zero) is today, found by going through everybody who may have it. */
function today(national: string): string {
  if (national.length === 9 && MOBILE_TODAY.test(national)) return national;
  const block = national.length === 10 ? BLOCKS[`0${national.slice(0, 3)}`] : undefined;
  if (block !== undefined) return block.slice(1) + national.slice(3);
  const province = PROVINCES.find(({ before, after }) => {
    const subscriber = national.slice(before.length);
    const form = after.length === 2 ? /^[2-9]\d{7}$/ : /^\d{7}$/;
    return before !== after && national.startsWith(before) && form.test(subscriber);
  });
  return province === undefined ? national : province.after + national.slice(province.before.length);
}

const PREFIXES = Array.from({ length: 1000 }, (_, n) => String(n).padStart(3, '0'));

describe('phone numbers before and after 2017 and 2018', () => {
  it('knows 63 provinces and 21 blocks', () => {
    expect(PROVINCES).toHaveLength(63);
    expect(new Set(PROVINCES.map(({ after }) => after)).size).toBe(63);
    expect(Object.keys(BLOCKS)).toHaveLength(21);
  });

  it.each([9, 10])('are one over all 1,000 beginnings of %d digits', (length) => {
    let changed = 0;
    for (const prefix of PREFIXES) {
      const national = prefix + '2538251'.slice(0, length - 3);
      if (national.startsWith('0')) continue; // the trunk zero again: no number
      const expected = { value: `+84${today(national)}` };
      for (const text of [`0${national}`, `+84${national}`, `84${national}`, `0084 0${national}`]) {
        expect(readPhone(text), text).toEqual(expected);
      }
      expect(readPhone(`+84${today(national)}`), 'today’s own').toEqual(expected);
      if (today(national) !== national) changed++;
    }
    // 23 areas of two digits and Hà Nội; 21 blocks of mobiles and 20 areas of three digits.
    expect(changed).toBe(length === 9 ? 23 * 10 + 80 : 21 + 20);
  });

  it('have one spelling each: no old number is the new one of another province or operator', () => {
    const seen = new Map<string, string>();
    for (const { before, after } of PROVINCES) {
      if (before === '8' || (before.length === 2 && MOBILE_TODAY.test(before))) continue;
      const now = readPhone(`0${before}${after.length === 2 ? '38253825' : '3825382'}`).value as string;
      expect(now).toBe(`+84${after}${after.length === 2 ? '38253825' : '3825382'}`);
      expect(seen.get(now)).toBeUndefined();
      seen.set(now, before);
    }
    expect(seen.size).toBe(63 - 15);
  });

  it.each([
    ['an old land line that is a mobile today (Quảng Ninh, Viettel)', '033 3825382', '+84333825382'],
    ['old Hồ Chí Minh, VinaPhone today', '08 38253825', '+84838253825'],
    ['old Hà Nội', '04 3825 3825', '+842438253825'],
    ['old Bắc Giang', '0240 3854 321', '+842043854321'],
    ['old MobiFone', '0120.123.4567', '+84701234567'],
    ['old Viettel, from abroad', '+84 (0)169 123 4567', '+84391234567'],
    ['a block that nobody had', '0110 1234567', '+841101234567'],
    ['a number of the police', '0692345678', '+84692345678'],
    ['abroad, however alike', '+1 120 123 4567', '+11201234567'],
  ])('%s: %s', (_, text, number) => {
    expect(readPhone(text)).toEqual({ value: number });
  });
});
