/**
 * Names and identifiers of invented people: common syllables put together by chance. The identifiers have the
 * right form and can belong to nobody.
 */
import type { Dice } from './dice.ts';

export type Sex = 'male' | 'female';

/** Family names, each as often as its share of a hundred people (roughly). */
const FAMILIES = weighted({
  Nguyễn: 38,
  Trần: 11,
  Lê: 10,
  Phạm: 7,
  Hoàng: 5,
  Phan: 4,
  Vũ: 4,
  Đặng: 3,
  Bùi: 3,
  Đỗ: 3,
  Hồ: 2,
  Ngô: 2,
  Dương: 2,
  Lý: 1,
});

const MIDDLES: Readonly<Record<Sex, readonly string[]>> = {
  male: words('Văn Văn Văn Đức Minh Quang Hữu Công Xuân Thành Đình Mạnh'),
  female: words('Thị Thị Thị Thu Ngọc Minh Thanh Phương Bích Hồng Kim Thùy'),
};

const GIVEN: Readonly<Record<Sex, readonly string[]>> = {
  male: words(
    'An Bình Cường Dũng Đạt Đông Hải Hiếu Hòa Hùng Huy Khánh Kiên Lâm Long Mạnh Nam Phong Phúc Quân Sơn ' +
      'Tài Thắng Thành Tiến Toàn Trung Tuấn Tùng Việt Vinh',
  ),
  female: words(
    'Anh Ánh Chi Dung Giang Hà Hạnh Hằng Hiền Hoa Hồng Huệ Hương Lan Liên Linh Loan Mai My Nga Ngân Nhung ' +
      'Oanh Phượng Quỳnh Thảo Thủy Trang Trinh Vân Yến',
  ),
};

/** A family name. */
export function familyName(dice: Dice): string {
  return dice.pick(FAMILIES);
}

/** Family, middle and given name, in this order. */
export function fullName(dice: Dice, sex: Sex, family = familyName(dice)): string {
  return `${family} ${dice.pick(MIDDLES[sex])} ${dice.pick(GIVEN[sex])}`;
}

/**
 * The `serial`th citizen id of a province: `0` + province, century and sex, year of birth, six digits. Its
 * century digit (8 or 9) stands for the 24th, so no living person has it. **Source:** Thông tư
 * 07/2016/TT-BCA, Điều 2.
 */
export function cccdOf(
  province: string,
  serial: number,
  { sex, bornOn }: { sex: Sex; bornOn: string },
): string {
  return `cccd:0${province}${sex === 'male' ? 8 : 9}${bornOn.slice(2, 4)}${digits(serial, 6)}`;
}

/** The `serial`th number behind 050, a mobile prefix that no operator has. */
export function phoneOf(serial: number): string {
  return `phone:+8450${digits(serial, 7)}`;
}

/** The `serial`th health insurance number of a province; those of people never begin with 00. */
export function insuranceOf(province: string, serial: number): string {
  return `insurance:00${province}${digits(serial, 6)}`;
}

/** A contact-tracing app's UUID (version 4). */
export function appOf(dice: Dice): string {
  const hex = (count: number) => Array.from({ length: count }, () => dice.int(0, 15).toString(16)).join('');
  return `app:${hex(8)}-${hex(4)}-4${hex(3)}-${dice.pick(['8', '9', 'a', 'b'])}${hex(3)}-${hex(12)}`;
}

function digits(number: number, width: number): string {
  return String(number).padStart(width, '0');
}

function words(text: string): string[] {
  return text.split(' ');
}

function weighted(shares: Readonly<Record<string, number>>): string[] {
  return Object.entries(shares).flatMap(([word, share]) => Array.from({ length: share }, () => word));
}
