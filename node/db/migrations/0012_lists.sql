-- Lists, newest first: of the whole province in their order, of a ward by what is its own.
CREATE INDEX cases_newest ON cases (created_at DESC, id DESC);
CREATE INDEX traces_newest ON traces (created_at DESC, id DESC);
CREATE INDEX openings_newest ON openings (first_seen_at DESC, trace_id DESC);
CREATE INDEX contacts_of_ward ON contacts (ward, trace_id);
