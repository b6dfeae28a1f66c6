-- One province's data. Instants of check-ins and encounters are whole seconds since 1970 (bigint): they are
-- compared by the million. Local ids are integers: they never leave the node.

CREATE TABLE node_state (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  -- Of the last start of the node; each start takes a larger one.
  incarnation bigint NOT NULL DEFAULT 0,
  -- When data was received last, epoch seconds; 0 = never.
  data_at bigint NOT NULL DEFAULT 0
);
INSERT INTO node_state DEFAULT VALUES;

CREATE TABLE households (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE
);

-- Everything is recorded under an identifier, never under a resolved person.
CREATE TABLE identifiers (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Canonical `kind:value`.
  value text NOT NULL UNIQUE,
  is_cccd boolean NOT NULL GENERATED ALWAYS AS (value LIKE 'cccd:%') STORED,
  -- First 16 bytes of the OPRF of `value`; null until the key service has been asked.
  token bytea UNIQUE CHECK (length(token) = 16),
  token_generation integer,
  household_id integer REFERENCES households,
  -- Two-digit code that came with a check-in.
  home_province text
);
CREATE INDEX identifiers_untokenized ON identifiers (id) WHERE token IS NULL;
CREATE INDEX identifiers_household ON identifiers (household_id) WHERE household_id IS NOT NULL;

-- Identifiers that one row of a persons import named together (identifier_a < identifier_b).
CREATE TABLE links (
  identifier_a integer NOT NULL REFERENCES identifiers,
  identifier_b integer NOT NULL REFERENCES identifiers,
  PRIMARY KEY (identifier_a, identifier_b),
  CHECK (identifier_a < identifier_b)
);
CREATE INDEX links_b ON links (identifier_b, identifier_a);

-- What this province knows of somebody; rows that share an identifier merge unless their cccd differ.
CREATE TABLE people (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text,
  born_on date,
  sex text CHECK (sex IN ('male', 'female', 'other')),
  province text,
  ward text,
  address text
);

-- A phone shared by two people stands under both.
CREATE TABLE people_identifiers (
  person_id integer NOT NULL REFERENCES people ON DELETE CASCADE,
  identifier_id integer NOT NULL REFERENCES identifiers,
  -- Order in which identifiers came to people: of those who share one, the first to have it is the least.
  since bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  PRIMARY KEY (person_id, identifier_id)
);
CREATE INDEX people_identifiers_identifier ON people_identifiers (identifier_id, person_id);

CREATE TABLE places (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- The province's own id of the place.
  place text NOT NULL UNIQUE,
  name text,
  -- Number of the kind, see shared/domain/place-kind.ts.
  kind smallint NOT NULL,
  ward text,
  capacity integer,
  latitude double precision,
  longitude double precision
);

-- Partitioned by week (from Monday 1970-01-05, UTC); partitions are made by node/db/partitions.ts
-- when data comes.
CREATE TABLE check_ins (
  identifier_id integer NOT NULL,
  place_id integer NOT NULL,
  in_at bigint NOT NULL,
  out_at bigint,
  -- Next check-in of the same identifier at the same place; kept only where there is no out.
  next_in_at bigint
) PARTITION BY RANGE (in_at);
-- Whose stays: covers the trace's first step. Whom they met there: covers its second.
CREATE UNIQUE INDEX check_ins_key ON check_ins (identifier_id, in_at, place_id) INCLUDE (out_at, next_in_at);
CREATE INDEX check_ins_place ON check_ins (place_id, in_at) INCLUDE (identifier_id, out_at, next_in_at);

CREATE TABLE encounters (
  identifier_a integer NOT NULL,
  identifier_b integer NOT NULL,
  from_at bigint NOT NULL,
  until_at bigint NOT NULL,
  rssi smallint,
  CHECK (identifier_a < identifier_b),
  CHECK (from_at < until_at)
) PARTITION BY RANGE (from_at);
CREATE UNIQUE INDEX encounters_key ON encounters (identifier_a, from_at, identifier_b, until_at);
CREATE INDEX encounters_b ON encounters (identifier_b, from_at, identifier_a, until_at);

CREATE TABLE cases (
  id uuid PRIMARY KEY,
  -- Midnight in Asia/Ho_Chi_Minh of this date is meant.
  onset_on date,
  sampled_at timestamptz(0),
  isolated_at timestamptz(0),
  created_at timestamptz(0) NOT NULL DEFAULT now(),
  changed_at timestamptz(0) NOT NULL DEFAULT now(),
  withdrawn_at timestamptz(0),
  CHECK (onset_on IS NOT NULL OR sampled_at IS NOT NULL)
);

-- A case is a record: its identifiers are linked while it is not withdrawn. Position 0 names the
-- index person.
CREATE TABLE case_identifiers (
  case_id uuid NOT NULL REFERENCES cases,
  position integer NOT NULL,
  identifier_id integer NOT NULL REFERENCES identifiers,
  PRIMARY KEY (case_id, position),
  UNIQUE (case_id, identifier_id)
);
CREATE INDEX case_identifiers_identifier ON case_identifiers (identifier_id);

-- Rule packs pulled from the hub, with its signature.
CREATE TABLE rule_packs (
  number integer PRIMARY KEY,
  signed text NOT NULL,
  pack jsonb NOT NULL
);

-- Traces that this province opened.
CREATE TABLE traces (
  id text PRIMARY KEY,
  idempotency_key text UNIQUE,
  -- SHA-256 of the request that came with the key.
  request_digest text,
  direction text NOT NULL CHECK (direction IN ('forward', 'backward')),
  max_degree integer NOT NULL,
  as_of bigint NOT NULL,
  rules integer NOT NULL,
  revision integer NOT NULL DEFAULT 0,
  -- The signed opening of this revision; null until the tokens that it needs are known.
  opening text,
  created_at timestamptz(0) NOT NULL DEFAULT now(),
  -- Null while the hub has not accepted this revision: the trace is queued.
  accepted_at timestamptz(0),
  -- Reason word of the hub's last refusal of this revision.
  refusal text,
  closing boolean NOT NULL DEFAULT false,
  closed_at timestamptz(0),
  -- Last status heard from the hub, as the HTTP interface shows it.
  status jsonb
);
CREATE INDEX traces_unaccepted ON traces (created_at)
  WHERE accepted_at IS NULL OR (closing AND closed_at IS NULL);

CREATE TABLE trace_cases (
  trace_id text NOT NULL REFERENCES traces,
  case_id uuid NOT NULL REFERENCES cases,
  position integer NOT NULL,
  PRIMARY KEY (trace_id, case_id)
);
CREATE INDEX trace_cases_case ON trace_cases (case_id);

-- Openings that this node has accepted to answer under (its own and other provinces').
CREATE TABLE openings (
  trace_id text NOT NULL,
  revision integer NOT NULL,
  province text NOT NULL,
  opening text NOT NULL,
  expires_at bigint NOT NULL,
  first_seen_at timestamptz(0) NOT NULL DEFAULT now(),
  PRIMARY KEY (trace_id, revision)
);

-- Sizes of questions and answers, append-only.
CREATE TABLE answered_questions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  trace_id text NOT NULL,
  seq integer NOT NULL,
  who_count integer NOT NULL,
  met_count integer NOT NULL,
  known_count integer NOT NULL,
  event_count integer NOT NULL,
  answer_bytes bigint NOT NULL,
  answered_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX answered_questions_trace ON answered_questions (trace_id, seq);

-- Contacts that this province is responsible for.
CREATE TABLE contacts (
  trace_id text NOT NULL,
  -- 32 hex digits, given by the hub.
  contact_id text NOT NULL,
  degree smallint NOT NULL,
  first_exposed_at bigint NOT NULL,
  last_exposed_at bigint NOT NULL,
  seconds bigint NOT NULL,
  -- Bits: 0 place, 1 encounter, 2 household.
  settings smallint NOT NULL,
  -- Bit n-1 = place kind n.
  place_kinds integer NOT NULL,
  exposed_in text[] NOT NULL,
  -- Local identifiers of the person.
  identifier_ids integer[] NOT NULL,
  ward text,
  delivery integer NOT NULL,
  withdrawn_at timestamptz(0),
  delivered_at timestamptz(0) NOT NULL DEFAULT now(),
  PRIMARY KEY (trace_id, contact_id)
);
CREATE INDEX contacts_by_ward ON contacts (trace_id, ward, contact_id) WHERE withdrawn_at IS NULL;

-- Highest delivery of each trace applied here.
CREATE TABLE deliveries (
  trace_id text PRIMARY KEY,
  applied integer NOT NULL
);
