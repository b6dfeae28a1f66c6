-- What in an open trace the hub's operators and those of its province should look at: how many of its
-- contacts rest on its word alone, or are claimed by several. One row a reason while it holds; that
-- it was raised stands in the audit log.
CREATE TABLE trace_alarms (
  trace_id text NOT NULL REFERENCES traces ON DELETE CASCADE,
  reason text NOT NULL,
  persons integer NOT NULL CHECK (persons > 0),
  raised_at timestamptz(0) NOT NULL DEFAULT now(),
  PRIMARY KEY (trace_id, reason)
);
