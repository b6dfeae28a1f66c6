/**
 * The files of the sealing bench: a province's first load and the same once more. Seeded, so that every build
 * imports the same bytes.
 */
import type { ImportKind } from '../../node/records/intake/rows.ts';
import { Random } from '../simulation/random.ts';

export interface BenchFile {
  readonly name: string;
  readonly kind: ImportKind;
  bytes(): AsyncGenerator<Uint8Array>;
}

const SIZES = { places: 5_000, persons: 30_000, checkIns: 100_000, encounters: 50_000 };
const FAMILY = ['Nguyễn', 'Trần', 'Lê', 'Phạm', 'Hoàng', 'Phan', 'Vũ', 'Đặng', 'Bùi', 'Đỗ'];
const GIVEN = ['An', 'Bình', 'Chi', 'Dũng', 'Giang', 'Hạnh', 'Khánh', 'Linh', 'Mai', 'Quân', 'Thảo', 'Yến'];

/** Four kinds in the order of a first load, each followed by itself. */
export function benchFiles(): BenchFile[] {
  const random = new Random(20210601);
  const below = (limit: number) => random.int(0, limit - 1);
  const cccd = (person: number) => `cccd:024${String(person).padStart(9, '0')}`;
  const phone = (person: number) => `phone:+849${String(person).padStart(8, '0')}`;
  const either = () => (below(2) === 0 ? cccd : phone)(below(SIZES.persons));
  const at = (seconds: number) => new Date((1_621_000_000 + seconds) * 1000).toISOString();
  const rows = (count: number, row: (i: number) => string) => Array.from({ length: count }, (_, i) => row(i));
  const texts: [ImportKind, string, string[]][] = [
    ['places', 'place,name,kind', rows(SIZES.places, (i) => `p${i},Quán ${GIVEN[below(12)]} ${i},cafe`)],
    [
      'persons',
      'identifiers,name,born_on,sex,province,ward,address,household',
      rows(SIZES.persons, (i) => {
        const name = `${FAMILY[below(10)]} ${GIVEN[below(12)]} ${GIVEN[below(12)]}`;
        const born = `19${50 + below(50)}-0${1 + below(9)}-1${below(10)}`;
        const home = `24,07210,"Số ${below(300)} thôn ${below(40)}",h${i >> 2}`;
        return `${cccd(i)} ${phone(i)},${name},${born},nam,${home}`;
      }),
    ],
    [
      'check-ins',
      'identifier,place,in_at,out_at',
      rows(SIZES.checkIns, () => {
        const from = below(1_000_000);
        return `${either()},p${below(SIZES.places)},${at(from)},${at(from + 1800)}`;
      }),
    ],
    [
      'encounters',
      'identifier_a,identifier_b,from,until',
      rows(SIZES.encounters, () => {
        const [a, from] = [below(SIZES.persons), below(1_000_000)];
        return `${phone(a)},${phone((a + 1 + below(50)) % SIZES.persons)},${at(from)},${at(from + 600)}`;
      }),
    ],
  ];
  return texts.flatMap(([kind, header, lines]) => {
    const text = Buffer.from(`${[header, ...lines].join('\n')}\n`);
    const bytes = () => piecesOf(text);
    return [
      { name: kind, kind, bytes },
      { name: `${kind}, again`, kind, bytes },
    ];
  });
}

async function* piecesOf(text: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < text.length; at += 1 << 16) yield text.subarray(at, at + (1 << 16));
}
