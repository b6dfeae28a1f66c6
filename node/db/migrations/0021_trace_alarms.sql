-- What the hub says that this province should look at in traces that it has opened: kept, so that an alarm is
-- put on record once and not with every report.
CREATE TABLE trace_alarms (
  trace_id text NOT NULL REFERENCES traces ON DELETE CASCADE,
  reason text NOT NULL,
  persons integer NOT NULL,
  heard_at timestamptz(0) NOT NULL DEFAULT now(),
  PRIMARY KEY (trace_id, reason)
);
