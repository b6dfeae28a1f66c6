-- What nothing that stands names any more is erased after the rules' time (design, promise 8): records that
-- were withdrawn, what records said before, then identifiers and households that are named nowhere. These are
-- found by indexes, one look a table for each.
CREATE INDEX records_retracted ON records (retracted_at) WHERE retracted_at IS NOT NULL;
CREATE INDEX record_versions_oldest ON record_versions (at);
CREATE INDEX record_versions_identifiers ON record_versions USING gin (identifier_ids);
CREATE INDEX record_versions_household ON record_versions (household_id) WHERE household_id IS NOT NULL;
-- Records that were withdrawn name their household too.
DROP INDEX records_household;
CREATE INDEX records_household ON records (household_id) WHERE household_id IS NOT NULL;

-- Traces that have ended, and those that reach into a week: few of hundreds of thousands.
CREATE INDEX openings_ended ON openings (coalesce(closed_at, expires_at));
CREATE INDEX openings_reaching ON openings (asks_from) WHERE closed_at IS NULL;
