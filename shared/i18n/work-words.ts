/**
 * What words of the work with contacts are called where people read them: tasks, outcomes of calls, symptoms,
 * how a follow-up stands. Pure.
 */
import type { Text } from './text.ts';

export const TASK_KIND_WORDS = {
  call: { vi: 'Gọi điện', en: 'Call' },
  visit: { vi: 'Đến nhà', en: 'Visit' },
  quarantine: { vi: 'Đưa đi cách ly', en: 'Bring into quarantine' },
  sample: { vi: 'Lấy mẫu', en: 'Take a sample' },
  result_wait: { vi: 'Chờ kết quả', en: 'Wait for the result' },
  report_missing: { vi: 'Hỏi sức khỏe hôm nay', en: "Ask for today's report" },
  end_quarantine: { vi: 'Kết thúc cách ly', en: 'End the quarantine' },
  release: { vi: 'Kết thúc theo dõi', en: 'Release' },
  recall: { vi: 'Gọi lại lấy mẫu đơn', en: 'Recall and retest' },
  review_case: { vi: 'Xem lại ca bệnh', en: 'Review the case' },
  find_person: { vi: 'Tìm người này', en: 'Find the person' },
  upload_code: { vi: 'Gửi mã tải dữ liệu', en: 'Send the upload code' },
  notify: { vi: 'Báo tin', en: 'Notify' },
  order: { vi: 'Ra quyết định cách ly', en: 'Issue the order' },
  order_extension: { vi: 'Gia hạn quyết định', en: 'Extend the order' },
  hand_over: { vi: 'Bàn giao', en: 'Hand over' },
} satisfies Readonly<Record<string, Text>>;

export const OUTCOME_WORDS = {
  reached: { vi: 'Đã gặp', en: 'Reached' },
  no_answer: { vi: 'Không nghe máy', en: 'No answer' },
  wrong_number: { vi: 'Sai số', en: 'Wrong number' },
  moved: { vi: 'Đã chuyển đi', en: 'Moved away' },
  refused: { vi: 'Từ chối', en: 'Refused' },
  busy: { vi: 'Máy bận', en: 'Busy' },
  switched_off: { vi: 'Tắt máy', en: 'Switched off' },
  language: { vi: 'Bất đồng ngôn ngữ', en: 'Language barrier' },
  already_quarantined: { vi: 'Đang cách ly rồi', en: 'In quarantine already' },
  positive_elsewhere: { vi: 'Đã dương tính nơi khác', en: 'Positive elsewhere' },
  deceased: { vi: 'Đã tử vong', en: 'Deceased' },
} satisfies Readonly<Record<string, Text>>;

export type Outcome = keyof typeof OUTCOME_WORDS;

/** Those that stand on the card; *Khác* unfolds the others. */
export const FIRST_OUTCOMES = ['reached', 'no_answer', 'wrong_number', 'moved', 'refused'] as const;

export const RESULT_WORDS = {
  negative: { vi: 'Âm tính', en: 'Negative' },
  positive: { vi: 'Dương tính', en: 'Positive' },
  indeterminate: { vi: 'Không xác định', en: 'Inconclusive' },
} satisfies Readonly<Record<string, Text>>;

/** Where somebody is kept apart. */
export const STAY_WORDS = {
  home: { vi: 'Tại nhà', en: 'At home' },
  site: { vi: 'Tập trung', en: 'At a site' },
  hospital: { vi: 'Bệnh viện', en: 'In hospital' },
} satisfies Readonly<Record<string, Text>>;

export const SYMPTOM_WORDS = {
  fever: { vi: 'sốt', en: 'fever' },
  cough: { vi: 'ho', en: 'cough' },
  sore_throat: { vi: 'đau họng', en: 'sore throat' },
  runny_nose: { vi: 'hắt hơi, sổ mũi', en: 'runny nose' },
  aches: { vi: 'đau người, mệt, ớn lạnh', en: 'aches, tired, chills' },
  breathless: { vi: 'khó thở', en: 'short of breath' },
  loss_of_smell: { vi: 'mất mùi, vị', en: 'loss of smell or taste' },
  other: { vi: 'khác', en: 'other' },
} satisfies Readonly<Record<string, Text>>;

export type Symptom = keyof typeof SYMPTOM_WORDS;

export const FOLLOW_UP_STATE_WORDS = {
  new: { vi: 'mới nhận', en: 'new' },
  planned: { vi: 'chờ liên lạc', en: 'to be reached' },
  reached: { vi: 'đã gặp', en: 'reached' },
  quarantined: { vi: 'đang cách ly', en: 'in quarantine' },
  watched: { vi: 'đang theo dõi', en: 'watched' },
  lost: { vi: 'mất liên lạc', en: 'lost' },
  released: { vi: 'đã kết thúc', en: 'released' },
  cancelled: { vi: 'không phải theo dõi', en: 'cancelled' },
  lapsed: { vi: 'hết hạn, chưa đủ điều kiện', en: 'lapsed' },
  dead: { vi: 'đã tử vong', en: 'deceased' },
  handed_over: { vi: 'đã bàn giao', en: 'handed over' },
} satisfies Readonly<Record<string, Text>>;

export const FLAG_WORDS = {
  refused: { vi: 'từng từ chối', en: 'has refused' },
  symptomatic: { vi: 'có triệu chứng', en: 'symptoms' },
  became_case: { vi: 'thành ca bệnh', en: 'became a case' },
  moved: { vi: 'đã chuyển đi', en: 'moved away' },
  possible_source: { vi: 'có thể là nguồn', en: 'possible source' },
  no_record: { vi: 'chưa có hồ sơ', en: 'no record' },
} satisfies Readonly<Record<string, Text>>;
