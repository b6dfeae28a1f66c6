-- An identifier that a correction took off a case was written there by somebody, and traces were opened on
-- it: it is kept with who replaced it and when. Corrections of before left none.
CREATE TABLE superseded_case_identifiers (
  case_id uuid NOT NULL REFERENCES cases,
  -- Of the case when it was corrected.
  version integer NOT NULL,
  position integer NOT NULL,
  identifier_id integer NOT NULL REFERENCES identifiers,
  superseded_at timestamptz(0) NOT NULL DEFAULT now(),
  superseded_by text NOT NULL,
  PRIMARY KEY (case_id, version, position)
);
CREATE INDEX superseded_case_identifiers_identifier ON superseded_case_identifiers (identifier_id);
