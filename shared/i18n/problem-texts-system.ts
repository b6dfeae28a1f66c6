/**
 * Why a program does not start or a key is not taken: data keys, the key service, embedded PostgreSQL, the
 * demo. Whole sentences for operators.
 */
import type { Text } from './text.ts';

export const SYSTEM_TEXTS = {
  // Data keys and sealed columns.
  DATA_KEYS_EXIST: { vi: 'Đã có tệp khóa dữ liệu.', en: 'There is a file of data keys already.' },
  DATA_KEYS_EXHAUSTED: { vi: 'Không còn thế hệ nào sau 65535.', en: 'There is no generation after 65535.' },
  DATA_KEYS_MALFORMED: {
    vi: 'Bộ khóa dữ liệu sai định dạng. {errors}',
    en: 'The ring of data keys is malformed. {errors}',
  },
  DATA_KEYS_UNREADABLE: {
    vi: 'Không đọc được tệp khóa dữ liệu ({code}).',
    en: 'The file of data keys cannot be read ({code}).',
  },
  DATA_KEYS_UNWRITABLE: {
    vi: 'Không ghi được tệp khóa dữ liệu ({code}).',
    en: 'The file of data keys cannot be written ({code}).',
  },
  DATA_KEYS_COMMAND_FAILED: {
    vi: 'Lệnh lấy khóa dữ liệu không thành công.',
    en: 'The command for data keys failed.',
  },
  DATA_KEYS_INCOMPLETE: {
    vi: 'Bộ khóa dữ liệu thiếu khóa. {errors}',
    en: 'The ring of data keys lacks keys. {errors}',
  },
  DATA_KEYS_WRONG: {
    vi: 'Bộ khóa dữ liệu là của dữ liệu khác. {errors}',
    en: 'The ring of data keys is of other data. {errors}',
  },
  DATA_KEYS_OUTDATED: {
    vi: 'Bộ khóa dữ liệu đã cũ. {errors}',
    en: 'The ring of data keys is outdated. {errors}',
  },
  KEY_GENERATION_UNKNOWN: {
    vi: 'Có giá trị niêm phong bằng khóa thế hệ {generation} mà chương trình không có.',
    en: 'A value is sealed under data key generation {generation}, which this program does not have.',
  },
  SEALED_VALUE_REFUSED: {
    vi: 'Một giá trị của {column} đã bị sửa hoặc không thuộc dòng của nó.',
    en: 'A value of {column} was changed or does not belong to its row.',
  },

  // Keys.
  BAD_KEY: { vi: 'Khóa không hợp lệ. {errors}', en: 'The key is not valid. {errors}' },
  BAD_TRACE_ID: { vi: 'Mã truy vết không đúng.', en: 'The trace id is not valid.' },
  PSEUDONYM_COLUMN_LENGTH: {
    vi: 'Cột bí danh không gồm các giá trị 16 byte.',
    en: 'The column is not a whole number of 16-byte values.',
  },
  BAD_OPRF_KEY: { vi: 'Khóa của dịch vụ khóa không hợp lệ.', en: 'The key of the key service is not valid.' },
  OPRF_BAD_INPUT: { vi: 'Giá trị gửi dịch vụ khóa quá dài.', en: 'An input of the key service is too long.' },
  OPRF_BAD_ELEMENT: {
    vi: 'Giá trị trao đổi với dịch vụ khóa không hợp lệ.',
    en: 'An element of the key service is not valid.',
  },
  OPRF_NO_KEY: { vi: 'Ở đây không có khóa của dịch vụ khóa.', en: 'The key of the key service is not here.' },
  OPRF_BATCH_LOST: { vi: 'Lô tính mã đã mất; sẽ tính lại.', en: 'The batch is gone; it is made again.' },
  OPRF_WORKER_LOST: { vi: 'Một luồng tính mã đã dừng.', en: 'A worker of the key service was lost.' },
  OPRF_WORKER_MISSING: {
    vi: 'Chưa dịch chương trình: hãy chạy npm run build.',
    en: 'The worker is not built: npm run build.',
  },
  OPRF_CLOSED: { vi: 'Các luồng tính mã đã dừng.', en: 'The workers of the key service are stopped.' },

  // PostgreSQL that comes along, the launcher, the demo.
  NO_EMBEDDED_POSTGRES: {
    vi: 'Không có PostgreSQL kèm theo cho {platform}: hãy đặt DATABASE_URL.',
    en: 'No PostgreSQL binaries for {platform}: set DATABASE_URL to a server of your own.',
  },
  EMBEDDED_POSTGRES_FAILED: {
    vi: 'PostgreSQL kèm theo không chạy được.',
    en: 'The embedded PostgreSQL did not start.',
  },
  NO_ACCOUNT_FOR_POSTGRES: {
    vi: 'PostgreSQL không chạy với quyền root, mà tài khoản khác không dùng được {directory}.',
    en: 'PostgreSQL refuses to run as root, and no other account can use {directory}.',
  },
  DATA_DIRECTORY_NOT_OURS: {
    vi: '{directory} không trống và không phải cơ sở dữ liệu của chương trình.',
    en: '{directory} is neither empty nor a database of ours.',
  },
  NO_FREE_PORTS: { vi: 'Không đủ {count} cổng trống.', en: 'There are no {count} free ports.' },
  NO_SUCH_PROGRAM: {
    vi: 'Không có chương trình {name} trong liên kết này.',
    en: 'There is no program {name} in this federation.',
  },
  PROGRAM_FAILED: { vi: 'Chương trình {name} không chạy được.', en: 'The program {name} failed.' },
  PROGRAM_ENDED: { vi: 'Chương trình {name} đã tự dừng.', en: '{name} has ended by itself.' },
  REQUEST_FAILED: { vi: 'Yêu cầu gửi {name} không thành công.', en: 'A request to {name} failed.' },
  IMPORT_REJECTED: { vi: 'Có dòng nhập bị từ chối.', en: 'Rows of an import were rejected.' },
  TRACE_REFUSED: {
    vi: 'Trung tâm từ chối truy vết: {refusal}.',
    en: 'The hub refused the trace: {refusal}.',
  },
} as const satisfies Readonly<Record<string, Text>>;
