/**
 * What the consoles say: the words of their pages, buttons and notes, in Vietnamese and English. Pure.
 */
import type { Agreed, Disagreeing, Text } from './text.ts';

export const CONSOLE_TEXTS = {
  brand: { vi: 'Truy Vết', en: 'Truy Vết' },
  skip: { vi: 'Đến nội dung', en: 'Skip to content' },
  navigation: { vi: 'Mục chính', en: 'Main menu' },
  language: { vi: 'English', en: 'Tiếng Việt' },
  theme: { vi: 'Sáng hoặc tối', en: 'Light or dark' },
  tryAgain: { vi: 'Thử lại', en: 'Try again' },
  loading: { vi: 'Đang tải', en: 'Loading' },
  slow: { vi: 'Đang tải, máy chủ chậm', en: 'Loading, the server is slow' },
  more: { vi: 'Xem thêm', en: 'Show more' },
  optional: { vi: 'không bắt buộc', en: 'optional' },
  unknown: { vi: 'chưa rõ', en: 'unknown' },
  noSuchPage: { vi: 'Không có trang này', en: 'There is no such page' },
  signIn: { vi: 'Đăng nhập', en: 'Sign in' },
  signOut: { vi: 'Đăng xuất', en: 'Sign out' },
  signedOut: { vi: 'Bạn chưa đăng nhập', en: 'You are not signed in' },
  signedOutHint: {
    vi: 'Đăng nhập bằng tài khoản của trung tâm. Những gì chưa gửi vẫn được giữ trên máy này.',
    en: 'Sign in with your account of the centre. What has not been sent yet is kept on this device.',
  },
  nothingAllowed: {
    vi: 'Tài khoản này chưa được giao việc ở tỉnh này. Hãy báo người quản trị của trung tâm.',
    en: 'This account has no role in this province. Tell the administrator of your centre.',
  },
  problem: { vi: 'Chưa làm được', en: 'That did not work' },
  offline: { vi: 'Mất mạng', en: 'Offline' },
  unreachable: {
    vi: 'Chưa nối được với máy chủ của tỉnh',
    en: 'The server of the province cannot be reached',
  },
  requestId: { vi: 'Mã yêu cầu', en: 'Request id' },
  asOf: { vi: 'lúc {at}', en: 'as of {at}' },
  provinceWhole: { vi: 'Cả tỉnh', en: 'Whole province' },

  cases: { vi: 'Ca bệnh', en: 'Cases' },
  traces: { vi: 'Truy vết', en: 'Traces' },

  newCase: { vi: 'Nhập ca bệnh', en: 'New case' },
  noCases: { vi: 'Chưa có ca bệnh nào trong địa bàn của bạn.', en: 'There are no cases in your area yet.' },
  caseOf: { vi: 'Ca bệnh {name}', en: 'Case {name}' },
  identifiers: { vi: 'Giấy tờ, điện thoại', en: 'Identifiers, phone' },
  identifiersHint: {
    vi: 'Mỗi dòng một số: CCCD, CMND, hộ chiếu, BHYT, điện thoại',
    en: 'One a line: citizen ID, old ID, passport, insurance, phone',
  },
  onset: { vi: 'Ngày khởi phát', en: 'Onset' },
  sampled: { vi: 'Lấy mẫu lúc', en: 'Sampled at' },
  isolated: { vi: 'Cách ly lúc', en: 'Isolated at' },
  ward: { vi: 'Phường/xã', en: 'Ward' },
  wardHint: { vi: 'Nơi xử lý ca bệnh', en: 'Where the case is handled' },
  wardByRecord: { vi: 'Theo hồ sơ của người bệnh', en: "By the person's record" },
  saveAndTrace: { vi: 'Lưu và truy vết', en: 'Save and trace' },
  entered: { vi: 'Nhập lúc', en: 'Entered at' },
  withdrawn: { vi: 'Đã rút', en: 'Withdrawn' },
  confirmed: { vi: 'Xác nhận', en: 'Confirmed' },
  needsDate: {
    vi: 'Cần ngày khởi phát hoặc lúc lấy mẫu',
    en: 'Onset or time of sampling is needed',
  },
  needsIdentifier: { vi: 'Cần ít nhất một số', en: 'At least one number is needed' },
  notIdentifier: {
    vi: 'Không đọc được dòng {line}: không phải số giấy tờ hay điện thoại',
    en: 'Line {line} cannot be read: neither a document nor a phone number',
  },

  trace: { vi: 'Truy vết', en: 'Trace' },
  traceForward: { vi: 'Truy vết xuôi', en: 'Trace forward' },
  traceBackward: { vi: 'Truy vết ngược', en: 'Trace backward' },
  noTraces: { vi: 'Chưa có truy vết nào.', en: 'There are no traces yet.' },
  noTraceOfCase: { vi: 'Ca này chưa được truy vết.', en: 'This case has not been traced.' },
  coverage: { vi: 'Bao phủ', en: 'Coverage' },
  coverageSays: {
    vi: '{current} trên {all} tỉnh hiện hành',
    en: '{current} of {all} provinces current',
  },
  coverageBehind: { vi: 'chậm {behind} câu hỏi', en: '{behind} questions behind' },
  partialHint: {
    vi: 'Kết quả là một phần: có thể thiếu người từng ở {provinces}. Sẽ tự bổ sung khi có trả lời.',
    en: 'The result is partial: people who were in {provinces} may be missing. It completes by itself.',
  },
  perProvince: { vi: 'Theo tỉnh', en: 'By province' },
  contactsHere: { vi: 'Người tiếp xúc của tỉnh này', en: 'Contacts of this province' },
  noContacts: { vi: 'Chưa có người tiếp xúc nào.', en: 'There are no contacts yet.' },
  province: { vi: 'Tỉnh/thành phố', en: 'Province' },
  state: { vi: 'Trạng thái', en: 'State' },
  rules: { vi: 'Bộ quy tắc số {number}', en: 'Rules no. {number}' },
  lastExposed: { vi: 'Tiếp xúc gần nhất', en: 'Last exposed' },
  noWard: { vi: 'Chưa rõ phường/xã', en: 'Ward unknown' },
  noName: { vi: 'Chưa rõ tên', en: 'Name unknown' },
  sharedPhone: { vi: 'Điện thoại nhiều người dùng', en: 'A phone that several share' },
  contactsCount: { vi: 'Người tiếp xúc', en: 'Contacts' },
  moreInFile: { vi: 'và {count} người nữa trong tệp xuất', en: 'and {count} more in the exported file' },
  exportFile: { vi: 'Xuất tệp', en: 'Export' },
  openedAt: { vi: 'Mở lúc', en: 'Opened at' },
  tookSeconds: { vi: '{seconds} giây', en: '{seconds} s' },
} as const satisfies Readonly<Record<string, Text>>;

export type ConsoleWord = keyof typeof CONSOLE_TEXTS;

export type ConsoleTextsAgree = Agreed<Disagreeing<typeof CONSOLE_TEXTS>>;
