-- Versions, for If-Match, of wholes that have no row of their own (budgets of the key service).
CREATE TABLE versions (
  name text PRIMARY KEY,
  version integer NOT NULL
);
