-- Weeks of check-ins and encounters go when nothing can ask about them any more (design, promise 8). What an
-- admitted opening can ask about, and whether its trace is over, stands beside it, so that this is one look.
-- Unless it is known, an opening may ask about everything.
ALTER TABLE openings
  ADD COLUMN asks_from bigint NOT NULL DEFAULT 0,
  ADD COLUMN asks_until bigint NOT NULL DEFAULT 4294967295,
  ADD COLUMN closed_at bigint;

DO $$
DECLARE
  held record;
  said jsonb;
BEGIN
  FOR held IN SELECT trace_id, revision, split_part(opening, '.', 2) AS payload FROM openings LOOP
    BEGIN
      said := convert_from(decode(rpad(translate(held.payload, '-_', '+/'),
        (length(held.payload) + 3) / 4 * 4, '='), 'base64'), 'UTF8')::jsonb;
      UPDATE openings SET
        asks_from = (SELECT min((named ->> 'from')::bigint) FROM jsonb_array_elements(said -> 'index') named),
        asks_until = (said ->> 'as_of')::bigint
      WHERE trace_id = held.trace_id AND revision = held.revision;
    EXCEPTION WHEN OTHERS THEN
      NULL; -- It is kept as one that may ask about everything.
    END;
  END LOOP;
END $$;

-- The program owns no table, and drops these alone.
CREATE FUNCTION drop_partition(parent text, week bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF parent NOT IN ('check_ins', 'encounters') OR mod(week - 345600, 604800) <> 0 THEN
    RAISE EXCEPTION 'no such partition' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('partitions of ' || parent));
  EXECUTE format('DROP TABLE IF EXISTS public.%I',
    parent || to_char(to_timestamp(week) AT TIME ZONE 'UTC', '_YYYY_MM_DD'));
END $$;
