-- Each midnight those whose quarantine is over are looked for.
CREATE INDEX follow_ups_quarantines ON follow_ups (quarantine_until, id) WHERE state = 4;
