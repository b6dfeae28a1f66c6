-- The key service's key can be changed while everything runs: two generations are served until the last
-- trace under the former one has ended. A row a rotation; without one the key that comes first in
-- OPRF_KEY_FILE is in use.

CREATE TABLE key_rotations (
  -- The new one.
  generation integer PRIMARY KEY CHECK (generation > 0),
  former integer NOT NULL CHECK (former > 0 AND former <> generation),
  begun_at timestamptz(0) NOT NULL DEFAULT now(),
  -- Provinces that the operator does not wait for.
  left_behind text[] NOT NULL DEFAULT '{}',
  -- Since then new openings use it; null: provinces make its tokens.
  used_from timestamptz(0),
  -- Since then the former one evaluates nothing.
  retired_at timestamptz(0) CHECK (retired_at IS NULL OR used_from IS NOT NULL)
);

-- Under which generation a trace was opened: it keeps it. There was one.
ALTER TABLE traces ADD key_generation integer NOT NULL DEFAULT 1;
CREATE INDEX traces_open_by_generation ON traces (key_generation) WHERE closed_at IS NULL;

-- With a new key a province's registers are loaded anew.
ALTER TABLE first_loadings ADD generation integer NOT NULL DEFAULT 1 CHECK (generation > 0);
ALTER TABLE first_loadings DROP CONSTRAINT first_loadings_pkey, ADD PRIMARY KEY (province, generation);
