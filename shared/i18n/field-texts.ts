/**
 * What can be wrong with a field of the input: bounds, forms, dates, identifiers, rows of a file. Read behind
 * the name of the field (`onset_on: …`), so they are no whole sentences. A text never repeats what was typed.
 */
import type { Text } from './text.ts';

export const FIELD_TEXTS = {
  // What a value is.
  REQUIRED: { vi: 'bắt buộc', en: 'required' },
  EMPTY: { vi: 'không được để trống', en: 'must not be empty' },
  UNKNOWN_FIELD: { vi: 'trường không có trong quy định', en: 'no such field' },
  MALFORMED: { vi: 'sai định dạng', en: 'malformed' },
  NOT_TEXT: { vi: 'phải là văn bản', en: 'must be text' },
  NOT_A_NUMBER: { vi: 'phải là số', en: 'must be a number' },
  NOT_AN_INTEGER: { vi: 'phải là số nguyên', en: 'must be a whole number' },
  NOT_A_BOOLEAN: { vi: 'phải là true hoặc false', en: 'must be true or false' },
  NOT_A_LIST: { vi: 'phải là danh sách', en: 'must be a list' },
  NOT_AN_OBJECT: { vi: 'phải là đối tượng JSON', en: 'must be a JSON object' },
  NOT_TEXT_OR_LIST: {
    vi: 'phải là văn bản hoặc danh sách văn bản',
    en: 'must be text or a list of texts',
  },
  NOT_JSON: { vi: 'không phải JSON hợp lệ', en: 'not valid JSON' },
  NOT_GZIP: { vi: 'dữ liệu gzip bị hỏng hoặc thiếu', en: 'not whole and valid gzip' },
  EXPANDS_BEYOND: {
    vi: 'giải nén ra lớn hơn {times} lần',
    en: 'unpacks to more than {times} times its size',
  },
  MEDIA_TYPE_EXPECTED: { vi: 'phải là {accepted}', en: 'must be {accepted}' },
  NOT_ONE_OF: { vi: 'phải là một trong: {values}', en: 'must be one of: {values}' },
  ONE_OF_REQUIRED: { vi: 'cần một trong: {fields}', en: 'one of them is required: {fields}' },
  NO_FIELDS: { vi: 'không nêu trường nào', en: 'names no field' },
  UNKNOWN_FACT: { vi: 'không có dữ kiện này ở đây', en: 'no fact that is known here' },
  TOO_DEEP: { vi: 'lồng sâu hơn {most} tầng', en: 'nested more than {most} deep' },
  REPEATED: { vi: 'bị lặp lại', en: 'named twice' },

  SEVERAL_CCCD: {
    vi: 'nêu nhiều số CCCD khác nhau; mỗi hồ sơ chỉ của một người',
    en: 'names several citizen ids; a record is about one person',
  },

  KNOWN_TO_NOBODY: {
    vi: 'chưa ai ở đây biết định danh này: có thể gõ nhầm',
    en: 'nobody here knows this identifier: a slip, perhaps',
  },
  INDEX_WINDOW_EMPTY: {
    vi: 'không còn thời gian lây nhiễm nào: truy vết xuôi không cho người tiếp xúc',
    en: 'leaves no infectious window: a forward trace gives no contacts',
  },
  CASE_ALREADY: { vi: 'người này đã là ca bệnh {case}', en: 'the person is a case already: {case}' },
  CONTACT_ALREADY: {
    vi: 'người này đã là người tiếp xúc trong truy vết {trace}',
    en: 'the person is a contact already, of trace {trace}',
  },
  WAITS_FOR_OTHER_WARD: {
    vi: 'nêu người của địa bàn khác: chờ nơi đó xác nhận rồi mới liên kết',
    en: 'names people of another ward: links nobody until somebody there has confirmed it',
  },

  // How large it may be.
  TOO_LONG: { vi: 'dài hơn {most} ký tự', en: 'longer than {most} characters' },
  TOO_SHORT: { vi: 'ngắn hơn {least} ký tự', en: 'shorter than {least} characters' },
  TOO_MANY: { vi: 'nhiều hơn {most} mục', en: 'more than {most} items' },
  TOO_FEW: { vi: 'ít hơn {least} mục', en: 'fewer than {least} items' },
  TOO_MANY_BYTES: { vi: 'lớn hơn {most} byte', en: 'more than {most} bytes' },
  AT_LEAST: { vi: 'phải từ {least} trở lên', en: 'must be {least} or more' },
  AT_MOST: { vi: 'không được lớn hơn {most}', en: 'must not be more than {most}' },
  MORE_THAN: { vi: 'phải lớn hơn {bound}', en: 'must be more than {bound}' },
  LESS_THAN: { vi: 'phải nhỏ hơn {bound}', en: 'must be less than {bound}' },
  OUT_OF_BOUNDS: { vi: 'phải từ {least} đến {most}', en: 'must be from {least} to {most}' },
  OVER_RULES: { vi: 'vượt quá {most}, giới hạn của quy tắc', en: 'more than {most}, the limit of the rules' },

  // Characters.
  UNPRINTABLE: {
    vi: 'có ký tự điều khiển hoặc ký tự hỏng',
    en: 'has a control character or half a character',
  },
  NOT_ASCII: {
    vi: 'có ký tự không phải ASCII in được',
    en: 'has a character that is not printable ASCII',
  },
  NOT_HEX: {
    vi: 'phải gồm {digits} chữ số thập lục phân',
    en: 'must be {digits} hexadecimal digits',
  },
  NOT_A_UUID: { vi: 'phải là UUID', en: 'must be a UUID' },
  NOT_A_WORD: { vi: 'phải là một từ viết thường, không dấu', en: 'must be a lower-case word' },
  NOT_A_REFERENCE: { vi: 'không phải mã tham chiếu', en: 'not an opaque reference' },
  NOT_A_CURSOR: {
    vi: 'không phải giá trị next của trang trước trong danh sách này',
    en: 'not the next of an earlier page of this list',
  },
  NOT_OWN_PATH: { vi: 'không phải đường dẫn của chương trình này', en: 'not a path of this program' },
  NOT_HUB_OR_PROVINCE: { vi: 'phải là hub hoặc mã tỉnh', en: 'must be hub or the code of a province' },

  // Dates and instants.
  NOT_A_BIRTHDAY: {
    vi: 'phải là ngày, tháng hoặc năm: NNNN-TT-NN, NNNN-TT hoặc NNNN',
    en: 'must be a day, a month or a year: YYYY-MM-DD, YYYY-MM or YYYY',
  },
  NOT_A_DATE: { vi: 'phải là ngày dạng NNNN-TT-NN (2021-06-01)', en: 'must be a date YYYY-MM-DD' },
  NO_SUCH_DATE: { vi: 'ngày này không có trong lịch', en: 'not a date of the calendar' },
  NOT_AN_INSTANT: {
    vi: 'phải là thời điểm ISO 8601 có múi giờ (2021-06-01T08:00:00+07:00)',
    en: 'must be an ISO 8601 instant with offset (2021-06-01T08:00:00+07:00)',
  },
  NOT_A_TIME: { vi: 'không phải giờ trong ngày', en: 'not a time of day' },
  NOT_AN_OFFSET: { vi: 'múi giờ không đúng', en: 'not an offset from UTC' },
  YEAR_OUT_OF_BOUNDS: {
    vi: 'năm phải từ {least} đến {most}',
    en: 'the year must be from {least} to {most}',
  },
  IN_FUTURE: { vi: 'không được ở tương lai', en: 'must not be in the future' },
  IN_PAST: { vi: 'không được ở quá khứ', en: 'must not be in the past' },
  OLDER_THAN_KEPT: { vi: 'cũ hơn {days} ngày, thời hạn lưu', en: 'older than the {days} days that are kept' },
  LATER_THAN_TOMORROW: { vi: 'muộn hơn ngày mai', en: 'later than tomorrow' },
  LONGER_THAN_A_STAY: {
    vi: 'dài hơn {most} giây, thời gian lưu lại lâu nhất',
    en: 'longer than {most} seconds, the longest stay',
  },
  FAR_FROM_ONSET: {
    vi: 'cách ngày khởi phát hơn {most} ngày',
    en: 'more than {most} days from onset',
  },
  TOO_EARLY: { vi: 'không được trước {earliest}', en: 'must not be before {earliest}' },
  BEFORE_FIELD: { vi: 'không được trước {other}', en: 'must not be before {other}' },
  AFTER_FIELD: { vi: 'không được sau {other}', en: 'must not be after {other}' },
  SAME_AS_FIELD: { vi: 'trùng với {other}', en: 'the same as {other}' },

  // Identifiers of people.
  NOT_KIND_VALUE: { vi: 'phải có dạng loại:giá trị', en: 'must have the form kind:value' },
  UNKNOWN_IDENTIFIER_KIND: {
    vi: 'không có loại định danh này; các loại: {kinds}',
    en: 'no such kind of identifier; the kinds are {kinds}',
  },
  CCCD_FORM: { vi: 'số CCCD phải có 12 chữ số', en: 'a CCCD must have 12 digits' },
  CMND_FORM: { vi: 'số CMND phải có 9 hoặc 12 chữ số', en: 'a CMND must have 9 or 12 digits' },
  PASSPORT_FORM: {
    vi: 'hộ chiếu phải gồm mã nước ba chữ, dấu hai chấm và số hộ chiếu',
    en: 'a passport must be a three-letter country, a colon and a number',
  },
  INSURANCE_FORM: {
    vi: 'thẻ bảo hiểm y tế phải có 10 chữ số, hoặc 15 ký tự với 10 chữ số cuối',
    en: 'an insurance card must have 10 digits, or 15 characters that end in 10 digits',
  },
  APP_FORM: { vi: 'mã ứng dụng phải là UUID', en: 'an app must be a UUID' },
  PHONE_START: {
    vi: 'số điện thoại phải bắt đầu bằng 0, +, 00 hoặc 84',
    en: 'a phone number must start with 0, +, 00 or 84',
  },
  PHONE_VIETNAM: {
    vi: 'số điện thoại phải có 9 hoặc 10 chữ số sau +84 hoặc số 0 đầu',
    en: 'a phone number must have 9 or 10 digits after +84 or the leading 0',
  },
  PHONE_ABROAD: {
    vi: 'số điện thoại phải có 7 đến 15 chữ số sau dấu +',
    en: 'a phone number must have 7 to 15 digits after +',
  },

  // Places of the administration, and what belongs where.
  NOT_A_PROVINCE_CODE: { vi: 'phải là mã tỉnh hai chữ số', en: 'must be the two-digit code of a province' },
  UNKNOWN_PROVINCE: {
    vi: 'không có tỉnh này; cần mã tỉnh hai chữ số của năm 2021',
    en: 'no such province; a two-digit code of 2021 is expected',
  },
  NOT_A_WARD_CODE: { vi: 'phải là mã xã/phường năm chữ số', en: 'must be the five-digit code of a ward' },
  UNKNOWN_WARD: {
    vi: 'không có xã/phường này; cần mã năm chữ số của năm 2021',
    en: 'no such ward; a five-digit code of 2021 is expected',
  },
  ZERO_LOST: {
    vi: 'thiếu số 0 ở đầu; ý bạn là {meant}?',
    en: 'a zero in front is missing; did you mean {meant}?',
  },
  CODE_OF_OTHER_YEAR: {
    vi: 'mã của năm khác; cần mã của năm {year}',
    en: 'a code of another year; one of {year} is expected',
  },
  WARD_ELSEWHERE: {
    vi: 'thuộc tỉnh {found}, không thuộc tỉnh {expected}',
    en: 'lies in province {found}, not in {expected}',
  },
  NOT_AN_AREA_CODE: {
    vi: 'phải là mã của tỉnh, quận/huyện hoặc xã/phường',
    en: 'must be the code of a province, district or ward',
  },
  NOT_OF_PROVINCE: { vi: 'không thuộc tỉnh này', en: 'not in this province' },
  OWN_WARD_REQUIRED: {
    vi: 'bắt buộc: một xã/phường thuộc địa bàn của bạn',
    en: 'required: a ward of your area',
  },
  OUTSIDE_AREA: { vi: 'ngoài địa bàn của bạn', en: 'not in your area' },
  UNKNOWN_PLACE: { vi: 'không có địa điểm này', en: 'no such place' },
  UNKNOWN_PLACE_KIND: { vi: 'không có loại địa điểm này: {kind}', en: 'no such kind of place: {kind}' },
  NEW_PLACE_KIND: { vi: 'bắt buộc vì địa điểm này còn mới', en: 'required: the place is new' },

  // Files and their rows.
  NOT_UTF8: {
    vi: 'không phải UTF-8 (có thể là Windows-1258 hoặc TCVN3)',
    en: 'not valid UTF-8 (perhaps Windows-1258 or TCVN3)',
  },
  FILE_WORKBOOK: {
    vi: 'đây là tệp bảng tính (xlsx, xls, ods); hãy lưu thành CSV UTF-8',
    en: 'this is a workbook (xlsx, xls, ods); save it as CSV UTF-8',
  },
  FILE_HTML: {
    vi: 'đây là trang HTML hoặc XML; hãy lưu thành CSV UTF-8',
    en: 'this is a page of HTML or XML; save it as CSV UTF-8',
  },
  FILE_PDF: { vi: 'đây là tệp PDF; cần CSV hoặc NDJSON', en: 'this is a PDF; CSV or NDJSON is expected' },
  CELL_COUNT: {
    vi: 'có {found} ô, dòng tiêu đề có {expected}',
    en: 'has {found} fields, the header has {expected}',
  },
  TEXT_AFTER_QUOTE: { vi: 'có chữ sau dấu nháy đóng', en: 'text after a closing quote' },
  QUOTE_INSIDE: {
    vi: 'có dấu nháy trong ô không mở đầu bằng dấu nháy',
    en: 'a quote inside a field that does not begin with one',
  },
  QUOTE_OPEN: {
    vi: 'dấu nháy chưa đóng sau {most} ký tự',
    en: 'a quote is not closed within {most} characters',
  },
  HEADER_EXPECTED: { vi: 'tệp trống; cần dòng tiêu đề', en: 'the file is empty; a header is expected' },
  NO_KNOWN_COLUMN: {
    vi: 'không có cột nào quen biết; thiếu dòng tiêu đề? Các cột: {known}',
    en: 'no known column; is the header missing? Known are {known}',
  },
  COLUMN_UNKNOWN: { vi: 'không có cột này: {column}', en: 'no such column: {column}' },
  COLUMN_REPEATED: { vi: 'cột bị lặp lại: {column}', en: 'the column is there twice: {column}' },
  COLUMN_MISSING: { vi: 'thiếu cột: {column}', en: 'the column is missing: {column}' },
  NOTHING_KEPT: { vi: 'chưa có gì thay đổi', en: 'nothing was changed' },
  ROWS_KEPT: {
    vi: 'trước đó đã nhận {accepted} dòng, từ chối {rejected} dòng',
    en: 'of the rows before it {accepted} were kept and {rejected} rejected',
  },
} as const satisfies Readonly<Record<string, Text>>;
