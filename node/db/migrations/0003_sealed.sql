-- What names a person is stored sealed (node/sealing/sealer.ts): value_sealed can be opened by who has the
-- key, value_index only be compared. `key_generation` is that of all sealed columns of the row. Ids are drawn
-- before a row is stored, because a sealed value is bound to its row.

-- Rows in plain cannot be converted here: the keys are not in the database's reach. Nothing is released yet.
DO $$
BEGIN
  IF EXISTS (SELECT FROM identifiers) OR EXISTS (SELECT FROM people) OR EXISTS (SELECT FROM places)
    OR EXISTS (SELECT FROM break_glass) THEN
    RAISE EXCEPTION 'this database holds people in plain text; start with an empty one'
      USING ERRCODE = 'object_not_in_prerequisite_state',
        CONSTRAINT = 'database_with_plain_text_must_be_emptied_first';
  END IF;
END
$$;

-- Generations that rows are or were sealed under.
CREATE TABLE data_keys (
  generation integer PRIMARY KEY CHECK (generation BETWEEN 1 AND 65535),
  -- By which the key is known again; tells nothing of it.
  check_value bytea NOT NULL CHECK (length(check_value) = 16),
  first_used_at timestamptz(0) NOT NULL DEFAULT now(),
  -- No row is sealed under it any more: the ring may do without it.
  retired_at timestamptz(0)
);

ALTER TABLE identifiers
  DROP COLUMN is_cccd,
  DROP COLUMN value,
  ADD COLUMN value_sealed bytea NOT NULL,
  ADD COLUMN value_index bytea NOT NULL UNIQUE CHECK (length(value_index) = 16),
  ADD COLUMN key_generation integer NOT NULL,
  ADD COLUMN is_cccd boolean NOT NULL;

-- Sealed as well: the date of birth.
ALTER TABLE people
  DROP COLUMN name,
  DROP COLUMN born_on,
  DROP COLUMN address,
  ADD COLUMN name_sealed bytea,
  ADD COLUMN born_on_sealed bytea,
  ADD COLUMN address_sealed bytea,
  ADD COLUMN key_generation integer NOT NULL;

-- Households are often named after people.
ALTER TABLE households
  DROP COLUMN name,
  ADD COLUMN name_sealed bytea NOT NULL,
  ADD COLUMN name_index bytea NOT NULL UNIQUE CHECK (length(name_index) = 16),
  ADD COLUMN key_generation integer NOT NULL;

-- So are places that are somebody's home.
ALTER TABLE places
  DROP COLUMN name,
  ADD COLUMN name_sealed bytea,
  ADD COLUMN key_generation integer NOT NULL;

-- Whoever says why they must read on often names a person.
ALTER TABLE break_glass
  DROP COLUMN reason,
  ADD COLUMN reason_sealed bytea NOT NULL,
  ADD COLUMN key_generation integer NOT NULL;
