-- Who may see what lies where: cases belong to a ward, break-glass and service accounts are on record.

-- Where the case is handled; null = known to the province only.
ALTER TABLE cases ADD COLUMN ward text;
CREATE INDEX cases_by_ward ON cases (ward, created_at DESC, id DESC);

-- Withdrawn contacts too: a desk goes on seeing the traces that it had contacts of.
DROP INDEX contacts_by_ward;
CREATE INDEX contacts_by_ward ON contacts (trace_id, ward, contact_id);

-- Reading beyond the own area, for a while and with a reason. Rows stay; what was read is in the audit log.
CREATE TABLE break_glass (
  id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  -- What everybody calls it by.
  public_id uuid NOT NULL UNIQUE,
  subject text NOT NULL,
  -- Code of a district or ward, or of the province.
  area text NOT NULL,
  -- Free text: only supervisors read it, and it is in no log.
  reason text NOT NULL CHECK (length(reason) BETWEEN 10 AND 500),
  opened_at timestamptz(0) NOT NULL,
  ends_at timestamptz(0) NOT NULL
    CHECK (ends_at > opened_at AND ends_at <= opened_at + interval '180 minutes'),
  reviewed_at timestamptz(0),
  reviewed_by text,
  verdict text CHECK (verdict IN ('justified', 'unjustified')),
  CHECK ((reviewed_at IS NULL) = (reviewed_by IS NULL) AND (reviewed_at IS NULL) = (verdict IS NULL))
);
CREATE INDEX break_glass_subject ON break_glass (subject, ends_at);
CREATE INDEX break_glass_newest ON break_glass (opened_at DESC, public_id DESC);

-- Programs of integrators. The key itself is shown once and stored nowhere.
CREATE TABLE service_accounts (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  -- SHA-256 of the key, which has 256 random bits of its own.
  key_sha256 bytea NOT NULL UNIQUE CHECK (length(key_sha256) = 32),
  -- Access groups (shared/auth/access.ts).
  scopes text[] NOT NULL,
  created_by text NOT NULL,
  created_at timestamptz(0) NOT NULL,
  expires_at timestamptz(0),
  revoked_at timestamptz(0)
);
CREATE INDEX service_accounts_newest ON service_accounts (created_at DESC, id DESC);

-- The log is asked who did something, and what was done under a trace (shared/audit/entries.ts).
CREATE INDEX audit_records_actor ON audit_records ((body::jsonb #>> '{actor,id}'), id);
CREATE INDEX audit_records_trace ON audit_records ((body::jsonb ->> 'trace'), id);
