/**
 * What the command lines say about logs, keys, enrolment and the CA.
 */
import type { Text } from './text.ts';

export const CLI_FEDERATION_TEXTS = {
  audit: { vi: 'nhật ký kiểm tra', en: 'the audit log' },
  'audit.verify': {
    vi: 'tính lại toàn bộ nhật ký (DATABASE_URL); mã thoát 1 nếu có sai lệch',
    en: 'recompute the whole log (DATABASE_URL); exit code 1 at a fault',
  },
  'audit.held': {
    vi: 'tệp điểm kiểm tra của ta mà bên kia giữ',
    en: 'our checkpoints as the other side holds them',
  },
  'audit.checkpoints': {
    vi: 'điểm kiểm tra của một bên, để bên đó so bằng `audit verify --held`',
    en: 'what a peer signed, for its `audit verify --held`',
  },
  'audit.no_fault': { vi: 'không có sai lệch', en: 'no fault' },
  'audit.accept_restore': {
    vi: 'chấp nhận nhật ký đã phục hồi từ bản sao lưu, có ghi lại',
    en: 'accept a log that was restored, on the record',
  },
  'audit.only_node': { vi: 'chỉ tỉnh nhớ', en: 'only the province remembers it' },
  'audit.only_hub': { vi: 'chỉ trung tâm nhớ', en: 'only the hub remembers it' },
  'audit.lost': { vi: 'mất khi phục hồi, đã chấp nhận', en: 'lost in a restore that was accepted' },
  'audit.digests_differ': { vi: 'nội dung khác nhau', en: 'the questions differ' },
  'audit.only_hub_log': { vi: 'chỉ có trong nhật ký', en: 'only in the hub’s log' },
  'audit.only_hub_tables': { vi: 'không có trong nhật ký', en: 'not in the hub’s log' },
  'audit.reconcile': {
    vi: 'so câu hỏi với các tỉnh; mã thoát 1 nếu khác nhau',
    en: 'compare questions with the provinces; exit code 1 if they differ',
  },
  newcomers: {
    vi: 'các tỉnh chờ được duyệt, với dấu vân tay',
    en: 'provinces that wait for an approval, with their fingerprints',
  },
  'approve.province': {
    vi: 'duyệt một tỉnh sau khi so dấu vân tay qua điện thoại',
    en: 'approve a province after comparing fingerprints by telephone',
  },
  'approve.fingerprint': {
    vi: 'dấu vân tay tỉnh đó đọc lên',
    en: 'the fingerprint that the province has read out',
  },
  federation_key: { vi: 'khóa liên kết', en: 'the federation key' },
  'federation_key.show': {
    vi: 'các thế hệ khóa và tỉnh nào đang giữ',
    en: 'generations, and who holds them',
  },
  'federation_key.create': {
    vi: 'tạo khóa đầu tiên, chỉ ở nút đầu tiên',
    en: 'create the first key, at the first node only',
  },
  'federation_key.rotate': {
    vi: 'xoay khóa: tạo thế hệ kế tiếp và chuyển đi',
    en: 'make the next generation and pass it on',
  },
  'federation_key.at_once': {
    vi: 'dùng ngay, không chờ tỉnh chưa nhận',
    en: 'use it without waiting for those that lack it',
  },
  keys: { vi: 'khóa dữ liệu của các cột niêm phong', en: 'data keys of the sealed columns' },
  'keys.create': {
    vi: 'tạo tệp khóa đầu tiên (DATA_KEYS_FILE)',
    en: 'write a first key file (DATA_KEYS_FILE)',
  },
  'keys.rotate': {
    vi: 'thêm một thế hệ khóa; nút tự niêm phong lại',
    en: 'add a generation; the node re-seals by itself',
  },
  'keys.status': {
    vi: 'số dòng theo thế hệ khóa (DATABASE_URL)',
    en: 'rows by generation of keys (DATABASE_URL)',
  },
  'keys.current': { vi: 'đang dùng', en: 'current' },
  'keys.needed': { vi: 'còn cần', en: 'still needed' },
  enrol: {
    vi: 'tham gia liên kết theo lời mời; dừng giữa chừng rồi chạy lại được',
    en: 'join the federation by an invitation; may be interrupted and repeated',
  },
  'enrol.invitation_file': {
    vi: 'tệp lời mời, - là đầu vào chuẩn',
    en: 'file that holds the invitation, - for standard input',
  },
  'enrol.address': {
    vi: 'địa chỉ gRPC của nút này, như trung tâm gọi tới',
    en: 'gRPC address of this node, as the hub reaches it',
  },
  identity: { vi: 'dấu vân tay và chứng chỉ của nút', en: 'fingerprint and certificate of this node' },
  distrust: {
    vi: 'từ chối một chứng chỉ bị mất cắp của trung tâm',
    en: 'refuse a certificate of the hub that was stolen',
  },
  'distrust.done': {
    vi: 'một nút đang chạy sẽ thấy trong vài giây',
    en: 'a running node notices in seconds',
  },
  'enrol.waiting': { vi: 'chờ trung tâm chấp thuận', en: 'waiting for the hub’s operator' },
  invite: { vi: 'mời một tỉnh: in lời mời dùng một lần', en: 'print a one-time invitation for a province' },
  'invite.hours': { vi: 'hạn của lời mời, tính bằng giờ', en: 'hours for which it is good' },
  revoke: { vi: 'thu hồi một tỉnh: cắt ngay kết nối', en: 'revoke a province: its connections end at once' },
  'revoke.reason': { vi: 'lý do', en: 'why' },
  enrolments: { vi: 'các yêu cầu tham gia và gia hạn', en: 'requests to join and to renew' },
  'enrolments.export': { vi: 'tệp yêu cầu cho CA ngoại tuyến', en: 'the file that an offline CA signs' },
  'approve.enrolment': {
    vi: 'chấp thuận khi dấu vân tay hai bên khớp nhau',
    en: 'approve once both sides see the same fingerprint',
  },
  'approve.signed': { vi: 'tệp CA ngoại tuyến đã ký', en: 'what the offline CA has signed' },
  'approve.done': { vi: 'đã chấp thuận', en: 'approved' },
  reject: { vi: 'từ chối một yêu cầu', en: 'reject a request' },
  'reject.done': { vi: 'đã từ chối', en: 'rejected' },
  ca: { vi: 'CA của liên kết (có thể ngoại tuyến)', en: 'the federation CA (may be offline)' },
  'ca.create': {
    vi: 'tạo CA mới; khóa của nó không rời thư mục',
    en: 'make a CA; its key never leaves the directory',
  },
  'ca.sign': {
    vi: 'ký một yêu cầu (tệp) sau khi so dấu vân tay',
    en: 'sign a request (file) whose fingerprint was compared',
  },
  'ca.fingerprint': { vi: 'dấu vân tay đã so', en: 'the fingerprint, as it was compared' },
  'ca.days': { vi: 'hạn của chứng chỉ, tính bằng ngày', en: 'days for which the certificate is good' },
  'ca.state_oprf_key': {
    vi: 'ký giá trị kiểm tra của khóa OPRF (xem oprf-check), cho OPRF_STATEMENTS_FILE',
    en: 'state the check value of an OPRF key (see oprf-check), for OPRF_STATEMENTS_FILE',
  },
  'ca.generation': { vi: 'thế hệ của khóa', en: 'generation of the key' },
  oprf_check: {
    vi: 'in giá trị kiểm tra của khóa OPRF trong tệp',
    en: 'print the check value of the OPRF key in a file',
  },
  oprf: { vi: 'khóa của dịch vụ khóa: các thế hệ', en: 'the key service’s key: its generations' },
  'oprf.show': {
    vi: 'thế hệ đang dùng và tỉnh nào đã sẵn sàng',
    en: 'generations served, and which provinces answer in them',
  },
  'oprf.rotate': {
    vi: 'bắt đầu chuyển sang khóa kế tiếp trong OPRF_KEY_FILE',
    en: 'begin to move to the next key of OPRF_KEY_FILE',
  },
  'oprf.leave_behind': {
    vi: 'không chờ các tỉnh này (thay cho danh sách trước)',
    en: 'do not wait for these provinces (in place of those named before)',
  },
  'oprf.served': {
    vi: 'thế hệ đang phục vụ, thế hệ dùng cho truy vết mới ở cuối: {served}',
    en: 'served, the one that new traces use last: {served}',
  },
  'oprf.waits': { vi: 'chờ các tỉnh: {provinces}', en: 'waits for provinces: {provinces}' },
  'oprf.open': {
    vi: '{count} truy vết còn mở dưới thế hệ cũ',
    en: '{count} traces are open under the former one',
  },
  'ca.request_hub': {
    vi: 'tạo khóa của trung tâm và yêu cầu cho CA ngoại tuyến',
    en: 'make the hub’s keys and a request for an offline CA',
  },
  'ca.install_hub': {
    vi: 'nhận tệp CA ngoại tuyến đã ký; trung tâm đang chạy tự nhận ra',
    en: 'take over what an offline CA has signed; a running hub notices',
  },
  'ca.certificate': { vi: 'chứng chỉ của CA (ca.pem)', en: 'certificate of the CA (ca.pem)' },
  'ca.issue_hub': {
    vi: 'cấp hoặc gia hạn chứng chỉ của trung tâm, khi có CA tại chỗ',
    en: 'issue or renew the hub’s certificate, CA at hand',
  },
  'audit.none_lost': {
    vi: 'không mất mục nào trong {last} mục của nhật ký cũ; chấp nhận {at}, {by}, {reason}',
    en: 'none of the {last} entries of the old log are lost; accepted {at}, {by}, {reason}',
  },
  'audit.some_lost': {
    vi: 'mất các mục {first} đến {last} của nhật ký cũ; chấp nhận {at}, {by}, {reason}',
    en: 'entries {first} to {last} of the old log are lost; accepted {at}, {by}, {reason}',
  },
  'audit.entries': {
    vi: '{size} mục, {unplaced} mục chưa vào cây',
    en: '{size} entries, {unplaced} not in the tree yet',
  },
  'audit.compared': {
    vi: '{checkpoints} điểm kiểm tra, {held} do bên kia giữ',
    en: '{checkpoints} checkpoints, {held} from the other side',
  },
  'audit.foreign': {
    vi: '{foreign} điểm kiểm tra ký bằng khóa khác (khóa cũ?)',
    en: '{foreign} signed by another key (an earlier one?)',
  },
  'audit.fault_position': { vi: '{reason}: vị trí {position}', en: '{reason}: position {position}' },
  'audit.fault_entry': { vi: 'mục {entry}', en: 'entry {entry}' },
  'audit.fault_checkpoint': { vi: 'điểm kiểm tra {checkpoint}', en: 'checkpoint {checkpoint}' },
  'audit.evidence': {
    vi: '{peer}: giữ làm chứng {size} {root}',
    en: '{peer}: held as evidence {size} {root}',
  },
  'audit.continues': {
    vi: '{peer}: từ nay tiếp nối {size} {root}',
    en: '{peer}: from now on continues {size} {root}',
  },
  'approve.keys': {
    vi: 'đã duyệt tỉnh {province}, {keys} khóa',
    en: 'approved province {province}, {keys} keys',
  },
  'federation_key.giver': {
    vi: 'nhận từ tỉnh {province} ({fingerprint})',
    en: 'received from province {province} ({fingerprint})',
  },
  'federation_key.made': { vi: 'thế hệ {generation} ({state})', en: 'generation {generation} ({state})' },
  'federation_key.sent': { vi: 'gửi tới: {provinces}', en: 'sent to: {provinces}' },
  'federation_key.left_out': {
    vi: 'chưa được duyệt, không nhận: {provinces}',
    en: 'not approved, left out: {provinces}',
  },
  'keys.may_go': { vi: 'có thể bỏ ({since})', en: 'may leave the ring ({since})' },
  'keys.with_command': {
    vi: 'Khóa đến từ DATA_KEYS_COMMAND: thêm thế hệ mới ở dịch vụ quản lý khóa, giữ các thế hệ cũ.',
    en: 'The keys come from DATA_KEYS_COMMAND: add a new generation there and keep the old ones.',
  },
  'keys.make_current': {
    vi: 'Đặt "current" là thế hệ mới; nút đọc lại trong vòng một phút.',
    en: 'Make the new one "current"; the node reads it within a minute.',
  },
  'keys.created': {
    vi: 'Đã tạo thế hệ 1. Hãy sao lưu tệp khóa, ở nơi khác với cơ sở dữ liệu.',
    en: 'Generation 1 is made. Back the file up, apart from the database.',
  },
  'keys.rotated': {
    vi: 'Thế hệ {generation} có hiệu lực trong vài giây.',
    en: 'Generation {generation} takes effect within seconds.',
  },
  'keys.keep': {
    vi: 'Giữ các thế hệ cũ đến khi "keys status" báo có thể bỏ, và khi còn bản sao lưu cần chúng.',
    en: 'Keep the older ones until "keys status" says that they can go, and while backups need them.',
  },
  'enrol.done': {
    vi: 'tỉnh {province} đã tham gia, {directory}',
    en: 'province {province} is enrolled, {directory}',
  },
  'enrol.hub_away': { vi: 'trung tâm chưa trả lời ({reason})', en: 'the hub does not answer yet ({reason})' },
  'identity.fingerprint': { vi: 'dấu vân tay: {fingerprint}', en: 'fingerprint: {fingerprint}' },
  'identity.certificate': {
    vi: 'chứng chỉ: {serial}, đến {until}',
    en: 'certificate: {serial}, until {until}',
  },
  'invite.done': { vi: 'dùng một lần, đến {until}', en: 'once, until {until}' },
  'revoke.done': { vi: '{province}: đã thu hồi', en: '{province}: revoked' },
  'ca.province': { vi: 'tỉnh {province}', en: 'province {province}' },
  'ca.hub': { vi: 'trung tâm', en: 'hub' },
  'ca.until': { vi: 'trung tâm: đến {until}', en: 'hub: until {until}' },
} as const satisfies Readonly<Record<string, Text>>;
