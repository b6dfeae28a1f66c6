-- Traces that have ended long enough ago are erased with all that was asked and answered in them: the oldest
-- of hundreds of thousands is found at once.
CREATE INDEX traces_ended ON traces (closed_at) WHERE closed_at IS NOT NULL;
