-- What traces have asked this node, and how much each province may have asked (design.md 5).
DO $$ BEGIN
  IF EXISTS (SELECT FROM answered_questions) THEN
    RAISE EXCEPTION 'answered_questions: its rows lack the digests of the questions; empty it by hand '
      'once no trace is open';
  END IF;
END $$;
DROP TABLE answered_questions;

-- A number keeps its question, and is counted once however often it is answered. Sizes are in the audit log.
CREATE TABLE answered_questions (
  trace_id text NOT NULL,
  seq integer NOT NULL,
  question_sha256 bytea NOT NULL,
  answers integer NOT NULL DEFAULT 1,
  PRIMARY KEY (trace_id, seq)
);

-- What has been asked in all: of a trace, and by the hour and day of a province that opens traces.
CREATE TABLE asked_counts (
  holder text NOT NULL,
  period text NOT NULL CHECK (period IN ('trace', 'hour', 'day')),
  began_at bigint NOT NULL,
  questions bigint NOT NULL,
  persons bigint NOT NULL,
  PRIMARY KEY (holder, period, began_at)
);

-- Set by the operator; '*' stands for every province without a row of its own.
CREATE TABLE budgets (
  province text PRIMARY KEY,
  questions_per_hour bigint NOT NULL CHECK (questions_per_hour >= 0),
  persons_per_hour bigint NOT NULL CHECK (persons_per_hour >= 0),
  questions_per_day bigint NOT NULL CHECK (questions_per_day >= 0),
  persons_per_day bigint NOT NULL CHECK (persons_per_day >= 0)
);
