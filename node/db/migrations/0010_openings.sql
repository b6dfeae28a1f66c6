-- What the hub has refused waits behind what it has not heard yet, and is tried again now and then.
ALTER TABLE traces ADD COLUMN refused_at timestamptz(0);
UPDATE traces SET refused_at = now() WHERE refusal IS NOT NULL;
DROP INDEX traces_unaccepted;
CREATE INDEX traces_unaccepted ON traces (refused_at NULLS FIRST, created_at)
  WHERE (accepted_at IS NULL OR closing) AND closed_at IS NULL;

-- Contacts of a person whose ward turns out to be another: found by the person's identifiers.
CREATE INDEX contacts_identifiers ON contacts USING gin (identifier_ids);
