/**
 * The short titles of problems: of each kind of error, and of the reasons that HTTP has a status of its own
 * for.
 */
import type { Text } from './text.ts';

export const TITLES = {
  INVALID_ARGUMENT: { vi: 'Dữ liệu không hợp lệ', en: 'Invalid input' },
  UNAUTHENTICATED: { vi: 'Chưa đăng nhập', en: 'Not signed in' },
  PERMISSION_DENIED: { vi: 'Không có quyền', en: 'Not allowed' },
  NOT_FOUND: { vi: 'Không tìm thấy', en: 'Not found' },
  ALREADY_EXISTS: { vi: 'Đã tồn tại', en: 'Already exists' },
  ABORTED: { vi: 'Xung đột', en: 'Conflict' },
  FAILED_PRECONDITION: { vi: 'Chưa thể thực hiện', en: 'Not possible in this state' },
  RESOURCE_EXHAUSTED: { vi: 'Quá nhiều yêu cầu', en: 'Too much asked' },
  CANCELLED: { vi: 'Đã hủy', en: 'Cancelled' },
  INTERNAL: { vi: 'Lỗi hệ thống', en: 'Internal error' },
  UNIMPLEMENTED: { vi: 'Chưa hỗ trợ', en: 'Not implemented' },
  UNAVAILABLE: { vi: 'Tạm thời không phục vụ', en: 'Temporarily unavailable' },
  DEADLINE_EXCEEDED: { vi: 'Quá thời gian chờ', en: 'Timed out' },
  METHOD_NOT_ALLOWED: { vi: 'Phương thức không được hỗ trợ', en: 'Method not allowed' },
  REQUEST_TOO_SLOW: { vi: 'Gửi quá chậm', en: 'Sent too slowly' },
  HEADERS_TOO_LARGE: { vi: 'Phần đầu quá lớn', en: 'Headers too large' },
  CONTENT_TOO_LARGE: { vi: 'Nội dung quá lớn', en: 'Content too large' },
  WRONG_STATE: { vi: 'Không đúng trạng thái', en: 'Not in this state' },
  IDEMPOTENCY_KEY_REUSED: { vi: 'Khóa chống lặp đã dùng', en: 'Idempotency key reused' },
  VERSION_CHANGED: { vi: 'Đã có người sửa', en: 'Changed meanwhile' },
  UNSUPPORTED_MEDIA_TYPE: { vi: 'Định dạng không được hỗ trợ', en: 'Unsupported media type' },
} as const satisfies Readonly<Record<string, Text>>;
