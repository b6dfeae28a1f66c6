-- The hub's memory: openings, questions, answers and deliveries, in pseudonyms. Everything else is rebuilt
-- from them.

CREATE TABLE traces (
  id text PRIMARY KEY,
  -- Province that opened it.
  province text NOT NULL,
  opened_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz(0) NOT NULL,
  completed_at timestamptz,
  closed_at timestamptz
);
CREATE INDEX traces_open ON traces (opened_at) WHERE closed_at IS NULL;
CREATE INDEX traces_listed ON traces (opened_at DESC, id);

-- Revisions of a trace's opening with the hub's countersignature; the highest is in force.
CREATE TABLE openings (
  trace_id text NOT NULL REFERENCES traces,
  revision integer NOT NULL,
  opening text NOT NULL,
  countersignature text NOT NULL,
  accepted_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (trace_id, revision)
);

-- The append-only log of a trace's questions (encoded truyvet.v1.Question).
CREATE TABLE questions (
  trace_id text NOT NULL REFERENCES traces,
  seq integer NOT NULL,
  body bytea NOT NULL,
  asked_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (trace_id, seq)
);

-- The newest answer of each province to each question (encoded truyvet.v1.Answer).
CREATE TABLE answers (
  trace_id text NOT NULL,
  seq integer NOT NULL,
  province text NOT NULL,
  incarnation bigint NOT NULL,
  data_version bigint NOT NULL,
  -- The node has said that its data changed since, or has started anew.
  stale boolean NOT NULL DEFAULT false,
  body bytea NOT NULL,
  answered_at timestamptz(0) NOT NULL DEFAULT now(),
  PRIMARY KEY (trace_id, seq, province),
  FOREIGN KEY (trace_id, seq) REFERENCES questions
);
ALTER TABLE answers ALTER COLUMN body SET STORAGE EXTERNAL;

-- Contacts sent to the provinces responsible, in order (encoded truyvet.v1.AssignRequest without its
-- warrant).
CREATE TABLE deliveries (
  trace_id text NOT NULL REFERENCES traces,
  province text NOT NULL,
  seq integer NOT NULL,
  body bytea NOT NULL,
  acknowledged_at timestamptz(0),
  PRIMARY KEY (trace_id, province, seq)
);
ALTER TABLE deliveries ALTER COLUMN body SET STORAGE EXTERNAL;

-- What each province has said of itself last.
CREATE TABLE provinces (
  province text PRIMARY KEY,
  incarnation bigint NOT NULL DEFAULT 0,
  data_version bigint NOT NULL DEFAULT 0,
  data_at timestamptz(0),
  protocol integer NOT NULL DEFAULT 0,
  reported_at timestamptz(0)
);

-- Key service: blinded elements evaluated, by province and hour.
CREATE TABLE key_evaluations (
  province text NOT NULL,
  hour timestamptz(0) NOT NULL,
  evaluations bigint NOT NULL,
  PRIMARY KEY (province, hour)
);
