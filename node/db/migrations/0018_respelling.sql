-- Identifiers that were stored under a spelling of before (phones of before 2018, whole insurance cards, CMND
-- of 12 digits) are sealed: the program spells them anew when it starts, by ascending id. What is stored from
-- now on is spelled right.
CREATE TABLE identifier_respelling (
  done_until integer NOT NULL DEFAULT 0,
  last_id integer NOT NULL
);
-- The one row that there is.
INSERT INTO identifier_respelling (last_id) SELECT coalesce(max(id), 0) FROM identifiers;
