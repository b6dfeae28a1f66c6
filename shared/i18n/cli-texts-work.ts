/**
 * What the command lines say about the work of a province: imports, cases, traces.
 */
import type { Text } from './text.ts';

export const CLI_WORK_TEXTS = {
  import: {
    vi: 'nhập persons, places, check-ins hoặc encounters từ tệp CSV hay NDJSON (.gz)',
    en: 'import persons, places, check-ins or encounters from a file of CSV or NDJSON (.gz)',
  },
  record: { vi: 'hồ sơ người dân', en: 'records of people' },
  'record.find': {
    vi: 'hồ sơ nêu một định danh (đọc từ đầu vào), kèm các bản trước',
    en: 'records that name an identifier (from standard input), with what they said before',
  },
  'record.correct': {
    vi: 'sửa hồ sơ; JSON các trường đọc từ đầu vào, in ra phiên bản mới',
    en: 'correct a record by JSON of its fields from standard input; prints its version',
  },
  'record.withdraw': {
    vi: 'rút hồ sơ, cùng mọi liên kết nó tạo ra',
    en: 'withdraw a record and all that it links',
  },
  'record.waiting': {
    vi: 'hồ sơ của địa bàn khác nêu người của bạn, chờ xác nhận',
    en: 'records of other areas that name people of yours and wait for your word',
  },
  'record.confirm': { vi: 'xác nhận hồ sơ đang chờ', en: 'confirm a record that waits' },
  'record.reject': { vi: 'bác hồ sơ đang chờ', en: 'reject a record that waits' },
  case: { vi: 'ca bệnh', en: 'cases' },
  'case.add': {
    vi: 'nhập ca bệnh, định danh đọc từ đầu vào, của người bệnh trước',
    en: 'enter a case; identifiers come by standard input, first one of the person',
  },
  'case.onset': { vi: 'ngày khởi phát, NNNN-TT-NN', en: 'date of onset, YYYY-MM-DD' },
  'case.sampled': { vi: 'lúc lấy mẫu, ISO 8601', en: 'time of sampling, ISO 8601' },
  'case.isolated': { vi: 'lúc cách ly, ISO 8601', en: 'time of isolation, ISO 8601' },
  'case.list': {
    vi: 'các ca bệnh, mới nhất trước, giờ Việt Nam',
    en: 'cases, newest first, in Vietnamese time',
  },
  trace: { vi: 'truy vết', en: 'traces' },
  'trace.start': { vi: 'bắt đầu truy vết từ các ca', en: 'start a trace from cases' },
  'trace.max_degree': { vi: 'bậc cao nhất', en: 'highest degree' },
  'trace.as_of': { vi: 'đến lúc, ISO 8601', en: 'until, ISO 8601' },
  'trace.watch': { vi: 'theo dõi đến khi xong', en: 'watch until complete' },
  'trace.show': { vi: 'trạng thái truy vết', en: 'how a trace stands' },
  'trace.list': {
    vi: 'các truy vết, mới nhất trước, giờ Việt Nam',
    en: 'traces, newest first, in Vietnamese time',
  },
  traces: { vi: 'các truy vết mới nhất, hoặc một', en: 'the newest traces, or one' },
  'trace.contacts': {
    vi: 'người tiếp xúc của tỉnh này, F1 trước, giờ Việt Nam',
    en: 'contacts of this province, F1 first, in Vietnamese time',
  },
  'trace.take_over': {
    vi: 'nhận một người tiếp xúc mà tỉnh khác phụ trách và tỉnh này cũng nhận là cư dân',
    en: 'take over a contact of another province whom this one claims, too',
  },
  'contacts.ours': { vi: 'tỉnh này đã phụ trách', en: 'this province is responsible already' },
  'contacts.missing': { vi: 'còn thiếu tỉnh {provinces}', en: 'missing provinces {provinces}' },
  'contacts.shown': { vi: 'quy tắc {rules}, lúc {at}, cho {by}', en: 'rules {rules}, at {at}, for {by}' },
  'import.done': {
    vi: 'đã nhận {accepted} dòng, từ chối {rejected} dòng',
    en: '{accepted} accepted, {rejected} rejected',
  },
  'import.tried': {
    vi: 'chỉ thử, không lưu: sẽ nhận {accepted} dòng, từ chối {rejected} dòng',
    en: 'only tried, nothing stored: {accepted} would be accepted, {rejected} rejected',
  },
  'import.warnings': { vi: 'các ô bị bỏ qua:', en: 'fields left out:' },
  'import.dry_run': { vi: 'chỉ kiểm tra tệp, không lưu gì', en: 'report on the file, store nothing' },
  'trace.provinces': { vi: '{current}/{all} tỉnh', en: '{current}/{all} provinces' },
  'trace.progress': {
    vi: '{questions} câu hỏi, {awaited} đang chờ',
    en: '{questions} questions, {awaited} awaited',
  },
  'trace.refused': { vi: 'bị từ chối: {reason}', en: 'refused: {reason}' },
} as const satisfies Readonly<Record<string, Text>>;
