-- Who writes from a ward makes no links of other wards' people: such a record waits until somebody whose area
-- covers them has confirmed it, and until then it is as if it were not there. Records of before stand as they
-- are.
-- Where the others live who it names: codes of wards, of the province for those of no ward. NULL = it waits
-- for nobody.
ALTER TABLE records ADD COLUMN waits_for text[] CHECK (cardinality(waits_for) > 0);
-- Who wrote it, for those who decide; NULL unless it waits.
ALTER TABLE records ADD COLUMN written_by text CHECK ((written_by IS NULL) = (waits_for IS NULL));
CREATE INDEX records_waiting ON records (id) WHERE waits_for IS NOT NULL AND retracted_at IS NULL;
