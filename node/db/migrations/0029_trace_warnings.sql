-- What of a trace's cases looks wrong, as of its opening: said in its status. Traces of before say nothing.
ALTER TABLE traces ADD COLUMN noticed jsonb NOT NULL DEFAULT '[]';
