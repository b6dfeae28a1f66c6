-- The federation key as the hub knows it: numbers, check values and sealed wraps, never the key.

-- Each generation, with the check value that was told of it first: whoever tells another holds another key.
CREATE TABLE federation_keys (
  generation integer PRIMARY KEY CHECK (generation > 0),
  check_value text NOT NULL CHECK (check_value ~ '^[0-9a-f]{32}$'),
  -- Province that told of it.
  province text NOT NULL,
  registered_at timestamptz(0) NOT NULL DEFAULT now()
);

-- What each province has said last that it holds.
CREATE TABLE federation_key_holders (
  province text NOT NULL,
  generation integer NOT NULL CHECK (generation > 0),
  check_value text NOT NULL CHECK (check_value ~ '^[0-9a-f]{32}$'),
  PRIMARY KEY (province, generation)
);

-- A province's signed word for another's keys; a later one replaces it.
CREATE TABLE federation_key_approvals (
  from_province text NOT NULL,
  to_province text NOT NULL,
  approval text NOT NULL,
  PRIMARY KEY (from_province, to_province)
);

-- Wraps until their receiver reports that it holds the generation.
CREATE TABLE federation_key_wraps (
  to_province text NOT NULL,
  generation integer NOT NULL CHECK (generation > 0),
  from_province text NOT NULL,
  -- RFC 7638 thumbprint of the enrolment key that it is encrypted to.
  recipient text NOT NULL,
  wrap text NOT NULL,
  PRIMARY KEY (to_province, generation, from_province)
);
