-- Which generation of the federation key a trace's pseudonyms are made with. Traces from before generations
-- were counted are of the first.
ALTER TABLE openings ADD COLUMN federation_key integer NOT NULL DEFAULT 1 CHECK (federation_key > 0);
CREATE INDEX openings_by_federation_key ON openings (federation_key, expires_at);

-- Null until the first opening is signed; every later revision keeps it.
ALTER TABLE traces ADD COLUMN federation_key integer CHECK (federation_key > 0);
UPDATE traces SET federation_key = 1 WHERE opening IS NOT NULL OR accepted_at IS NOT NULL OR revision > 0;
