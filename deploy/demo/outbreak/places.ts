/**
 * Where people of a province meet: places with a QR code at the door, and who belongs to which of them.
 */
import type { PlaceKind } from '../../../shared/domain/place-kind.ts';
import type { Dice } from './dice.ts';
import { shortName, type Ward, wardsOf } from './wards.ts';

export interface Place {
  readonly province: string;
  /** Local to the province. */
  readonly id: string;
  readonly name: string;
  readonly kind: PlaceKind;
  readonly ward: Ward;
  readonly capacity: number;
}

/** The places of a province, by what people do there. No list is empty. */
export interface Places {
  /** Assembly lines of the industrial park; two of them share a canteen, and each has a shuttle bus. */
  readonly lines: readonly Place[];
  readonly canteens: readonly Place[];
  readonly shuttles: readonly Place[];
  readonly offices: readonly Place[];
  readonly schools: readonly Place[];
  readonly markets: readonly Place[];
  readonly shops: readonly Place[];
  readonly meals: readonly Place[];
  readonly cafes: readonly Place[];
  readonly evenings: readonly Place[];
  readonly worship: readonly Place[];
  readonly clinics: readonly Place[];
  readonly hotels: readonly Place[];
  readonly stations: readonly Place[];
  /** All of them. */
  readonly all: readonly Place[];
}

type Sizes = Readonly<Record<Exclude<keyof Places, 'all'>, number>>;

interface Sort {
  readonly kind: PlaceKind;
  readonly prefix: string;
  readonly capacity: number;
}

const SORTS: Readonly<Record<keyof Sizes, Sort>> = {
  lines: { kind: 'factory', prefix: 'Xưởng điện tử – Chuyền', capacity: 60 },
  canteens: { kind: 'restaurant', prefix: 'Nhà ăn công nhân', capacity: 120 },
  shuttles: { kind: 'bus', prefix: 'Xe đưa đón công nhân', capacity: 45 },
  offices: { kind: 'office', prefix: 'Văn phòng', capacity: 40 },
  schools: { kind: 'school', prefix: 'Trường', capacity: 300 },
  markets: { kind: 'market', prefix: 'Chợ', capacity: 400 },
  shops: { kind: 'supermarket', prefix: 'Siêu thị', capacity: 200 },
  meals: { kind: 'restaurant', prefix: 'Quán cơm', capacity: 40 },
  cafes: { kind: 'cafe', prefix: 'Cà phê', capacity: 30 },
  evenings: { kind: 'karaoke', prefix: 'Karaoke', capacity: 30 },
  worship: { kind: 'worship', prefix: 'Chùa', capacity: 150 },
  clinics: { kind: 'clinic', prefix: 'Trạm y tế', capacity: 30 },
  hotels: { kind: 'hotel', prefix: 'Nhà nghỉ', capacity: 40 },
  stations: { kind: 'transport_hub', prefix: 'Bến xe', capacity: 500 },
};

/** How many of each, by province; a share of them for every `people`. */
function sizesOf(province: string, people: number): Sizes {
  const per = (count: number) => Math.max(2, Math.round(people / count));
  const lines = province === '24' ? per(60) : per(400);
  return {
    ...{ lines, canteens: Math.ceil(lines / 2), shuttles: lines },
    ...{
      offices: per(25),
      schools: per(120),
      markets: per(120),
      shops: per(150),
      meals: per(40),
      cafes: per(35),
    },
    ...{ evenings: per(150), worship: per(200), clinics: per(200), hotels: per(300), stations: 2 },
  };
}

/** The places of a province of `people` inhabitants. */
export function buildPlaces(dice: Dice, province: string, people: number): Places {
  const wards = wardsOf(province);
  const all: Place[] = [];
  const sizes = Object.entries(sizesOf(province, people)) as [keyof Sizes, number][];
  const lists = sizes.map(([sort, count]) => {
    const { kind, prefix, capacity } = SORTS[sort];
    const places = Array.from({ length: count }, (_, index): Place => {
      const ward = dice.pick(wards);
      const name = `${prefix} ${shortName(ward)} ${index + 1}`;
      const id = `${province}-${kind}-${String(all.length + index + 1).padStart(3, '0')}`;
      return { province, id, name, kind, ward, capacity };
    });
    all.push(...places);
    return [sort, places];
  });
  return { ...(Object.fromEntries(lists) as Omit<Places, 'all'>), all };
}
