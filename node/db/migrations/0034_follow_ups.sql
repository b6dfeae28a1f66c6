-- The work on contacts: one follow-up a person, whatever number of traces name them, and the tasks that a
-- rule pack makes of it. Nothing is filed here until a pack with a section `follow_up` has come from the hub;
-- contacts that were delivered before are filed then.
CREATE TABLE follow_ups (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  public_id uuid NOT NULL UNIQUE,
  -- The desk; NULL = that of the province.
  ward text,
  -- Somebody has said so: records that are corrected do not move it.
  ward_by_hand boolean NOT NULL DEFAULT false,
  identifier_ids integer[] NOT NULL,
  -- Numbers of node/casework/follow-ups/rules.ts and machines.ts; open below 9.
  reason smallint NOT NULL,
  state smallint NOT NULL,
  outcome smallint,
  -- Grows when the work begins anew: opened again, or a later day 0.
  episode smallint NOT NULL DEFAULT 1,
  began_at bigint NOT NULL,
  opened_at bigint NOT NULL,
  closed_at bigint,
  -- Out of its standing exposures.
  degree smallint,
  first_exposed_at bigint,
  last_exposed_at bigint,
  -- Of the plan.
  plan text,
  pack integer,
  priority smallint NOT NULL DEFAULT 3,
  day0 date,
  place_planned smallint,
  quarantine_until date,
  watch_until date,
  -- How it is.
  place smallint,
  place_name text,
  quarantined_at bigint,
  refused boolean NOT NULL DEFAULT false,
  next_report_on date,
  symptomatic_since date,
  tracer text,
  -- They have become a case: the work rests.
  case_id uuid,
  case_trace text,
  case_province text,
  version integer NOT NULL DEFAULT 1
);
CREATE INDEX follow_ups_open ON follow_ups (ward, priority, id) WHERE state < 9;
CREATE INDEX follow_ups_of_all ON follow_ups (priority, id) WHERE state < 9;
CREATE INDEX follow_ups_by_state ON follow_ups (ward, state, priority, id);
CREATE INDEX follow_ups_reports ON follow_ups (next_report_on) WHERE state IN (4, 5);
CREATE INDEX follow_ups_ends ON follow_ups (coalesce(watch_until, quarantine_until), id) WHERE state < 9;

-- Whose they are, closed ones too: a new exposure opens them again.
CREATE TABLE follow_up_identifiers (
  identifier_id integer NOT NULL REFERENCES identifiers,
  follow_up_id integer NOT NULL REFERENCES follow_ups,
  PRIMARY KEY (identifier_id, follow_up_id)
);
CREATE INDEX follow_up_identifiers_of ON follow_up_identifiers (follow_up_id);

-- Why: a contact of one trace each.
CREATE TABLE follow_up_contacts (
  trace_id text NOT NULL,
  contact_id text NOT NULL,
  follow_up_id integer NOT NULL REFERENCES follow_ups,
  direction text NOT NULL CHECK (direction IN ('forward', 'backward')),
  degree smallint NOT NULL,
  first_exposed_at bigint NOT NULL,
  last_exposed_at bigint NOT NULL,
  seconds bigint NOT NULL,
  settings smallint NOT NULL,
  place_kinds integer NOT NULL,
  exposed_in text[] NOT NULL,
  withdrawn_at bigint,
  PRIMARY KEY (trace_id, contact_id)
);
CREATE INDEX follow_up_contacts_of ON follow_up_contacts (follow_up_id);

-- What is to be done, for one follow-up, case or lead.
CREATE TABLE tasks (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  follow_up_id integer REFERENCES follow_ups,
  case_id uuid,
  lead_id integer,
  episode smallint NOT NULL DEFAULT 1,
  kind smallint NOT NULL,
  -- `plan:<day>` or `<event>:<id>`: with the kind, by what it is known again.
  cause text NOT NULL,
  ward text,
  -- 1 open, 2 assigned, 3 done, 4 cancelled, 5 missed.
  state smallint NOT NULL DEFAULT 1,
  priority smallint NOT NULL,
  not_before bigint NOT NULL,
  due_at bigint NOT NULL,
  expires_at bigint,
  assignee text,
  claimed_until bigint,
  -- Who had it before it moved, was closed or given back, and until when: their work still counts.
  last_assignee text,
  last_until bigint,
  attempts smallint NOT NULL DEFAULT 0,
  method text,
  outcome smallint,
  data jsonb,
  done_at bigint,
  done_by text,
  version integer NOT NULL DEFAULT 1,
  CHECK (num_nonnulls(follow_up_id, case_id, lead_id) = 1),
  UNIQUE NULLS NOT DISTINCT (follow_up_id, case_id, lead_id, episode, kind, cause)
) WITH (fillfactor = 80);
CREATE INDEX tasks_open_ward ON tasks (ward, priority, due_at, id) WHERE state IN (1, 2);
CREATE INDEX tasks_open_kind ON tasks (ward, kind, due_at, id) WHERE state IN (1, 2);
CREATE INDEX tasks_open_mine ON tasks (assignee, priority, due_at, id) WHERE state IN (1, 2);
CREATE INDEX tasks_open_all ON tasks (priority, due_at, id) WHERE state IN (1, 2);
CREATE INDEX tasks_expiring ON tasks (expires_at) WHERE state IN (1, 2) AND expires_at IS NOT NULL;

CREATE TABLE calls (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  task_id bigint NOT NULL REFERENCES tasks,
  follow_up_id integer NOT NULL REFERENCES follow_ups,
  at bigint NOT NULL,
  by text NOT NULL,
  outcome smallint NOT NULL,
  next_at bigint,
  -- The task had gone to somebody else, or was closed: it is told, and changed nothing.
  late boolean NOT NULL DEFAULT false,
  note_sealed bytea,
  key_generation integer NOT NULL
);
CREATE INDEX calls_of ON calls (follow_up_id, id);
CREATE INDEX calls_of_task ON calls (task_id);

-- One row a visit or report: a second one of a day stands beside the first, and the worse counts.
CREATE TABLE reports (
  follow_up_id integer NOT NULL REFERENCES follow_ups,
  on_date date NOT NULL,
  key text NOT NULL,
  at bigint NOT NULL,
  -- Tenths of a degree Celsius.
  temp smallint,
  -- Bits of SYMPTOMS.
  symptoms integer NOT NULL DEFAULT 0,
  -- 1 self, 2 tracer, 3 site.
  source smallint NOT NULL,
  by text,
  PRIMARY KEY (follow_up_id, on_date, key)
);

-- Codes and dates of what was done; reasons are somebody's words.
CREATE TABLE follow_up_log (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  follow_up_id integer NOT NULL REFERENCES follow_ups,
  at bigint NOT NULL,
  -- NULL = the program itself.
  by text,
  command text NOT NULL,
  before jsonb,
  after jsonb,
  reason_sealed bytea,
  key_generation integer NOT NULL
);
CREATE INDEX follow_up_log_of ON follow_up_log (follow_up_id, id);
