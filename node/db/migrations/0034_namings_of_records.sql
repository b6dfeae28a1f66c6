-- A naming is written right behind its record and deleted right before it, by one statement each in one transaction; a
-- naming without a record would name nobody. Looking for the record of each costs an import of persons a twentieth.
-- (That of its identifier stays: an identifier is erased by somebody else than who names it.)
ALTER TABLE record_identifiers DROP CONSTRAINT record_identifiers_record_id_fkey;
