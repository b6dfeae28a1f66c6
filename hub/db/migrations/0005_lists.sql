-- What lists and reports read, by index.

-- Newest first, equal instants by id: the order in which pages are cut.
DROP INDEX traces_listed;
CREATE INDEX traces_listed ON traces (opened_at DESC, id DESC);

-- A province's answers to one trace: when its node starts anew, those of open traces are marked.
CREATE INDEX answers_of ON answers (province, trace_id);
