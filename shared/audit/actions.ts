/**
 * What a program writes into the audit log by itself, as a closed list: what other programs ask of it, what
 * it does to keys, rules and rights. One word pair an action, `what.done`; the list only grows. What people
 * and their programs do has its word in the act's row (each feature's acts.ts).
 */
export const AUDIT_ACTIONS = [
  // A caller who was turned away at the door.
  'access.refused',
  // Keys of this program's own data.
  'data_keys.rotated',
  'data_keys.retired',
  'identifiers.respelled',
  // What was kept long enough.
  'weeks.erased',
  'traces.erased',
  'records.erased',
  'identifiers.erased',
  'households.erased',
  // Between programs.
  'warrant.admitted',
  'warrant.refused',
  'question.answered',
  'question.refused',
  'delivery.applied',
  'delivery.refused',
  'keys.evaluated',
  'keys.refused',
  'questions.asked',
  'traces.opened',
  'traces.closed',
  'traces.amended',
  'traces.alarmed',
  'traces.excluded',
  'contacts.taken_over',
  'openings.refused',
  'rules.changed',
  'rules.refused',
  // Who belongs to the federation.
  'enrolment.requested',
  'certificate.issued',
  'certificate.renewed',
  'statement.accepted',
  'statement.refused',
  'province.revoked',
  'checkpoint.refused',
  'audit.reconciled',
  // The key service's key, and the federation key.
  'oprf_key.pinned',
  'oprf_key.used',
  'oprf_key.retired',
  'federation_key.created',
  'federation_key.rotated',
  'federation_key.approved',
  'federation_key.received',
  'federation_key.forgotten',
] as const;

export type AuditAction = (typeof AUDIT_ACTIONS)[number];
