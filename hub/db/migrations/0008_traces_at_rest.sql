-- Traces at rest: nothing of them is held in memory until something changes.

-- How the trace stood when it was put to rest or closed, as JSON; null = neither, yet.
ALTER TABLE traces ADD COLUMN status jsonb;
-- Since when nothing is under way; null = in motion: taken up again when the hub starts.
ALTER TABLE traces ADD COLUMN rested_at timestamptz;
-- Provinces that took part when it was put to rest, and those of them that it still waits for.
ALTER TABLE traces ADD COLUMN asked text[] NOT NULL DEFAULT '{}';
ALTER TABLE traces ADD COLUMN waits_for text[] NOT NULL DEFAULT '{}';
