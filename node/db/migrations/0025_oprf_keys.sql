-- The key service's key as this node knows it, by generation: a hub with another key would give other tokens
-- to the same people, and nobody would be found without anybody noticing. The first check value of a
-- generation stays. A node of before has none: it pins the key under which its own tokens come out again.

CREATE TABLE oprf_keys (
  generation integer PRIMARY KEY CHECK (generation > 0),
  check_value text NOT NULL CHECK (check_value ~ '^[0-9a-f]{32}$'),
  -- By the federation CA, compact JWS; null: found out by this node.
  statement text,
  pinned_at timestamptz(0) NOT NULL DEFAULT now()
);
