-- The key service's budgets (design.md 5), and provinces that a trace is recomputed without.

-- Set by the hub's operator; '*' stands for every province without a row of its own.
CREATE TABLE key_budgets (
  province text PRIMARY KEY,
  per_hour bigint NOT NULL CHECK (per_hour >= 0),
  per_day bigint NOT NULL CHECK (per_day >= 0),
  first_loading bigint NOT NULL CHECK (first_loading >= 0)
);

-- What a province has used of its first loading, once and for all; `key_evaluations` holds daily use.
CREATE TABLE first_loadings (
  province text PRIMARY KEY,
  evaluations bigint NOT NULL
);

-- Answers of `province` do not count in the trace; a row taken away makes them count again.
CREATE TABLE trace_exclusions (
  trace_id text NOT NULL REFERENCES traces,
  province text NOT NULL,
  reason text NOT NULL,
  PRIMARY KEY (trace_id, province)
);
