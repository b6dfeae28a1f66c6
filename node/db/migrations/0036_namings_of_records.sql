-- A naming is written right behind its record and deleted right before it, in one transaction, and one
-- without a record would name nobody. Looking for the record of each costs an import of persons a twentieth.
-- The key to identifiers stays: they are erased by somebody else than who names them.
ALTER TABLE record_identifiers DROP CONSTRAINT record_identifiers_record_id_fkey;
