-- What is sealed of a record says for which identifiers and which ward it was sealed: whoever writes over
-- these in a row is noticed. Rows of before are sealed anew when the node next starts; no row is rewritten
-- here.
ALTER TABLE records ADD COLUMN bound boolean NOT NULL DEFAULT false;
ALTER TABLE records ALTER COLUMN bound SET DEFAULT true;
ALTER TABLE record_versions ADD COLUMN bound boolean NOT NULL DEFAULT false;
ALTER TABLE record_versions ALTER COLUMN bound SET DEFAULT true;
CREATE INDEX records_unbound ON records (id) WHERE NOT bound;
CREATE INDEX record_versions_unbound ON record_versions (id) WHERE NOT bound;
