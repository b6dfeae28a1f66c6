-- Who belongs to the federation, how they came in, and what was certified. No personal data of citizens;
-- `made_by` and `decided_by` are subjects of the hub's own staff.

-- Enrolled provinces: where their nodes listen, and their keys as the federation CA states them.
CREATE TABLE members (
  province text PRIMARY KEY,
  address text NOT NULL,
  -- Compact JWS of the CA (shared/auth/province-statement.ts), and its `issued_at`.
  statement text NOT NULL,
  stated_at timestamptz(0) NOT NULL,
  enrolled_at timestamptz(0) NOT NULL DEFAULT now(),
  revoked_at timestamptz,
  revoked_because text,
  -- Nodes ask again when the newest of these moves.
  changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- One-time invitations; the secret itself is only in the invitation's text.
CREATE TABLE invitations (
  id uuid PRIMARY KEY,
  province text NOT NULL,
  secret_sha256 bytea NOT NULL,
  made_by text NOT NULL,
  made_at timestamptz(0) NOT NULL,
  expires_at timestamptz(0) NOT NULL
);

-- Requests for a certificate, of newcomers and (renewals) of members whose CA is offline.
CREATE TABLE enrolments (
  id uuid PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('joining', 'renewal')),
  -- An invitation serves one request.
  invitation_id uuid UNIQUE REFERENCES invitations,
  province text NOT NULL,
  address text NOT NULL,
  -- Exactly as sent: compact JWS of the newcomer's opening key.
  request text NOT NULL,
  fingerprint text NOT NULL,
  requested_at timestamptz(0) NOT NULL,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'approved', 'rejected')),
  decided_at timestamptz(0),
  decided_by text,
  -- What the CA made of it: PEM, and the statement (joining only).
  certificate text,
  statement text
);
CREATE UNIQUE INDEX enrolments_renewal ON enrolments (province) WHERE kind = 'renewal' AND state = 'pending';
CREATE INDEX enrolments_listed ON enrolments (requested_at DESC, id);

-- Certificates issued to nodes.
CREATE TABLE certificates (
  -- Lower-case hex without leading zeros.
  serial text PRIMARY KEY,
  province text NOT NULL,
  certificate text NOT NULL,
  not_after timestamptz(0) NOT NULL,
  issued_at timestamptz(0) NOT NULL,
  revoked_at timestamptz(0)
);
CREATE INDEX certificates_of ON certificates (province, not_after DESC);
