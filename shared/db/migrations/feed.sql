-- What changed, told by the transaction that changed it: one row a batch, ids, codes and wards, no personal
-- data. Read in the order of ids, see shared/feed. A ring of nine days, each emptied before it is used again.
CREATE TABLE feed (
  slot smallint NOT NULL DEFAULT (extract(epoch FROM now())::bigint / 86400 % 9),
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  kind text NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  body jsonb NOT NULL
) PARTITION BY LIST (slot);
CREATE INDEX feed_id ON feed (id);

DO $$ BEGIN
  FOR day IN 0..8 LOOP
    EXECUTE format('CREATE TABLE feed_%s PARTITION OF feed FOR VALUES IN (%s)', day, day);
  END LOOP;
END $$;

-- How far a reader has come that acts on the database: all ids up to `position` but the gaps, each with the
-- transaction number before which all must have ended until it is none. The position of 'forgotten' is the
-- highest id that has been dropped unread.
CREATE TABLE feed_cursors (
  name text PRIMARY KEY,
  position bigint NOT NULL,
  gaps jsonb NOT NULL
);

-- Empties the days of the ring that lie more than a week back; the program itself owns no table.
CREATE FUNCTION forget_feed() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
  newest timestamptz;
  dropped bigint := 0;
  last bigint;
  emptied integer := 0;
BEGIN
  FOR day IN 0..8 LOOP
    EXECUTE format('SELECT at, id FROM public.feed_%s ORDER BY id DESC LIMIT 1', day) INTO newest, last;
    IF newest < now() - interval '7 days' THEN
      EXECUTE format('TRUNCATE public.feed_%s', day);
      emptied := emptied + 1;
    ELSIF newest IS NOT NULL THEN
      -- Nobody was there on the day before this one.
      EXECUTE format('WITH old AS (
        DELETE FROM public.feed_%s WHERE at < now() - interval ''8 days'' RETURNING id
        ) SELECT max(id) FROM old', day) INTO last;
    END IF;
    dropped := greatest(dropped, last);
  END LOOP;
  INSERT INTO public.feed_cursors (name, position, gaps) VALUES ('forgotten', dropped, '[]')
    ON CONFLICT (name) DO UPDATE SET position = greatest(feed_cursors.position, dropped);
  RETURN emptied;
END $$;
REVOKE EXECUTE ON FUNCTION forget_feed() FROM PUBLIC;
