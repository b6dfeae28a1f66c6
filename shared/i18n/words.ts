/**
 * What words of the API are called where people read them: kinds of place, what an exposure was, how traces
 * and provinces stand. A word without a name in both languages does not compile. Pure.
 */
import type { PlaceKind } from '../domain/place-kind.ts';
import type { Language, Text } from './text.ts';

export const PLACE_KIND_WORDS = {
  market: { vi: 'chợ', en: 'market' },
  supermarket: { vi: 'siêu thị', en: 'supermarket' },
  shop: { vi: 'cửa hàng', en: 'shop' },
  restaurant: { vi: 'nhà hàng', en: 'restaurant' },
  cafe: { vi: 'quán cà phê', en: 'café' },
  bar: { vi: 'quán bar', en: 'bar' },
  karaoke: { vi: 'karaoke', en: 'karaoke' },
  factory: { vi: 'nhà máy', en: 'factory' },
  office: { vi: 'văn phòng', en: 'office' },
  school: { vi: 'trường học', en: 'school' },
  university: { vi: 'trường đại học', en: 'university' },
  hospital: { vi: 'bệnh viện', en: 'hospital' },
  clinic: { vi: 'phòng khám', en: 'clinic' },
  pharmacy: { vi: 'nhà thuốc', en: 'pharmacy' },
  worship: { vi: 'nơi thờ tự', en: 'place of worship' },
  hotel: { vi: 'khách sạn', en: 'hotel' },
  transport_hub: { vi: 'bến xe/nhà ga', en: 'transport hub' },
  bus: { vi: 'xe khách', en: 'bus' },
  train: { vi: 'tàu hỏa', en: 'train' },
  flight: { vi: 'chuyến bay', en: 'flight' },
  taxi: { vi: 'taxi', en: 'taxi' },
  boat: { vi: 'tàu thuyền', en: 'boat' },
  sport: { vi: 'nơi tập thể thao', en: 'sports' },
  salon: { vi: 'tiệm làm đẹp', en: 'salon' },
  construction_site: { vi: 'công trường', en: 'construction site' },
  quarantine_site: { vi: 'khu cách ly', en: 'quarantine site' },
  checkpoint: { vi: 'chốt kiểm soát', en: 'checkpoint' },
  event: { vi: 'sự kiện', en: 'event' },
  home: { vi: 'nhà ở', en: 'home' },
  other: { vi: 'nơi khác', en: 'other' },
} satisfies Readonly<Record<PlaceKind, Text>>;

export const SETTING_WORDS = {
  place: { vi: 'địa điểm', en: 'place' },
  encounter: { vi: 'Bluetooth', en: 'Bluetooth' },
  household: { vi: 'cùng nhà', en: 'household' },
} satisfies Readonly<Record<string, Text>>;

export const TAKE_OVER_WORDS = {
  asked: { vi: 'đã xin nhận, trung tâm chưa nghe', en: 'asked for, the hub has not heard it yet' },
  agreed: { vi: 'trung tâm đồng ý', en: 'the hub agreed' },
  refused: { vi: 'trung tâm từ chối', en: 'the hub refused' },
} satisfies Readonly<Record<string, Text>>;

export const TRACE_STATE_WORDS = {
  queued: { vi: 'chờ trung tâm', en: 'queued' },
  running: { vi: 'đang chạy', en: 'running' },
  partial: { vi: 'chưa đủ', en: 'partial' },
  complete: { vi: 'hoàn tất', en: 'complete' },
  closed: { vi: 'đã đóng', en: 'closed' },
  unknown: { vi: 'không rõ', en: 'unknown' },
} satisfies Readonly<Record<string, Text>>;

export const COVERAGE_WORDS = {
  current: { vi: 'đủ', en: 'current' },
  behind: { vi: 'chưa đủ', en: 'behind' },
  unreachable: { vi: 'mất liên lạc', en: 'unreachable' },
  refused: { vi: 'từ chối', en: 'refused' },
  excluded: { vi: 'không tính', en: 'excluded' },
} satisfies Readonly<Record<string, Text>>;

/** What a word is called in that language; one that has no name here (of a newer program) stays as it is. */
export function called(words: Readonly<Record<string, Text>>, word: string, language: Language): string {
  return Object.hasOwn(words, word) ? (words[word]?.[language] ?? word) : word;
}
