-- What entries are about (`on`, shared/audit/subjects.ts): "who read what about this case". Derived from the
-- text that is hashed, so that nobody can keep an entry out of it. A GIN index and no table of its own: one
-- subject costs 0.02 ms of processor time, a hundred 0.1 ms, where rows of a table cost 0.03 and 0.6 ms.
CREATE INDEX audit_records_on ON audit_records USING gin ((body::jsonb -> 'on') jsonb_path_ops);

-- Entries of before name one trace, and no later one does.
DROP INDEX audit_records_trace;
CREATE INDEX audit_records_trace ON audit_records ((body::jsonb ->> 'trace'), id)
  WHERE body::jsonb ->> 'trace' IS NOT NULL;
