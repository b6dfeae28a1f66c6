-- The provinces of the federation as this node knows them: their keys as the federation CA states them, kept
-- so that openings can be checked while the hub is away.
CREATE TABLE known_provinces (
  province text PRIMARY KEY,
  -- Compact JWS of the CA (shared/auth/province-statement.ts), and its `issued_at`.
  statement text NOT NULL,
  stated_at bigint NOT NULL,
  accepted_at timestamptz(0) NOT NULL DEFAULT now(),
  -- Revoked at the hub: nothing of this province counts until a later statement.
  revoked_at timestamptz(0)
);
