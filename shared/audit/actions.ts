/**
 * Everything that the audit log knows, as a closed list: what is done to people's data, to keys, to rules and
 * to rights. One word pair an action, `what.done`; the list only grows.
 */
export const AUDIT_ACTIONS = [
  // People's data, by people and integrators.
  'access.refused',
  'cases.entered',
  'cases.read',
  'cases.corrected',
  'traces.opened',
  'traces.read',
  'traces.closed',
  'contacts.read',
  'contacts.exported',
  'imports.stored',
  'break_glass.opened',
  'break_glass.read',
  'break_glass.reviewed',
  'service_accounts.created',
  'service_accounts.read',
  'service_accounts.revoked',
  'audit.read',
  'graph.read',
  // Keys of this program's own data.
  'data_keys.rotated',
  'data_keys.retired',
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
  'traces.amended',
  'openings.refused',
  'rules.changed',
  'rules.refused',
  // Who belongs to the federation.
  'invitation.made',
  'enrolment.requested',
  'enrolment.approved',
  'enrolment.rejected',
  'certificate.issued',
  'certificate.renewed',
  'province.revoked',
  'statement.accepted',
  'statement.refused',
  'checkpoint.refused',
  'audit.reconciled',
  'audit.restore_accepted',
  // By operators.
  'budgets.changed',
  'exclusions.changed',
  // The federation key.
  'federation_key.created',
  'federation_key.approved',
  'federation_key.received',
  'federation_key.rotated',
  'federation_key.forgotten',
] as const;

export type AuditAction = (typeof AUDIT_ACTIONS)[number];
