-- Versions for If-Match: of a request to join, of a membership, and of what people here decide on a trace
-- (who is left out).
ALTER TABLE enrolments ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE members ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE traces ADD COLUMN version integer NOT NULL DEFAULT 1;
