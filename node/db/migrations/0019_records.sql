-- What this province wrote down about one person, and from where. Links are what standing records name
-- together, nothing else; a record that is corrected or withdrawn takes what it linked with it.
CREATE TABLE records (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Who wrote it, see node/records/people/rules.ts.
  source smallint NOT NULL,
  -- What the source knows it by: a number of its own, or the HMAC of a text under `record_secret`.
  source_key bytea NOT NULL CHECK (length(source_key) BETWEEN 1 AND 32),
  identifier_ids integer[] NOT NULL CHECK (cardinality(identifier_ids) BETWEEN 1 AND 20),
  -- JSON: what names the person, and what was stated of birth and sex.
  person_sealed bytea,
  -- By which two records of one handle are compared: both or neither.
  sex text CHECK (sex IN ('male', 'female', 'other')),
  birth_year smallint,
  province text,
  ward text,
  household_id integer REFERENCES households,
  -- Who of its identifiers lives in the household.
  principal_id integer REFERENCES identifiers,
  -- When it was written last, epoch seconds.
  at bigint NOT NULL,
  retracted_at bigint,
  version integer NOT NULL DEFAULT 1,
  -- 0 = came from the tables of before, and is completed when the node starts with its keys.
  key_generation integer NOT NULL,
  CHECK ((sex IS NULL) = (birth_year IS NULL)),
  CHECK ((household_id IS NULL) = (principal_id IS NULL))
);
CREATE UNIQUE INDEX records_standing ON records (source, source_key) WHERE retracted_at IS NULL;
CREATE INDEX records_household ON records (household_id)
  WHERE household_id IS NOT NULL AND retracted_at IS NULL;
CREATE INDEX records_to_complete ON records (id) WHERE key_generation = 0;

-- Whose word on who somebody is counts more: case, lab, declaration, import, others.
CREATE FUNCTION record_rank(source smallint) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE source WHEN 2 THEN 0 WHEN 4 THEN 1 WHEN 3 THEN 2 WHEN 1 THEN 3 ELSE 4 END;

-- Withdrawn records stay found by what they named.
CREATE TABLE record_identifiers (
  identifier_id integer NOT NULL REFERENCES identifiers,
  record_id bigint NOT NULL REFERENCES records,
  position smallint NOT NULL,
  PRIMARY KEY (identifier_id, record_id)
);
CREATE INDEX record_identifiers_record ON record_identifiers (record_id);

-- What a record said before it was replaced.
CREATE TABLE record_versions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  record_id bigint NOT NULL REFERENCES records,
  version integer NOT NULL,
  identifier_ids integer[] NOT NULL,
  person_sealed bytea,
  sex text,
  birth_year smallint,
  province text,
  ward text,
  household_id integer,
  at bigint NOT NULL,
  key_generation integer NOT NULL,
  UNIQUE (record_id, version)
);

-- Keys of records are HMACs under it: they stay the same when the data keys are rotated.
CREATE TABLE record_secret (
  id integer PRIMARY KEY CHECK (id = 1),
  value_sealed bytea NOT NULL,
  key_generation integer NOT NULL
);

-- 1 cccd, 2 cmnd, 3 passport, 4 insurance, 5 phone, 6 app; 0 = not looked at since this column is there.
ALTER TABLE identifiers ADD COLUMN kind smallint NOT NULL DEFAULT 0 CHECK (kind BETWEEN 0 AND 6);
UPDATE identifiers SET kind = 1 WHERE is_cccd;
ALTER TABLE identifiers ALTER COLUMN kind DROP DEFAULT, DROP COLUMN is_cccd;
CREATE INDEX identifiers_of_no_kind ON identifiers (id) WHERE kind = 0;

-- What was there stays linked, resident, housed and named as it was, and no more: a pair of links is a record
-- of two, what is known of a person one record for each of its identifiers (those of a person who had grown
-- together over a phone were never named by one record).
INSERT INTO records (source, source_key, identifier_ids, at, key_generation)
SELECT 99, 'l'::bytea || int4send(identifier_a) || int4send(identifier_b), ARRAY[identifier_a, identifier_b],
  0, 0
FROM links l
-- A record names one citizen id at most; two that are linked fall apart anyway.
WHERE NOT (SELECT bool_and(kind = 1) FROM identifiers i WHERE i.id IN (l.identifier_a, l.identifier_b))
ORDER BY identifier_a, identifier_b;

INSERT INTO records (source, source_key, identifier_ids, province, ward, at, key_generation)
SELECT 99, 'p'::bytea || int4send(h.person_id) || int4send(h.identifier_id), ARRAY[h.identifier_id],
  p.province, p.ward, 0, 0
FROM people_identifiers h JOIN people p ON p.id = h.person_id ORDER BY h.since DESC;

INSERT INTO records (source, source_key, identifier_ids, household_id, principal_id, at, key_generation)
SELECT 99, 'h'::bytea || int4send(household_id) || int4send(id), ARRAY[id], household_id, id, 0, 0
FROM identifiers WHERE household_id IS NOT NULL ORDER BY id;

INSERT INTO records (source, source_key, identifier_ids, ward, at, key_generation)
SELECT 2, uuid_send(c.id), ids.named, c.ward, extract(epoch FROM c.changed_at)::bigint, 0
FROM cases c CROSS JOIN LATERAL (
  SELECT array_agg(identifier_id ORDER BY position) AS named FROM case_identifiers WHERE case_id = c.id
) ids
WHERE c.withdrawn_at IS NULL AND cardinality(ids.named) BETWEEN 1 AND 20 ORDER BY c.created_at, c.id;

INSERT INTO record_identifiers (identifier_id, record_id, position)
SELECT named.id, r.id, named.position - 1
FROM records r CROSS JOIN LATERAL unnest(r.identifier_ids) WITH ORDINALITY named (id, position);

DROP TABLE links;
DROP TABLE people_identifiers;
ALTER TABLE identifiers DROP COLUMN household_id;

-- An assumed stay is ended by the next check-in of its identifier, at whatever place.
UPDATE check_ins c SET next_in_at = n.next
FROM (
  SELECT identifier_id, place_id, in_at, min(in_at) OVER (
    PARTITION BY identifier_id ORDER BY in_at RANGE BETWEEN 1 FOLLOWING AND 604800 FOLLOWING) AS next
  FROM check_ins
) n
WHERE c.out_at IS NULL AND c.identifier_id = n.identifier_id AND c.place_id = n.place_id AND c.in_at = n.in_at
  AND c.next_in_at IS DISTINCT FROM n.next;

-- An encounter that ends when it begins is accepted, and counts nowhere.
ALTER TABLE encounters DROP CONSTRAINT encounters_check1;
ALTER TABLE encounters ADD CONSTRAINT encounters_check1 CHECK (from_at <= until_at);
