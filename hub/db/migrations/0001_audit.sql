-- The audit log: entries are only ever added, in the transaction of what they record.
CREATE TABLE audit_records (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Transaction that wrote it: what is older than every running one is complete, and can be put in order.
  xact xid8 NOT NULL DEFAULT pg_current_xact_id(),
  -- The exact JSON text that is hashed (shared/audit/record.ts).
  body text NOT NULL
);
CREATE INDEX audit_records_xact ON audit_records (xact, id);
