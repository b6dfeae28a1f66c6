-- Versions of what can be changed, for If-Match; and of wholes that have no row of their own (budgets).
ALTER TABLE cases ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE service_accounts ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE break_glass ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE traces ADD COLUMN version integer NOT NULL DEFAULT 1;

CREATE TABLE versions (
  name text PRIMARY KEY,
  version integer NOT NULL
);
