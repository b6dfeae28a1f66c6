-- The key service's key can be changed while everything runs. An identifier then has tokens of two
-- generations: `token`, and `next_token`, which is made in the background and takes its place when no trace
-- needs the other. Which generations these are stands in `token_generations`: there was one.

ALTER TABLE identifiers
  ADD next_token bytea CHECK (length(next_token) = 24),
  ADD next_generation integer,
  ADD CONSTRAINT identifiers_next_check CHECK ((next_token IS NULL) = (next_generation IS NULL));

CREATE TABLE token_generations (
  id integer PRIMARY KEY DEFAULT 1 CHECK (id = 1),
  -- Of `token`.
  current integer NOT NULL,
  -- Of `next_token`; null: no rotation.
  next integer CHECK (next <> current),
  -- Whoever has a token has the next one too, and gets both from now on.
  is_complete boolean NOT NULL DEFAULT false CHECK (next IS NOT NULL OR NOT is_complete),
  -- No token of the current generation is in `next_token` any more.
  is_moved boolean NOT NULL DEFAULT true
);
INSERT INTO token_generations (current) VALUES (1);

-- Under which generation a trace was opened: its amendments keep it.
ALTER TABLE traces ADD key_generation integer;
UPDATE traces SET key_generation = 1 WHERE federation_key IS NOT NULL;
