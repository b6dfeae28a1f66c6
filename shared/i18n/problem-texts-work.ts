/**
 * Why the work of a desk was refused: cases, traces, accounts, break-glass, rules, and what provinces ask
 * each other. Whole sentences.
 */
import type { Text } from './text.ts';

export const WORK_TEXTS = {
  WRONG_STATE: {
    vi: 'Không làm được việc này ở trạng thái hiện tại.',
    en: 'This cannot be done in the present state.',
  },

  // Records, cases and traces.
  NO_SUCH_RECORD: { vi: 'Không có hồ sơ này ở đây.', en: 'There is no such record here.' },
  RECORD_RETRACTED: { vi: 'Hồ sơ đã được rút.', en: 'The record was withdrawn.' },
  RECORD_NOT_WAITING: { vi: 'Hồ sơ này không chờ xác nhận.', en: 'The record does not wait.' },
  RECORD_OF_CASE: {
    vi: 'Hồ sơ này là của một ca bệnh: hãy sửa hoặc rút ca bệnh.',
    en: 'The record is that of a case: correct or withdraw the case.',
  },
  NO_SUCH_CASE: { vi: 'Không có ca bệnh này ở đây. {errors}', en: 'There is no such case here. {errors}' },
  CASE_WITHDRAWN: { vi: 'Ca bệnh đã được rút lại. {errors}', en: 'The case was withdrawn. {errors}' },
  NO_SUCH_TRACE: { vi: 'Không có truy vết này ở đây.', en: 'There is no such trace here.' },
  TRACE_UNKNOWN: { vi: 'Không có truy vết này.', en: 'There is no such trace.' },
  CONTACT_UNKNOWN: {
    vi: 'Không có người tiếp xúc này ở tỉnh.',
    en: 'There is no such contact at this province.',
  },
  TRACE_CLOSED: { vi: 'Truy vết đã đóng.', en: 'The trace is closed.' },
  TRACE_UNREADABLE: {
    vi: 'Dữ liệu đã lưu của truy vết không đọc được; trung tâm cần xem lại.',
    en: 'What is stored of the trace cannot be read; the hub has to look into it.',
  },
  TRACE_DELAYED: {
    vi: 'Trung tâm chưa xử lý tiếp được truy vết; sẽ tự thử lại.',
    en: 'The hub cannot go on with the trace at present; it tries again by itself.',
  },
  INDEX_WINDOW_EMPTY: {
    vi: 'Một ca chỉ điểm không có thời gian lây nhiễm nào để truy vết: nó không cho người tiếp xúc nào.',
    en: 'An index case has no infectious window: it gives no contacts.',
  },
  CONTACTS_UNKNOWN_ELSEWHERE: {
    vi: 'Phần lớn người tiếp xúc chỉ do tỉnh mở truy vết thấy, không sống ở đó và không tỉnh nào khác biết.',
    en: 'Most contacts were seen by the opening province alone, live elsewhere and nobody else knows them.',
  },
  MANY_ASKED_AT_ONCE: {
    vi: 'Truy vết hỏi cùng lúc về nhiều người mà chỉ tỉnh mở truy vết thấy và không sống ở đó.',
    en: 'The trace asks at once about many people whom the opening province alone saw, not living there.',
  },
  UNKNOWN_IN_MANY_TRACES: {
    vi: 'Trong một ngày, nhiều truy vết của tỉnh gồm phần lớn người tiếp xúc mà không tỉnh nào khác biết.',
    en: 'In a day, traces of the province have mostly contacts whom no other province knows.',
  },
  RESIDENCE_CONFLICT: {
    vi: 'Có người tiếp xúc được nhiều tỉnh nhận là cư dân của mình.',
    en: 'Several provinces claim a contact as their resident.',
  },
  NAMES_OVER_BUDGET: {
    vi: 'Tỉnh đưa vào truy vết quá nhiều người: câu trả lời của tỉnh không được tính.',
    en: 'The province brought too many names into the trace: its answers do not count.',
  },
  INDEX_UNKNOWN_ANYWHERE: {
    vi: 'Ngoài ca chỉ điểm, chưa tỉnh nào đã trả lời biết một định danh của nó: rất có thể gõ nhầm.',
    en: 'No province that has answered knows an identifier of an index case: a slip, most likely.',
  },
  ANSWER_SET_ASIDE: {
    vi: 'Câu trả lời của tỉnh rất lớn: được tính sau khi có kết quả của các tỉnh khác.',
    en: 'An answer of the province is very large: it is counted after the result of the others is out.',
  },
  INDEX_UNKNOWN: {
    vi: 'Ngoài ca chỉ điểm, chưa ai ở tỉnh này biết một định danh của nó: có thể gõ nhầm.',
    en: 'Nobody in this province knows an identifier of an index case but the case: a slip, perhaps.',
  },
  PROTOCOL_OLDER: {
    vi: 'Tỉnh dùng phiên bản cũ: có thể còn thiếu việc phân biệt người dùng chung điện thoại.',
    en: 'The province runs an older version: who shares a phone there may not be told apart.',
  },
  TOO_MANY_OPEN_TRACES: {
    vi: 'Tỉnh đã có {most} truy vết đang mở; hãy đóng bớt.',
    en: 'The province has {most} open traces; close some first.',
  },
  CASES_OUTSIDE_AREA: {
    vi: 'Truy vết này bắt đầu từ ca bệnh ngoài địa bàn của bạn.',
    en: 'The trace starts from cases outside your area.',
  },
  NOT_THE_OWNER: { vi: 'Truy vết này do nơi khác mở.', en: 'The trace was opened elsewhere.' },
  INVALID_CURSOR: {
    vi: 'Con trỏ trang không thuộc danh sách này với các bộ lọc này.',
    en: 'The cursor is not one of this list with these filters.',
  },
  VERSION_CHANGED: {
    vi: 'Trong lúc đó đã có người sửa: xem lại rồi sửa tiếp.',
    en: 'Somebody has changed it meanwhile: look again before you change it.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    vi: 'Khóa chống lặp đã dùng cho một yêu cầu khác.',
    en: 'The idempotency key was used for another request.',
  },
  HUB_UNREACHABLE: {
    vi: 'Không kết nối được trung tâm; hãy thử lại sau.',
    en: 'The hub cannot be reached; try again later.',
  },
  EMPTY_STATUS: { vi: 'Trung tâm không gửi trạng thái.', en: 'The hub sent no status.' },
  TOKENS_PENDING: {
    vi: 'Định danh còn chờ dịch vụ khóa; sẽ tự tiếp tục.',
    en: 'Identifiers wait for the key service; this goes on by itself.',
  },
  OPRF_KEY_CHANGED: {
    vi: 'Dịch vụ khóa của trung tâm dùng khóa khác với khóa đã ghim; không trả lời trung tâm.',
    en: 'The hub’s key service has another key than the pinned one; the hub is refused.',
  },
  IDENTIFIERS_LOCKED: {
    vi: '{locked} định danh đang được xử lý ở nơi khác.',
    en: '{locked} identifiers are locked by another transaction.',
  },

  // Follow-ups and tasks.
  NO_SUCH_FOLLOW_UP: {
    vi: 'Không có hồ sơ theo dõi này ở đây.',
    en: 'There is no such follow-up here.',
  },
  NO_SUCH_TASK: { vi: 'Không có việc này ở đây.', en: 'There is no such task here.' },
  TASK_TAKEN: { vi: 'Người khác đang làm việc này.', en: 'Somebody else has the task.' },
  TASK_OF_CALL: {
    vi: 'Việc gọi hay thăm xong bằng kết quả của nó.',
    en: 'A call or a visit ends by its outcome.',
  },
  NOT_A_CALL: { vi: 'Việc này không phải gọi hay thăm.', en: 'The task is no call and no visit.' },
  RELEASE_NOT_MET: {
    vi: 'Chưa đủ điều kiện kết thúc: ngày, xét nghiệm hoặc triệu chứng.',
    en: 'What ending asks for is not met: days, tests or symptoms.',
  },
  ATTEMPTS_MISSING: {
    vi: 'Chưa gọi đủ số lần, hoặc chưa đủ số ngày, để coi là mất dấu.',
    en: 'Not tried often enough, or on too few days, to be given up as lost.',
  },
  PLAN_QUARANTINES: {
    vi: 'Kế hoạch yêu cầu cách ly: chỉ dịch tễ viên được miễn.',
    en: 'The plan asks for quarantine: only an epidemiologist exempts from it.',
  },

  // The desk.
  NO_SUCH_BREAK_GLASS: {
    vi: 'Không có lần mở quyền khẩn cấp này.',
    en: 'There is no such break-glass here.',
  },
  ALREADY_IN_AREA: { vi: 'Địa bàn này đã thuộc quyền của bạn.', en: 'The area lies in your own already.' },
  TOO_MANY_OPEN: {
    vi: 'Bạn đang mở quyền khẩn cấp quá nhiều lần; hãy chờ hết hạn.',
    en: 'Too many of yours are open already; wait until one ends.',
  },
  OWN_BREAK_GLASS: {
    vi: 'Không ai được tự xét lần mở quyền của mình.',
    en: 'Nobody reviews their own break-glass.',
  },
  NO_SUCH_ACCOUNT: { vi: 'Không có tài khoản dịch vụ này.', en: 'There is no such service account here.' },
  NO_SUCH_ITEM: { vi: 'Không có mục gửi đi này.', en: 'There is no such outgoing item here.' },

  // Rules.
  NO_RULES: {
    vi: 'Chưa nhận được quy tắc nào từ trung tâm.',
    en: 'No rules have come from the hub yet.',
  },
  NO_RULES_IN_FORCE: {
    vi: 'Chưa có quy tắc nào của trung tâm đang có hiệu lực.',
    en: 'No rules of the national centre are in force here.',
  },
  RULES_UNKNOWN: { vi: 'Không có bộ quy tắc số {number}.', en: 'There is no rule pack {number}.' },
  RULES_REPLACED: {
    vi: 'Bộ quy tắc số {number} đã có với nội dung khác.',
    en: 'Rule pack {number} is known with other content.',
  },
  RULES_SUPERSEDED: {
    vi: 'Bộ quy tắc số {number} không có hiệu lực lúc mở truy vết.',
    en: 'Rule pack {number} was not in force when the trace was opened.',
  },
  RULES_BAD_SIGNATURE: {
    vi: 'Bộ quy tắc không do trung tâm ký.',
    en: 'The rules are not signed by the hub.',
  },
  BAD_RULES: { vi: 'Bộ quy tắc chưa đúng. {errors}', en: 'The rule pack is not valid. {errors}' },
  DEGREE_TOO_HIGH: {
    vi: 'Quy tắc chỉ cho truy vết đến bậc {most}.',
    en: 'The rules allow degree {most} at most.',
  },
  OPEN_TOO_LONG: {
    vi: 'Quy tắc chỉ cho truy vết mở {most} ngày.',
    en: 'The rules keep a trace open for {most} days at most.',
  },
  AS_OF_IN_FUTURE: {
    vi: 'Truy vết hỏi về lúc chưa tới.',
    en: 'The trace asks about instants that are still to come.',
  },
  WINDOW_TOO_EARLY: {
    vi: 'Khoảng thời gian của ca chỉ điểm bắt đầu sớm hơn {most} ngày được lưu.',
    en: 'A window of an index case begins before the {most} days that are kept.',
  },
  WINDOW_TOO_LATE: {
    vi: 'Khoảng thời gian của ca chỉ điểm kết thúc sau thời điểm truy vết.',
    en: 'A window of an index case ends after the instant of the trace.',
  },
  WINDOW_TOO_WIDE: {
    vi: 'Khoảng tìm nguồn lây rộng hơn quy tắc cho phép.',
    en: 'The windows reach further back than the rules look for a source.',
  },
  CASE_WINDOWS_DIFFER: {
    vi: 'Một ca chỉ điểm có nhiều khoảng thời gian khác nhau.',
    en: 'An index case has several windows.',
  },
  CASE_TOO_MANY_IDENTIFIERS: {
    vi: 'Một ca chỉ điểm nêu hơn {most} mã định danh.',
    en: 'An index case names more than {most} identifiers.',
  },
  CASE_NAMES_TWICE: {
    vi: 'Một ca chỉ điểm nêu một mã định danh hai lần.',
    en: 'An index case names an identifier twice.',
  },

  // What the hub and provinces ask each other.
  NO_WARRANT: { vi: 'Chưa có lệnh truy vết.', en: 'There is no warrant yet.' },
  WARRANT_MALFORMED: {
    vi: 'Lệnh truy vết sai định dạng. {errors}',
    en: 'The warrant is malformed. {errors}',
  },
  WARRANT_BAD_SIGNATURE: { vi: 'Lệnh truy vết có chữ ký sai.', en: 'The warrant has a bad signature.' },
  WARRANT_MISMATCH: {
    vi: 'Lệnh truy vết dành cho truy vết khác. {errors}',
    en: 'The warrant is for another trace. {errors}',
  },
  WARRANT_EXPIRED: { vi: 'Lệnh truy vết đã hết hạn.', en: 'The warrant has expired.' },
  OPENING_MALFORMED: {
    vi: 'Văn bản mở truy vết sai định dạng. {errors}',
    en: 'The opening is malformed. {errors}',
  },
  OPENING_BAD_SIGNATURE: { vi: 'Văn bản mở truy vết có chữ ký sai.', en: 'The opening has a bad signature.' },
  OPENING_EXPIRED: { vi: 'Văn bản mở truy vết đã hết hạn.', en: 'The opening has expired.' },
  OPENING_NOT_YOURS: { vi: 'Truy vết do tỉnh khác mở.', en: 'The trace was opened by another province.' },
  OPENING_REPLAYED: {
    vi: 'Truy vết đã có văn bản mở khác.',
    en: 'The trace has another opening already.',
  },
  OPENING_ALTERED: {
    vi: 'Bản sửa đổi hỏi điều khác với truy vết đã mở.',
    en: 'An amendment asks another question than the trace.',
  },
  OPENING_UNKNOWN_PROVINCE: {
    vi: 'Chưa có khóa của tỉnh đã mở truy vết.',
    en: 'No key of the province that opened the trace is known.',
  },
  OPENING_WRONG_PROVINCE: {
    vi: 'Văn bản mở truy vết do tỉnh khác ký.',
    en: 'The opening is signed by another province.',
  },
  QUESTION_OUTSIDE_OPENING: {
    vi: 'Câu hỏi vượt quá phạm vi truy vết.',
    en: 'The question lies outside of the opening.',
  },
  QUESTION_REPLACED: {
    vi: 'Số của câu hỏi đã dùng cho câu hỏi khác.',
    en: 'The number of the question was given to another one.',
  },
  QUESTION_TOO_LARGE: { vi: 'Câu hỏi quá lớn. {errors}', en: 'The question is too large. {errors}' },
  TRACE_BUDGET: {
    vi: 'Truy vết đã hỏi nhiều hơn lệnh cho phép.',
    en: 'The trace has asked more than its warrant allows.',
  },
  PROVINCE_BUDGET: {
    vi: 'Tỉnh {province} đã dùng hết hạn mức ở nút này: {limit}.',
    en: 'The budget of province {province} at this node is used up: {limit}.',
  },
  PROVINCE_REVOKED: { vi: 'Tỉnh đã mở truy vết bị thu hồi.', en: 'The province of the trace is revoked.' },
  DELIVERY_GAP: { vi: 'Một lần giao chưa được ghi nhận.', en: 'A delivery was not applied.' },
  KEY_GENERATION_MISMATCH: {
    vi: 'Không phải mọi mã đều thuộc thế hệ {generation} của dịch vụ khóa.',
    en: 'Not all tokens are of generation {generation} of the key of the key service.',
  },
  TOKENS_ROTATED: {
    vi: 'Khóa của dịch vụ khóa đang được thay; sẽ thử lại.',
    en: 'The key of the key service is being changed; this is tried again.',
  },
  KEY_GENERATION_RETIRED: {
    vi: 'Thế hệ {generation} của khóa dịch vụ khóa không còn được dùng.',
    en: 'Generation {generation} of the key of the key service is not served.',
  },
  KEY_BUDGET: {
    vi: 'Đã dùng hết hạn mức của dịch vụ khóa.',
    en: 'The budget of the key service is used up.',
  },
} as const satisfies Readonly<Record<string, Text>>;
