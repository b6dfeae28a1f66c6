-- How far follow-ups have been planned anew under a pack that has come into force: by ascending id, so that
-- what a stop interrupts goes on where it was. Follow-ups of before are planned under theirs already.
CREATE TABLE follow_up_replans (
  pack integer PRIMARY KEY,
  last_id integer NOT NULL DEFAULT 0,
  done_at bigint
);
