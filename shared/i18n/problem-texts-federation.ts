/**
 * Why provinces, hub and CA do not accept each other: enrolment, statements, certificates, keys, logs. Whole
 * sentences for operators.
 */
import type { Text } from './text.ts';

export const FEDERATION_TEXTS = {
  // Joining.
  PROVINCE_UNKNOWN: { vi: 'Không có tỉnh này trong liên kết.', en: 'There is no such province here.' },
  INVITATION_MALFORMED: {
    vi: 'Đây không phải lời mời của Truy Vết.',
    en: 'This is not an invitation of Truy Vết.',
  },
  INVITATION_INVALID: { vi: 'Lời mời không hợp lệ.', en: 'The invitation is not valid.' },
  INVITATION_EXPIRED: { vi: 'Lời mời đã hết hạn.', en: 'The invitation has expired.' },
  ALREADY_ENROLLED: {
    vi: 'Thư mục này đã có một danh tính.',
    en: 'The directory holds an identity already.',
  },
  ENROLMENT_UNKNOWN: { vi: 'Không có yêu cầu này.', en: 'There is no such request.' },
  ENROLMENT_REJECTED: {
    vi: 'Người vận hành trung tâm đã từ chối yêu cầu.',
    en: 'The hub’s operator rejected the request.',
  },
  ROTATION_UNDER_WAY: {
    vi: 'Đang xoay khóa của dịch vụ khóa.',
    en: 'The key service’s key is being rotated already.',
  },
  NO_NEXT_KEY: {
    vi: 'OPRF_KEY_FILE không có khóa kế tiếp đã được CA xác nhận.',
    en: 'OPRF_KEY_FILE holds no next key that the CA has stated.',
  },
  NO_ROTATION: {
    vi: 'Không có lần xoay khóa nào đang chờ các tỉnh.',
    en: 'No rotation waits for provinces.',
  },
  NO_ENROLMENT_LISTENER: {
    vi: 'Trung tâm chưa mở cổng tham gia: hãy đặt ENROLMENT_LISTEN.',
    en: 'The hub has no listener for enrolment: set ENROLMENT_LISTEN.',
  },
  TOO_MANY_CALLS: { vi: 'Quá nhiều lần gọi; hãy thử lại sau.', en: 'Too many calls; try again later.' },
  FINGERPRINT_MISMATCH: {
    vi: 'Dấu vân tay không khớp; hãy so lại qua điện thoại rồi nhập lại.',
    en: 'The fingerprint is another; compare it again by telephone.',
  },
  REQUEST_MALFORMED: { vi: 'Đây không phải yêu cầu gửi CA.', en: 'This is not a request for the CA.' },
  REQUEST_BAD_SIGNATURE: {
    vi: 'Yêu cầu không được ký bằng khóa của nó.',
    en: 'The request is not signed by its opening key.',
  },
  KEYS_CHANGED: {
    vi: 'CA đã xác nhận khóa khác với khóa của nút này.',
    en: 'The CA has stated other keys than this node’s.',
  },
  PEER_NOT_ENROLLED: { vi: 'Tỉnh này chưa tham gia liên kết.', en: 'The province is not enrolled.' },

  // The CA and certificates.
  CA_EXISTS: { vi: 'Thư mục này đã có một CA.', en: 'There is a CA in this directory already.' },
  CA_OFFLINE: {
    vi: 'CA không nằm ở trung tâm: hãy ký yêu cầu ở máy của CA.',
    en: 'The CA is not on the hub: sign the request where it is.',
  },
  CA_NOT_PINNED: {
    vi: 'Đây không phải liên kết của lời mời.',
    en: 'This is not the federation of the invitation.',
  },
  BAD_CA: { vi: 'CA không hợp lệ. {errors}', en: 'The CA is not valid. {errors}' },
  BAD_CERTIFICATE: { vi: 'Chứng chỉ không hợp lệ. {errors}', en: 'The certificate is not valid. {errors}' },
  CERTIFICATE_DISTRUSTED: { vi: 'Chứng chỉ đã bị từ chối.', en: 'The certificate is distrusted.' },
  CSR_REFUSED: {
    vi: 'Yêu cầu chứng chỉ không được chấp nhận. {errors}',
    en: 'The certificate request is not accepted. {errors}',
  },
  CSR_FOR_ANOTHER_KEY: {
    vi: 'Chỉ được gia hạn cho khóa đã đăng ký.',
    en: 'A renewal is for the key that is enrolled.',
  },
  SIGNED_MALFORMED: {
    vi: 'Tệp này không phải kết quả ký của CA.',
    en: 'This is not what the CA has signed.',
  },
  STATEMENT_MALFORMED: {
    vi: 'Xác nhận của CA sai định dạng. {errors}',
    en: 'The statement of the CA is malformed. {errors}',
  },
  STATEMENT_BAD_SIGNATURE: {
    vi: 'Xác nhận không do CA của liên kết ký.',
    en: 'The statement is not signed by the federation CA.',
  },
  STATEMENT_NOT_NEWER: {
    vi: 'Đã có xác nhận mới hơn.',
    en: 'A later statement is known already.',
  },
  STATEMENT_OF_ANOTHER: {
    vi: 'Xác nhận là của tỉnh khác hoặc khóa khác.',
    en: 'The statement names another province or other keys.',
  },

  // The federation key.
  FEDERATION_KEY_UNKNOWN: {
    vi: 'Nút này không giữ khóa liên kết thế hệ {generation}.',
    en: 'Generation {generation} of the federation key is not held here.',
  },
  FEDERATION_KEY_MISSING: {
    vi: 'Khóa liên kết chưa đến nút này: một tỉnh đã tham gia phải duyệt.',
    en: 'The federation key has not reached this node yet: an enrolled province must approve it.',
  },
  FEDERATION_KEY_EXISTS: { vi: 'Liên kết đã có khóa.', en: 'The federation has a key already.' },
  FEDERATION_KEY_PENDING: {
    vi: 'Thế hệ {generation} còn chờ trung tâm.',
    en: 'Generation {generation} still waits for the hub.',
  },
  FEDERATION_KEY_TAKEN: {
    vi: 'Tỉnh khác đã tạo thế hệ {generation}.',
    en: 'Another province has made generation {generation}.',
  },
  FEDERATION_KEY_CONFLICT: {
    vi: 'Có hai khóa khác nhau của thế hệ {generation}.',
    en: 'There are different keys of generation {generation}.',
  },
  FEDERATION_KEY_OLD: {
    vi: 'Khóa thuộc thế hệ cũ hơn các khóa đang giữ.',
    en: 'The key is of an older generation than those that are held.',
  },
  BAD_FEDERATION_KEYS: {
    vi: 'Tệp khóa liên kết không đúng. {errors}',
    en: 'The file of federation keys is not valid. {errors}',
  },
  BAD_FEDERATION_KEY: { vi: 'Khóa liên kết không đúng.', en: 'The federation key is not valid.' },
  APPROVAL_MALFORMED: { vi: 'Văn bản duyệt khóa sai định dạng.', en: 'The key approval is malformed.' },
  APPROVAL_BAD_SIGNATURE: {
    vi: 'Văn bản duyệt khóa không do tỉnh được nêu ký.',
    en: 'The key approval is not signed by the province that it names.',
  },
  WRAP_MALFORMED: { vi: 'Gói khóa sai định dạng.', en: 'The key wrap is malformed.' },
  WRAP_BAD_SIGNATURE: {
    vi: 'Gói khóa không do tỉnh được nêu ký.',
    en: 'The key wrap is not signed by the province that it names.',
  },
  WRAP_NOT_FOR_ME: { vi: 'Gói khóa dành cho nút khác.', en: 'The key wrap is for another node.' },
  WRAP_REDIRECTED: {
    vi: 'Gói khóa được làm cho tỉnh khác.',
    en: 'The key wrap was made for another province.',
  },
  WRAP_UNKNOWN_GIVER: {
    vi: 'Gói khóa do tỉnh không được trao khóa ký.',
    en: 'The key wrap is signed by a province that may not give keys.',
  },

  // Logs of the others.
  BAD_CHECKPOINT: { vi: 'Điểm kiểm tra không hợp lệ.', en: 'The checkpoint is not valid.' },
  NO_CONFLICT: {
    vi: 'Không có gì để chấp nhận: từ khi chạy, chương trình chưa từ chối nhật ký nào của {peer}.',
    en: 'Nothing to accept: no log of {peer} is refused since this program started.',
  },
  AUDIT_LOG_REWRITTEN: {
    vi: 'Nhật ký của tỉnh đã bị viết lại.',
    en: 'The log of the province was rewritten.',
  },
  AUDIT_LOG_TRUNCATED: { vi: 'Nhật ký của tỉnh bị cắt ngắn.', en: 'The log of the province was cut short.' },
  AUDIT_LOG_INCOMPLETE: { vi: 'Nhật ký được gửi không đầy đủ.', en: 'The log that was shown is incomplete.' },

  // The wire.
  CANCELLED: { vi: 'Đã hủy.', en: 'Cancelled.' },
  DEADLINE_EXCEEDED: { vi: 'Quá thời gian chờ trả lời.', en: 'The deadline passed before the answer.' },
  DEADLINE_REQUIRED: { vi: 'Cuộc gọi phải có thời hạn.', en: 'The call needs a deadline.' },
  SHUTTING_DOWN: { vi: 'Chương trình đang dừng.', en: 'The program is stopping.' },
  CHANNEL_CLOSED: { vi: 'Kết nối đã đóng.', en: 'The channel is closed.' },
  PEER_UNREACHABLE: { vi: 'Không kết nối được bên kia.', en: 'The other side cannot be reached.' },
  PEER_UNNAMED: {
    vi: 'Chứng chỉ không nêu chương trình nào của liên kết.',
    en: 'The certificate names no program of the federation.',
  },
  PEER_NOT_ALLOWED: { vi: 'Bên gọi không được gọi hàm này.', en: 'The caller may not call this method.' },
  AUTH_ROW_MISSING: { vi: 'Có hàm chưa quy định ai được gọi.', en: 'A method has no row in the auth table.' },
  MALFORMED_ANSWER: { vi: 'Trả lời sai định dạng.', en: 'The answer is malformed.' },
  MALFORMED_COLUMNS: { vi: 'Các cột sai định dạng. {errors}', en: 'The columns are malformed. {errors}' },
  MALFORMED_MESSAGE: { vi: 'Thông điệp sai định dạng.', en: 'The message is malformed.' },
  MESSAGE_TOO_LARGE: { vi: 'Thông điệp quá lớn.', en: 'The message is too large.' },
  ANSWER_TOO_LARGE: { vi: 'Trả lời quá lớn.', en: 'The answer is too large.' },
} as const satisfies Readonly<Record<string, Text>>;
