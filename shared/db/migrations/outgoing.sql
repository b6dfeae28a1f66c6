-- What leaves the program and must arrive (shared/outgoing): written by the transaction that is its reason.
-- Bodies hold ids and codes, no personal data. Items of one subject are sent in the order of their ids, which
-- is that of the commits. While somebody sends an item, `due_at` says until when it is theirs; `failure` is
-- the reason of the last one. Rows that have ended are deleted after 30 days.
CREATE TABLE outgoing (
  id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  channel text NOT NULL,
  key text NOT NULL,
  subject text NOT NULL,
  body jsonb NOT NULL,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'dead', 'discarded')),
  tries integer NOT NULL DEFAULT 0,
  failure text,
  created_at timestamptz(0) NOT NULL DEFAULT now(),
  due_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz(0),
  UNIQUE (channel, key),
  CHECK ((state = 'waiting') = (ended_at IS NULL))
);
CREATE INDEX outgoing_due ON outgoing (channel, due_at, id) WHERE state = 'waiting';
CREATE INDEX outgoing_in_order ON outgoing (channel, subject, id) WHERE state = 'waiting';
CREATE INDEX outgoing_dead ON outgoing (id) WHERE state = 'dead';
CREATE INDEX outgoing_ended ON outgoing (ended_at) WHERE ended_at IS NOT NULL;
