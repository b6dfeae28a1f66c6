-- What is sealed of a place or of a break-glass says for which row it was sealed (node/sealing): whoever
-- writes over the place's key or ward, or over who reads where since when, is noticed. Rows of before are
-- sealed anew when the node next starts; no row is rewritten here.
ALTER TABLE places ADD COLUMN bound boolean NOT NULL DEFAULT false;
ALTER TABLE places ALTER COLUMN bound SET DEFAULT true;
ALTER TABLE break_glass ADD COLUMN bound boolean NOT NULL DEFAULT false;
ALTER TABLE break_glass ALTER COLUMN bound SET DEFAULT true;
CREATE INDEX places_unbound ON places (id) WHERE NOT bound;
CREATE INDEX break_glass_unbound ON break_glass (id) WHERE NOT bound;
