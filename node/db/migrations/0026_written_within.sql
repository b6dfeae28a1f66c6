-- A record that an account of a ward wrote while nobody knew whom it names begins to wait when another ward's
-- record names them: or who knows a number first could link its holder later. NULL = written, or confirmed,
-- by somebody who may write of everybody; so all records of before are.
ALTER TABLE records ADD COLUMN written_within text[];
ALTER TABLE records DROP CONSTRAINT records_check2;
UPDATE records SET written_within = '{}' WHERE written_by IS NOT NULL;
ALTER TABLE records ADD CONSTRAINT records_written CHECK ((written_by IS NULL) = (written_within IS NULL));
ALTER TABLE records ADD CONSTRAINT records_waits CHECK (waits_for IS NULL OR written_by IS NOT NULL);
CREATE INDEX records_of_areas ON records (id)
  WHERE written_within IS NOT NULL AND waits_for IS NULL AND retracted_at IS NULL;
