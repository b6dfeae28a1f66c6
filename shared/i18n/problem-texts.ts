/**
 * Why a request was refused or could not be carried out, at the door of a program: sign-in, HTTP, files,
 * database. Whole sentences; `{errors}` stands for the fields and what is wrong with them.
 */
import type { Text } from './text.ts';

export const DOOR_TEXTS = {
  // Input.
  INVALID_FIELD: { vi: '{errors}', en: '{errors}' },
  MALFORMED_JSON: { vi: 'Nội dung không phải JSON hợp lệ.', en: 'The body is not valid JSON.' },
  MALFORMED_GZIP: {
    vi: 'Dữ liệu gzip bị hỏng hoặc thiếu. {errors}',
    en: 'The body is not whole and valid gzip. {errors}',
  },
  EXPANDS_TOO_MUCH: {
    vi: 'Tệp nén không được chấp nhận. {errors}',
    en: 'The compressed body is not accepted. {errors}',
  },
  UNSUPPORTED_MEDIA_TYPE: { vi: 'Định dạng không được hỗ trợ. {errors}', en: 'Unsupported format. {errors}' },
  BODY_TOO_LARGE: { vi: 'Nội dung quá lớn. {errors}', en: 'The body is too large. {errors}' },
  INVALID_CHARACTER: {
    vi: 'Văn bản có ký tự không lưu được.',
    en: 'A text holds a character that cannot be stored.',
  },
  ENCODING: {
    vi: 'Không đọc được tệp này. {errors}',
    en: 'The file cannot be read. {errors}',
  },
  LINE_TOO_LONG: { vi: 'Có dòng quá dài. {errors}', en: 'A line is too long. {errors}' },
  QUOTE_NOT_CLOSED: { vi: 'Có dấu nháy chưa đóng. {errors}', en: 'A quote is not closed. {errors}' },
  HEADER_MISSING: { vi: 'Tệp không có dòng tiêu đề. {errors}', en: 'The file has no header. {errors}' },
  HEADER_INVALID: { vi: 'Dòng tiêu đề chưa đúng. {errors}', en: 'The header is not valid. {errors}' },
  UPLOAD_CUT_OFF: {
    vi: 'Tệp chưa gửi hết thì kết nối bị ngắt. {errors}',
    en: 'The upload ended before its end. {errors}',
  },

  // HTTP.
  NO_SUCH_PATH: { vi: 'Không có gì ở đường dẫn này.', en: 'There is nothing at this path.' },
  METHOD_NOT_ALLOWED: { vi: 'Đường dẫn này nhận {methods}.', en: 'This path takes {methods}.' },
  HEADERS_TOO_LARGE: {
    vi: 'Phần đầu của yêu cầu quá dài hoặc quá nhiều.',
    en: 'The headers are too long or too many.',
  },
  REQUEST_TOO_SLOW: { vi: 'Yêu cầu được gửi đến quá chậm.', en: 'The request came in too slowly.' },
  MALFORMED_REQUEST: {
    vi: 'Đây không phải yêu cầu HTTP/1.1 hợp lệ.',
    en: 'This is not a well-formed HTTP/1.1 request.',
  },
  RATE_LIMITED: { vi: 'Quá nhiều yêu cầu; hãy thử lại sau.', en: 'Too many requests; try again later.' },
  IDENTIFIER_QUOTA: {
    vi: 'Đã nhập {most} định danh mới trong giờ này; phần còn lại hãy gửi lại vào giờ sau.',
    en: '{most} identifiers new to this province in this hour; send the rest again in the next.',
  },
  TOO_MANY_AT_ONCE: {
    vi: 'Quá {most} yêu cầu cùng lúc; hãy đợi yêu cầu trước xong.',
    en: 'More than {most} requests at once; wait for an earlier one to end.',
  },
  ROUTE_WITHOUT_ACCESS: {
    vi: 'Đường dẫn {route} chưa có quy định quyền.',
    en: '{route} names no access group.',
  },

  ACT_UNKNOWN: {
    vi: 'Chương trình không có việc {act}.',
    en: 'There is no act {act} in this program.',
  },

  // Who calls.
  TOKEN_MISSING: { vi: 'Cần mã truy cập.', en: 'A bearer token is required.' },
  TOKEN_INVALID: { vi: 'Mã truy cập không hợp lệ.', en: 'The token is not valid.' },
  TOKEN_EXPIRED: { vi: 'Mã truy cập đã hết hạn.', en: 'The token has expired.' },
  JWKS_UNAVAILABLE: {
    vi: 'Không đọc được khóa của máy chủ đăng nhập.',
    en: 'The keys of the identity provider cannot be read.',
  },
  PROVIDER_UNAVAILABLE: {
    vi: 'Không kết nối được máy chủ đăng nhập.',
    en: 'The identity provider cannot be reached.',
  },
  DISCOVERY_FAILED: {
    vi: 'Máy chủ đăng nhập không mô tả mình đúng là nơi cấp mã đã cấu hình.',
    en: 'The identity provider does not describe itself as the issuer that it should be.',
  },
  LOGIN_FAILED: { vi: 'Đăng nhập chưa hoàn tất.', en: 'The sign-in was not completed.' },
  SESSION_CHANGED: {
    vi: 'Người khác đã đăng nhập trên trình duyệt này.',
    en: 'Somebody else has signed in at this browser.',
  },
  SESSION_INVALID: { vi: 'Phiên đăng nhập đã kết thúc.', en: 'The session has ended.' },
  CROSS_SITE: { vi: 'Yêu cầu đến từ một trang khác.', en: 'The request comes from another site.' },
  KEY_INVALID: { vi: 'Khóa không hợp lệ.', en: 'The key is not valid.' },
  ROLE_REQUIRED: {
    vi: 'Việc này dành cho vai trò: {roles}.',
    en: 'This is for the roles {roles}.',
  },
  AREA_REQUIRED: {
    vi: 'Vai trò của bạn không phụ trách cả tỉnh; việc này cần {roles} của cả tỉnh.',
    en: 'Your role is not for the whole province; this needs {roles} of the whole province.',
  },

  // The program itself.
  INTERNAL: {
    vi: 'Lỗi của hệ thống; hãy báo mã yêu cầu cho người vận hành.',
    en: 'Internal error; give the request id to your operator.',
  },
  DATABASE_ERROR: {
    vi: 'Lỗi của cơ sở dữ liệu; hãy báo mã yêu cầu cho người vận hành.',
    en: 'Error of the database; give the request id to your operator.',
  },
  DATABASE_UNAVAILABLE: {
    vi: 'Không kết nối được cơ sở dữ liệu; hãy thử lại sau.',
    en: 'The database cannot be reached; try again later.',
  },
  TRANSACTION_CONFLICT: {
    vi: 'Có người khác đang sửa cùng dữ liệu; hãy thử lại.',
    en: 'Somebody else was changing the same data; try again.',
  },
  DATABASE_OLDER: {
    vi: 'Cơ sở dữ liệu chưa được cập nhật: hãy chạy `migrate` với OWNER_DATABASE_URL.',
    en: 'The database lacks migrations: run `migrate` with OWNER_DATABASE_URL.',
  },
  DATABASE_NEWER: {
    vi: 'Cơ sở dữ liệu đã được cập nhật bởi chương trình mới hơn.',
    en: 'The database was migrated by a newer program.',
  },
  AUDIT_NOT_PROTECTED: {
    vi: 'Vai trò trong DATABASE_URL không bảo vệ được nhật ký kiểm tra.',
    en: 'The role of DATABASE_URL does not protect the audit log.',
  },
  AUDIT_LOG_DAMAGED: { vi: 'Nhật ký kiểm tra bị hỏng.', en: 'The audit log is damaged.' },
  INVALID_PASSWORD: {
    vi: 'Mật khẩu chỉ được gồm chữ và số.',
    en: 'A password must be letters and digits.',
  },
  INVALID_DATABASE_NAME: {
    vi: 'Tên cơ sở dữ liệu chỉ được gồm chữ thường, số và dấu gạch dưới.',
    en: 'The name of a database must be lower-case letters, digits and underscores.',
  },
  INVALID_CONFIG: { vi: 'Cấu hình chưa đúng. {errors}', en: 'The configuration is not valid. {errors}' },
  LISTEN_FAILED: { vi: 'Không mở được cổng {address}.', en: 'Cannot listen on {address}.' },

  // The command line.
  HTTP_ERROR: { vi: 'Máy chủ trả lời HTTP {status}.', en: 'The server answered HTTP {status}.' },
  UNREACHABLE: { vi: 'Không kết nối được {url}.', en: '{url} cannot be reached.' },
} as const satisfies Readonly<Record<string, Text>>;
