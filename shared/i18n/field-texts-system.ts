/**
 * What can be wrong with a field that operators and programs fill in: cases of a trace, keys, certificates,
 * files and variables, columns on the wire. No whole sentences, like those of field-texts.ts.
 */
import type { Text } from './text.ts';

export const SYSTEM_FIELD_TEXTS = {
  // Traces, accounts.
  UNKNOWN_CASE: { vi: 'không có ca bệnh này ở đây', en: 'there is no such case here' },
  WITHDRAWN: { vi: 'đã rút lại', en: 'it was withdrawn' },
  NOT_A_REQUEST_KEY: {
    vi: 'phải gồm 1 đến 64 ký tự ASCII in được',
    en: 'must be 1 to 64 printable ASCII characters',
  },
  NOT_ENTITY_TAGS: { vi: 'phải là * hoặc các ETag', en: 'must be * or entity tags' },
  KEY_REUSED: { vi: 'đã dùng cho một yêu cầu khác', en: 'was used for another request' },
  NOT_FOR_SERVICES: { vi: 'không dành cho tài khoản dịch vụ', en: 'not for service accounts' },
  SECOND_TRACE: { vi: 'truy vết thứ hai trong một kết nối', en: 'a second trace in one stream' },

  // Columns and messages between programs.
  WRONG_LENGTH: { vi: 'sai độ dài', en: 'has the wrong length' },
  NOT_MULTIPLE: { vi: 'không phải bội của {bytes} byte', en: 'not a multiple of {bytes} bytes' },
  LENGTHS_DIFFER: { vi: 'các cột dài khác nhau', en: 'the columns differ in length' },
  TOO_LARGE: { vi: 'quá lớn', en: 'too large' },
  NOT_A_REASON: { vi: 'không phải từ chỉ lý do', en: 'not a reason word' },
  GENERATION_SKIPPED: { vi: 'thiếu một thế hệ khóa', en: 'a generation is left out' },
  NOT_BASE64URL: { vi: 'phải là {bytes} byte dạng base64url', en: 'must be {bytes} bytes in base64url' },

  // Keys and certificates.
  KEY_NOT_PRIVATE: { vi: 'không phải khóa riêng', en: 'not a private key' },
  KEY_IS_PRIVATE: { vi: 'là khóa riêng, cần khóa công khai', en: 'a private key where a public one belongs' },
  KEY_NOT_ED25519: { vi: 'không phải khóa Ed25519', en: 'not an Ed25519 key' },
  KEY_NOT_X25519: { vi: 'không phải khóa riêng X25519 dạng JWK', en: 'not a private X25519 JWK' },
  KEY_NOT_P256: { vi: 'không phải khóa ECDSA P-256', en: 'not an ECDSA key on P-256' },
  KEY_INVALID: { vi: 'không phải khóa hợp lệ', en: 'not a valid key' },
  KEY_UNREADABLE: { vi: 'không đọc được khóa', en: 'its key cannot be read' },
  KEY_TWICE: { vi: 'hai khóa cho tỉnh {province}', en: 'two keys for province {province}' },
  KEY_OF_ANOTHER: { vi: 'không phải khóa của {file}', en: 'not the key of {file}' },
  NOT_A_JWKS: { vi: 'không phải bộ khóa JWKS', en: 'not a JWKS' },
  NOT_PEM: { vi: 'không phải chứng chỉ dạng PEM', en: 'not a certificate in PEM' },
  NOT_OF_CA: { vi: 'không do CA của liên kết cấp', en: 'not of the federation CA' },
  IS_A_CA: { vi: 'là chứng chỉ của một CA', en: 'a CA itself' },
  OTHER_NAME: { vi: 'cấp cho tên khác', en: 'for another name' },
  OTHER_KEY: { vi: 'cấp cho khóa khác', en: 'for another key' },
  EXPIRED: { vi: 'đã hết hạn', en: 'expired' },
  NOT_YET_VALID: { vi: 'chưa có hiệu lực', en: 'not yet valid' },
  NOT_PKCS10: { vi: 'không phải yêu cầu PKCS#10', en: 'not a PKCS#10 request' },
  NOT_SELF_SIGNED: { vi: 'không ký bằng khóa của chính nó', en: 'not signed with its own key' },
  OTHER_SUBJECT: { vi: 'mang tên khác', en: 'its subject is another' },
  ASKS_FOR_MORE: { vi: 'xin nhiều hơn tên của mình', en: 'it asks for more than its own name' },
  NOT_A_SERIAL: { vi: 'phải là số sê-ri dạng thập lục phân', en: 'must be a serial number in hexadecimal' },

  // Rings of data keys.
  NOT_A_RING: {
    vi: 'phải có dạng JSON với "current" và "keys", mỗi khóa 64 chữ số thập lục phân',
    en: 'must be JSON with "current" and "keys", each of 64 hexadecimal digits',
  },
  GENERATION_TOO_HIGH: { vi: 'có thế hệ lớn hơn {most}', en: 'a generation beyond {most}' },
  NO_CURRENT_KEY: { vi: 'thiếu khóa của thế hệ hiện hành', en: 'it has no key of its current generation' },
  SAME_KEY_TWICE: { vi: 'hai thế hệ có cùng khóa', en: 'two generations have the same key' },
  WEAK_KEY: { vi: 'một khóa chỉ lặp lại một byte', en: 'a key repeats one byte' },
  GENERATIONS_LACKING: {
    vi: 'thiếu thế hệ {generations} mà dữ liệu đang dùng',
    en: 'rows are sealed under generation {generations}, which it lacks',
  },
  GENERATIONS_WRONG: {
    vi: 'khóa thế hệ {generations} không phải khóa đã niêm phong dữ liệu',
    en: 'its key of generation {generations} is not the one that rows are sealed under',
  },
  GENERATION_OUTDATED: {
    vi: 'thế hệ hiện hành là {current}, cơ sở dữ liệu đã đến {newest}',
    en: 'its current generation is {current}, the database has come to {newest}',
  },

  // Files, variables and options.
  FOR_EXAMPLE: { vi: 'ví dụ {example}', en: 'for example {example}' },
  FILE_MISSING: { vi: 'không có tệp này', en: 'there is no such file' },
  FILE_UNREADABLE: { vi: 'không đọc được tệp', en: 'the file cannot be read' },
  FILE_SHARED: {
    vi: 'người khác đọc hoặc sửa được tệp: hãy chmod 600',
    en: 'others may read or change the file: chmod 600',
  },
  FILE_NOT_JSON: { vi: 'tệp không chứa JSON', en: 'the file does not hold JSON' },
  FILE_NOT_HEX: {
    vi: 'tệp không chứa {digits} chữ số thập lục phân',
    en: 'the file does not hold {digits} hexadecimal digits',
  },
  FILE_WRONG: { vi: 'tệp không chứa nội dung cần có', en: 'the file does not hold what it should' },
  FILE_WRONG_FIELDS: { vi: 'sai nội dung: {fields}', en: 'wrong content: {fields}' },
  CERTIFICATE_UNFIT: {
    vi: 'không phải chứng chỉ và khóa riêng của nó',
    en: 'not a certificate and its private key',
  },
  OTHER_CA: { vi: 'là CA khác với {other}', en: 'holds another CA than {other}' },
  NOT_POSTGRES_URL: { vi: 'phải là URL postgres://', en: 'must be a postgres:// URL' },
  NOT_A_URL: { vi: 'phải là URL', en: 'must be a URL' },
  NOT_HTTPS: { vi: 'phải là https, trừ trên máy này', en: 'must be https, except on this machine' },
  NOT_HOST_PORT: { vi: 'phải có dạng máy:cổng', en: 'must be host:port' },
  NOT_A_RATE: { vi: 'phải có dạng TỐC_ĐỘ:DỰ_TRỮ, như 100:500', en: 'must be RATE:BURST, as in 100:500' },
  NOT_A_HEADER: { vi: 'không phải tên của một phần đầu HTTP', en: 'not the name of a header' },
  OPENID_MISSING: { vi: 'phải có openid', en: 'must name openid' },
  NEEDED_BY: { vi: 'bắt buộc vì đã có {other}', en: 'required, as {other} is set' },
  EXACTLY_ONE_OF: { vi: 'cần đúng một trong: {fields}', en: 'exactly one is required of: {fields}' },
  NOT_A_PROGRAM: {
    vi: 'phải bắt đầu bằng đường dẫn tuyệt đối của một chương trình',
    en: 'must begin with the absolute path of a program',
  },
  NOT_CHECKPOINTS: {
    vi: 'không phải kết quả của `audit checkpoints`',
    en: 'not what `audit checkpoints` prints',
  },
  URL_OR_VARIABLE: { vi: 'phải là URL (hoặc đặt {variable})', en: 'must be a URL (or set {variable})' },
  FILE_OR_VARIABLE: {
    vi: 'thiếu hoặc trống (hoặc đặt {variable})',
    en: 'missing or empty (or set {variable})',
  },
} as const satisfies Readonly<Record<string, Text>>;
