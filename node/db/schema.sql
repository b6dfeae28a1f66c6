-- Made from the migrations by `npm run check:schema -- --write`; compared in CI. Never edited.

CREATE TABLE answered_questions (
  trace_id text NOT NULL,
  seq integer NOT NULL,
  question_sha256 bytea NOT NULL,
  answers integer NOT NULL DEFAULT 1,
  CONSTRAINT answered_questions_pkey PRIMARY KEY (trace_id, seq)
);

CREATE TABLE asked_counts (
  holder text NOT NULL,
  period text NOT NULL,
  began_at bigint NOT NULL,
  questions bigint NOT NULL,
  persons bigint NOT NULL,
  CONSTRAINT asked_counts_pkey PRIMARY KEY (holder, period, began_at),
  CONSTRAINT asked_counts_period_check
    CHECK ((period = ANY (ARRAY['trace'::text, 'hour'::text, 'day'::text])))
);

CREATE TABLE audit_checkpoints (
  size bigint NOT NULL,
  root bytea NOT NULL,
  note text NOT NULL,
  signed_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT audit_checkpoints_pkey PRIMARY KEY (size),
  CONSTRAINT audit_checkpoints_root_check
    CHECK ((length(root) = 32))
);

CREATE TABLE audit_peer_checkpoints (
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  peer text NOT NULL,
  size bigint NOT NULL,
  root bytea NOT NULL,
  note text NOT NULL,
  conflict text,
  received_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT audit_peer_checkpoints_pkey PRIMARY KEY (id),
  CONSTRAINT audit_peer_checkpoints_root_check
    CHECK ((length(root) = 32))
);
CREATE INDEX audit_peer_checkpoints_newest ON public.audit_peer_checkpoints
  USING btree (peer, id);

CREATE TABLE audit_records (
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  xact xid8 NOT NULL DEFAULT pg_current_xact_id(),
  body text NOT NULL,
  CONSTRAINT audit_records_pkey PRIMARY KEY (id)
);
CREATE INDEX audit_records_actor ON public.audit_records
  USING btree ((((body)::jsonb #>> '{actor,id}'::text[])), id);
CREATE INDEX audit_records_on ON public.audit_records
  USING gin ((((body)::jsonb -> 'on'::text)) jsonb_path_ops);
CREATE INDEX audit_records_trace ON public.audit_records
  USING btree ((((body)::jsonb ->> 'trace'::text)), id)
  WHERE (((body)::jsonb ->> 'trace'::text) IS NOT NULL);
CREATE INDEX audit_records_xact ON public.audit_records
  USING btree (xact, id);

CREATE TABLE audit_tree (
  level smallint NOT NULL,
  position bigint NOT NULL,
  hash bytea NOT NULL,
  record_id bigint,
  CONSTRAINT audit_tree_pkey PRIMARY KEY (level, "position"),
  CONSTRAINT audit_tree_record_id_key UNIQUE (record_id),
  CONSTRAINT audit_tree_check
    CHECK (((level = 0) = (record_id IS NOT NULL))),
  CONSTRAINT audit_tree_hash_check
    CHECK ((length(hash) = 32)),
  CONSTRAINT audit_tree_level_check
    CHECK (((level >= 0) AND (level <= 62))),
  CONSTRAINT audit_tree_position_check
    CHECK (("position" >= 0))
);

CREATE TABLE break_glass (
  id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
  public_id uuid NOT NULL,
  subject text NOT NULL,
  area text NOT NULL,
  opened_at timestamp(0) with time zone NOT NULL,
  ends_at timestamp(0) with time zone NOT NULL,
  reviewed_at timestamp(0) with time zone,
  reviewed_by text,
  verdict text,
  reason_sealed bytea NOT NULL,
  key_generation integer NOT NULL,
  version integer NOT NULL DEFAULT 1,
  bound boolean NOT NULL DEFAULT true,
  CONSTRAINT break_glass_pkey PRIMARY KEY (id),
  CONSTRAINT break_glass_public_id_key UNIQUE (public_id),
  CONSTRAINT break_glass_check
    CHECK (((ends_at > opened_at) AND (ends_at <= (opened_at + '03:00:00'::interval)))),
  CONSTRAINT break_glass_check1
    CHECK ((((reviewed_at IS NULL) = (reviewed_by IS NULL)) AND ((reviewed_at IS NULL) = (verdict IS NULL)))),
  CONSTRAINT break_glass_verdict_check
    CHECK ((verdict = ANY (ARRAY['justified'::text, 'unjustified'::text])))
);
CREATE INDEX break_glass_newest ON public.break_glass
  USING btree (opened_at DESC, public_id DESC);
CREATE INDEX break_glass_subject ON public.break_glass
  USING btree (subject, ends_at);
CREATE INDEX break_glass_unbound ON public.break_glass
  USING btree (id)
  WHERE (NOT bound);

CREATE TABLE budgets (
  province text NOT NULL,
  questions_per_hour bigint NOT NULL,
  persons_per_hour bigint NOT NULL,
  questions_per_day bigint NOT NULL,
  persons_per_day bigint NOT NULL,
  CONSTRAINT budgets_pkey PRIMARY KEY (province),
  CONSTRAINT budgets_persons_per_day_check
    CHECK ((persons_per_day >= 0)),
  CONSTRAINT budgets_persons_per_hour_check
    CHECK ((persons_per_hour >= 0)),
  CONSTRAINT budgets_questions_per_day_check
    CHECK ((questions_per_day >= 0)),
  CONSTRAINT budgets_questions_per_hour_check
    CHECK ((questions_per_hour >= 0))
);

CREATE TABLE calls (
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  task_id bigint NOT NULL,
  follow_up_id integer NOT NULL,
  at bigint NOT NULL,
  by text NOT NULL,
  outcome smallint NOT NULL,
  next_at bigint,
  late boolean NOT NULL DEFAULT false,
  note_sealed bytea,
  key_generation integer NOT NULL,
  CONSTRAINT calls_pkey PRIMARY KEY (id),
  CONSTRAINT calls_follow_up_id_fkey FOREIGN KEY (follow_up_id)
    REFERENCES follow_ups(id),
  CONSTRAINT calls_task_id_fkey FOREIGN KEY (task_id)
    REFERENCES tasks(id)
);
CREATE INDEX calls_of ON public.calls
  USING btree (follow_up_id, id);
CREATE INDEX calls_of_task ON public.calls
  USING btree (task_id);

CREATE TABLE case_identifiers (
  case_id uuid NOT NULL,
  position integer NOT NULL,
  identifier_id integer NOT NULL,
  CONSTRAINT case_identifiers_pkey PRIMARY KEY (case_id, "position"),
  CONSTRAINT case_identifiers_case_id_identifier_id_key UNIQUE (case_id, identifier_id),
  CONSTRAINT case_identifiers_case_id_fkey FOREIGN KEY (case_id)
    REFERENCES cases(id),
  CONSTRAINT case_identifiers_identifier_id_fkey FOREIGN KEY (identifier_id)
    REFERENCES identifiers(id)
);
CREATE INDEX case_identifiers_identifier ON public.case_identifiers
  USING btree (identifier_id);

CREATE TABLE cases (
  id uuid NOT NULL,
  onset_on date,
  sampled_at timestamp(0) with time zone,
  isolated_at timestamp(0) with time zone,
  created_at timestamp(0) with time zone NOT NULL DEFAULT now(),
  changed_at timestamp(0) with time zone NOT NULL DEFAULT now(),
  withdrawn_at timestamp(0) with time zone,
  ward text,
  version integer NOT NULL DEFAULT 1,
  CONSTRAINT cases_pkey PRIMARY KEY (id),
  CONSTRAINT cases_check
    CHECK (((onset_on IS NOT NULL) OR (sampled_at IS NOT NULL)))
);
CREATE INDEX cases_by_ward ON public.cases
  USING btree (ward, created_at DESC, id DESC);
CREATE INDEX cases_newest ON public.cases
  USING btree (created_at DESC, id DESC);

CREATE TABLE check_ins (
  identifier_id integer NOT NULL,
  place_id integer NOT NULL,
  in_at bigint NOT NULL,
  out_at bigint,
  next_in_at bigint
) PARTITION BY RANGE (in_at);
CREATE UNIQUE INDEX check_ins_key ON ONLY public.check_ins
  USING btree (identifier_id, in_at, place_id)
  INCLUDE (out_at, next_in_at);
CREATE INDEX check_ins_place ON ONLY public.check_ins
  USING btree (place_id, in_at)
  INCLUDE (identifier_id, out_at, next_in_at);

CREATE TABLE contacts (
  trace_id text NOT NULL,
  contact_id text NOT NULL,
  degree smallint NOT NULL,
  first_exposed_at bigint NOT NULL,
  last_exposed_at bigint NOT NULL,
  seconds bigint NOT NULL,
  settings smallint NOT NULL,
  place_kinds integer NOT NULL,
  exposed_in text[] NOT NULL,
  identifier_ids integer[] NOT NULL,
  ward text,
  delivery integer NOT NULL,
  withdrawn_at timestamp(0) with time zone,
  delivered_at timestamp(0) with time zone NOT NULL DEFAULT now(),
  also_claimed boolean NOT NULL DEFAULT false,
  take_over text,
  take_over_refusal text,
  CONSTRAINT contacts_pkey PRIMARY KEY (trace_id, contact_id),
  CONSTRAINT contacts_check
    CHECK (((take_over_refusal IS NOT NULL) = (NOT (take_over IS DISTINCT FROM 'refused'::text)))),
  CONSTRAINT contacts_take_over_check
    CHECK ((take_over = ANY (ARRAY['asked'::text, 'agreed'::text, 'refused'::text])))
);
CREATE INDEX contacts_by_ward ON public.contacts
  USING btree (trace_id, ward, contact_id);
CREATE INDEX contacts_identifiers ON public.contacts
  USING gin (identifier_ids);
CREATE INDEX contacts_in_order ON public.contacts
  USING btree (trace_id, degree, ((- last_exposed_at)), contact_id)
  WHERE (withdrawn_at IS NULL);
CREATE INDEX contacts_of_ward ON public.contacts
  USING btree (ward, trace_id);

CREATE TABLE cursor_keys (
  only_row boolean NOT NULL DEFAULT true,
  key bytea NOT NULL,
  CONSTRAINT cursor_keys_pkey PRIMARY KEY (only_row),
  CONSTRAINT cursor_keys_key_check
    CHECK ((length(key) = 32)),
  CONSTRAINT cursor_keys_only_row_check
    CHECK (only_row)
);

CREATE TABLE data_keys (
  generation integer NOT NULL,
  check_value bytea NOT NULL,
  first_used_at timestamp(0) with time zone NOT NULL DEFAULT now(),
  retired_at timestamp(0) with time zone,
  CONSTRAINT data_keys_pkey PRIMARY KEY (generation),
  CONSTRAINT data_keys_check_value_check
    CHECK ((length(check_value) = 16)),
  CONSTRAINT data_keys_generation_check
    CHECK (((generation >= 1) AND (generation <= 65535)))
);

CREATE TABLE deliveries (
  trace_id text NOT NULL,
  applied integer NOT NULL,
  CONSTRAINT deliveries_pkey PRIMARY KEY (trace_id)
);

CREATE TABLE encounters (
  identifier_a integer NOT NULL,
  identifier_b integer NOT NULL,
  from_at bigint NOT NULL,
  until_at bigint NOT NULL,
  rssi smallint,
  CONSTRAINT encounters_check
    CHECK ((identifier_a < identifier_b)),
  CONSTRAINT encounters_check1
    CHECK ((from_at <= until_at))
) PARTITION BY RANGE (from_at);
CREATE INDEX encounters_b ON ONLY public.encounters
  USING btree (identifier_b, from_at, identifier_a, until_at);
CREATE UNIQUE INDEX encounters_key ON ONLY public.encounters
  USING btree (identifier_a, from_at, identifier_b, until_at);

CREATE TABLE feed (
  slot smallint NOT NULL DEFAULT (((EXTRACT(epoch FROM now()))::bigint / 86400) % (9)::bigint),
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  kind text NOT NULL,
  at timestamp with time zone NOT NULL DEFAULT now(),
  body jsonb NOT NULL
) PARTITION BY LIST (slot);
CREATE INDEX feed_id ON ONLY public.feed
  USING btree (id);

CREATE TABLE feed_cursors (
  name text NOT NULL,
  position bigint NOT NULL,
  gaps jsonb NOT NULL,
  CONSTRAINT feed_cursors_pkey PRIMARY KEY (name)
);

CREATE TABLE follow_up_contacts (
  trace_id text NOT NULL,
  contact_id text NOT NULL,
  follow_up_id integer NOT NULL,
  direction text NOT NULL,
  degree smallint NOT NULL,
  first_exposed_at bigint NOT NULL,
  last_exposed_at bigint NOT NULL,
  seconds bigint NOT NULL,
  settings smallint NOT NULL,
  place_kinds integer NOT NULL,
  exposed_in text[] NOT NULL,
  withdrawn_at bigint,
  CONSTRAINT follow_up_contacts_pkey PRIMARY KEY (trace_id, contact_id),
  CONSTRAINT follow_up_contacts_direction_check
    CHECK ((direction = ANY (ARRAY['forward'::text, 'backward'::text]))),
  CONSTRAINT follow_up_contacts_follow_up_id_fkey FOREIGN KEY (follow_up_id)
    REFERENCES follow_ups(id)
);
CREATE INDEX follow_up_contacts_of ON public.follow_up_contacts
  USING btree (follow_up_id);

CREATE TABLE follow_up_identifiers (
  identifier_id integer NOT NULL,
  follow_up_id integer NOT NULL,
  CONSTRAINT follow_up_identifiers_pkey PRIMARY KEY (identifier_id, follow_up_id),
  CONSTRAINT follow_up_identifiers_follow_up_id_fkey FOREIGN KEY (follow_up_id)
    REFERENCES follow_ups(id),
  CONSTRAINT follow_up_identifiers_identifier_id_fkey FOREIGN KEY (identifier_id)
    REFERENCES identifiers(id)
);
CREATE INDEX follow_up_identifiers_of ON public.follow_up_identifiers
  USING btree (follow_up_id);

CREATE TABLE follow_up_log (
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  follow_up_id integer NOT NULL,
  at bigint NOT NULL,
  by text,
  command text NOT NULL,
  before jsonb,
  after jsonb,
  reason_sealed bytea,
  key_generation integer NOT NULL,
  CONSTRAINT follow_up_log_pkey PRIMARY KEY (id),
  CONSTRAINT follow_up_log_follow_up_id_fkey FOREIGN KEY (follow_up_id)
    REFERENCES follow_ups(id)
);
CREATE INDEX follow_up_log_of ON public.follow_up_log
  USING btree (follow_up_id, id);

CREATE TABLE follow_up_replans (
  pack integer NOT NULL,
  last_id integer NOT NULL DEFAULT 0,
  done_at bigint,
  CONSTRAINT follow_up_replans_pkey PRIMARY KEY (pack)
);

CREATE TABLE follow_ups (
  id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
  public_id uuid NOT NULL,
  ward text,
  ward_by_hand boolean NOT NULL DEFAULT false,
  identifier_ids integer[] NOT NULL,
  reason smallint NOT NULL,
  state smallint NOT NULL,
  outcome smallint,
  episode smallint NOT NULL DEFAULT 1,
  began_at bigint NOT NULL,
  opened_at bigint NOT NULL,
  closed_at bigint,
  degree smallint,
  first_exposed_at bigint,
  last_exposed_at bigint,
  plan text,
  pack integer,
  priority smallint NOT NULL DEFAULT 3,
  day0 date,
  place_planned smallint,
  quarantine_until date,
  watch_until date,
  place smallint,
  place_name text,
  quarantined_at bigint,
  refused boolean NOT NULL DEFAULT false,
  next_report_on date,
  symptomatic_since date,
  tracer text,
  case_id uuid,
  case_trace text,
  case_province text,
  version integer NOT NULL DEFAULT 1,
  CONSTRAINT follow_ups_pkey PRIMARY KEY (id),
  CONSTRAINT follow_ups_public_id_key UNIQUE (public_id)
);
CREATE INDEX follow_ups_by_state ON public.follow_ups
  USING btree (ward, state, priority, id);
CREATE INDEX follow_ups_ends ON public.follow_ups
  USING btree (COALESCE(watch_until, quarantine_until), id)
  WHERE (state < 9);
CREATE INDEX follow_ups_of_all ON public.follow_ups
  USING btree (priority, id)
  WHERE (state < 9);
CREATE INDEX follow_ups_open ON public.follow_ups
  USING btree (ward, priority, id)
  WHERE (state < 9);
CREATE INDEX follow_ups_quarantines ON public.follow_ups
  USING btree (quarantine_until, id)
  WHERE (state = 4);
CREATE INDEX follow_ups_reports ON public.follow_ups
  USING btree (next_report_on)
  WHERE (state = ANY (ARRAY[4, 5]));

CREATE TABLE households (
  id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
  name_sealed bytea NOT NULL,
  name_index bytea NOT NULL,
  key_generation integer NOT NULL,
  CONSTRAINT households_pkey PRIMARY KEY (id),
  CONSTRAINT households_name_index_key UNIQUE (name_index),
  CONSTRAINT households_name_index_check
    CHECK ((length(name_index) = 16))
);

CREATE TABLE idempotency (
  caller text NOT NULL,
  key text NOT NULL,
  digest bytea NOT NULL,
  answer jsonb,
  at bigint NOT NULL,
  CONSTRAINT idempotency_pkey PRIMARY KEY (caller, key),
  CONSTRAINT idempotency_digest_check
    CHECK ((length(digest) = 32))
);
CREATE INDEX idempotency_oldest ON public.idempotency
  USING btree (at);

CREATE TABLE identifier_respelling (
  done_until integer NOT NULL DEFAULT 0,
  last_id integer NOT NULL
);

CREATE TABLE identifiers (
  id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
  token bytea,
  token_generation integer,
  value_sealed bytea NOT NULL,
  value_index bytea NOT NULL,
  key_generation integer NOT NULL,
  kind smallint NOT NULL,
  next_token bytea,
  next_generation integer,
  CONSTRAINT identifiers_pkey PRIMARY KEY (id),
  CONSTRAINT identifiers_value_index_key UNIQUE (value_index),
  CONSTRAINT identifiers_kind_check
    CHECK (((kind >= 0) AND (kind <= 6))),
  CONSTRAINT identifiers_next_check
    CHECK (((next_token IS NULL) = (next_generation IS NULL))),
  CONSTRAINT identifiers_next_token_check
    CHECK ((length(next_token) = 24)),
  CONSTRAINT identifiers_token_check
    CHECK ((length(token) = ANY (ARRAY[16, 24]))),
  CONSTRAINT identifiers_value_index_check
    CHECK ((length(value_index) = 16))
);
CREATE INDEX identifiers_of_no_kind ON public.identifiers
  USING btree (id)
  WHERE (kind = 0);
CREATE INDEX identifiers_plain_token ON public.identifiers
  USING btree (id)
  WHERE (length(token) = 16);
CREATE INDEX identifiers_untokenized ON public.identifiers
  USING btree (id)
  WHERE (token IS NULL);

CREATE TABLE known_provinces (
  province text NOT NULL,
  statement text NOT NULL,
  stated_at bigint NOT NULL,
  accepted_at timestamp(0) with time zone NOT NULL DEFAULT now(),
  revoked_at timestamp(0) with time zone,
  CONSTRAINT known_provinces_pkey PRIMARY KEY (province)
);

CREATE TABLE node_state (
  only_row boolean NOT NULL DEFAULT true,
  incarnation bigint NOT NULL DEFAULT 0,
  data_at bigint NOT NULL DEFAULT 0,
  CONSTRAINT node_state_pkey PRIMARY KEY (only_row),
  CONSTRAINT node_state_only_row_check
    CHECK (only_row)
);

CREATE TABLE openings (
  trace_id text NOT NULL,
  revision integer NOT NULL,
  province text NOT NULL,
  opening text NOT NULL,
  expires_at bigint NOT NULL,
  first_seen_at timestamp(0) with time zone NOT NULL DEFAULT now(),
  federation_key integer NOT NULL DEFAULT 1,
  asks_from bigint NOT NULL DEFAULT 0,
  asks_until bigint NOT NULL DEFAULT '4294967295'::bigint,
  closed_at bigint,
  CONSTRAINT openings_pkey PRIMARY KEY (trace_id, revision),
  CONSTRAINT openings_federation_key_check
    CHECK ((federation_key > 0))
);
CREATE INDEX openings_by_federation_key ON public.openings
  USING btree (federation_key, expires_at);
CREATE INDEX openings_ended ON public.openings
  USING btree (COALESCE(closed_at, expires_at));
CREATE INDEX openings_newest ON public.openings
  USING btree (first_seen_at DESC, trace_id DESC);
CREATE INDEX openings_reaching ON public.openings
  USING btree (asks_from)
  WHERE (closed_at IS NULL);

CREATE TABLE oprf_keys (
  generation integer NOT NULL,
  check_value text NOT NULL,
  statement text,
  pinned_at timestamp(0) with time zone NOT NULL DEFAULT now(),
  CONSTRAINT oprf_keys_pkey PRIMARY KEY (generation),
  CONSTRAINT oprf_keys_check_value_check
    CHECK ((check_value ~ '^[0-9a-f]{32}$'::text)),
  CONSTRAINT oprf_keys_generation_check
    CHECK ((generation > 0))
);

CREATE TABLE outgoing (
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  channel text NOT NULL,
  key text NOT NULL,
  subject text NOT NULL,
  body jsonb NOT NULL,
  state text NOT NULL DEFAULT 'waiting'::text,
  tries integer NOT NULL DEFAULT 0,
  failure text,
  created_at timestamp(0) with time zone NOT NULL DEFAULT now(),
  due_at timestamp with time zone NOT NULL DEFAULT now(),
  ended_at timestamp(0) with time zone,
  CONSTRAINT outgoing_pkey PRIMARY KEY (id),
  CONSTRAINT outgoing_channel_key_key UNIQUE (channel, key),
  CONSTRAINT outgoing_check
    CHECK (((state = 'waiting'::text) = (ended_at IS NULL))),
  CONSTRAINT outgoing_state_check
    CHECK ((state = ANY (ARRAY['waiting'::text, 'sent'::text, 'dead'::text, 'discarded'::text])))
);
CREATE INDEX outgoing_dead ON public.outgoing
  USING btree (id)
  WHERE (state = 'dead'::text);
CREATE INDEX outgoing_due ON public.outgoing
  USING btree (channel, due_at, id)
  WHERE (state = 'waiting'::text);
CREATE INDEX outgoing_ended ON public.outgoing
  USING btree (ended_at)
  WHERE (ended_at IS NOT NULL);
CREATE INDEX outgoing_in_order ON public.outgoing
  USING btree (channel, subject, id)
  WHERE (state = 'waiting'::text);

CREATE TABLE people (
  id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
  sex text,
  province text,
  ward text,
  name_sealed bytea,
  born_on_sealed bytea,
  address_sealed bytea,
  key_generation integer NOT NULL,
  CONSTRAINT people_pkey PRIMARY KEY (id),
  CONSTRAINT people_sex_check
    CHECK ((sex = ANY (ARRAY['male'::text, 'female'::text, 'other'::text])))
);

CREATE TABLE places (
  id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
  place text NOT NULL,
  kind smallint NOT NULL,
  ward text,
  capacity integer,
  latitude double precision,
  longitude double precision,
  name_sealed bytea,
  key_generation integer NOT NULL,
  bound boolean NOT NULL DEFAULT true,
  CONSTRAINT places_pkey PRIMARY KEY (id),
  CONSTRAINT places_place_key UNIQUE (place)
);
CREATE INDEX places_unbound ON public.places
  USING btree (id)
  WHERE (NOT bound);

CREATE TABLE record_identifiers (
  identifier_id integer NOT NULL,
  record_id bigint NOT NULL,
  position smallint NOT NULL,
  CONSTRAINT record_identifiers_pkey PRIMARY KEY (identifier_id, record_id),
  CONSTRAINT record_identifiers_identifier_id_fkey FOREIGN KEY (identifier_id)
    REFERENCES identifiers(id)
);
CREATE INDEX record_identifiers_record ON public.record_identifiers
  USING btree (record_id);

CREATE TABLE record_secret (
  id integer NOT NULL,
  value_sealed bytea NOT NULL,
  key_generation integer NOT NULL,
  CONSTRAINT record_secret_pkey PRIMARY KEY (id),
  CONSTRAINT record_secret_id_check
    CHECK ((id = 1))
);

CREATE TABLE record_versions (
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  record_id bigint NOT NULL,
  version integer NOT NULL,
  identifier_ids integer[] NOT NULL,
  person_sealed bytea,
  sex text,
  birth_year smallint,
  province text,
  ward text,
  household_id integer,
  at bigint NOT NULL,
  key_generation integer NOT NULL,
  bound boolean NOT NULL DEFAULT true,
  CONSTRAINT record_versions_pkey PRIMARY KEY (id),
  CONSTRAINT record_versions_record_id_version_key UNIQUE (record_id, version),
  CONSTRAINT record_versions_record_id_fkey FOREIGN KEY (record_id)
    REFERENCES records(id)
);
CREATE INDEX record_versions_household ON public.record_versions
  USING btree (household_id)
  WHERE (household_id IS NOT NULL);
CREATE INDEX record_versions_identifiers ON public.record_versions
  USING gin (identifier_ids);
CREATE INDEX record_versions_oldest ON public.record_versions
  USING btree (at);
CREATE INDEX record_versions_unbound ON public.record_versions
  USING btree (id)
  WHERE (NOT bound);

CREATE TABLE records (
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  source smallint NOT NULL,
  source_key bytea NOT NULL,
  identifier_ids integer[] NOT NULL,
  person_sealed bytea,
  sex text,
  birth_year smallint,
  province text,
  ward text,
  household_id integer,
  principal_id integer,
  at bigint NOT NULL,
  retracted_at bigint,
  version integer NOT NULL DEFAULT 1,
  key_generation integer NOT NULL,
  waits_for text[],
  written_by text,
  written_within text[],
  bound boolean NOT NULL DEFAULT true,
  CONSTRAINT records_pkey PRIMARY KEY (id),
  CONSTRAINT records_check
    CHECK (((sex IS NULL) = (birth_year IS NULL))),
  CONSTRAINT records_check1
    CHECK (((household_id IS NULL) = (principal_id IS NULL))),
  CONSTRAINT records_identifier_ids_check
    CHECK (((cardinality(identifier_ids) >= 1) AND (cardinality(identifier_ids) <= 20))),
  CONSTRAINT records_sex_check
    CHECK ((sex = ANY (ARRAY['male'::text, 'female'::text, 'other'::text]))),
  CONSTRAINT records_source_key_check
    CHECK (((length(source_key) >= 1) AND (length(source_key) <= 32))),
  CONSTRAINT records_waits
    CHECK (((waits_for IS NULL) OR (written_by IS NOT NULL))),
  CONSTRAINT records_waits_for_check
    CHECK ((cardinality(waits_for) > 0)),
  CONSTRAINT records_written
    CHECK (((written_by IS NULL) = (written_within IS NULL))),
  CONSTRAINT records_household_id_fkey FOREIGN KEY (household_id)
    REFERENCES households(id),
  CONSTRAINT records_principal_id_fkey FOREIGN KEY (principal_id)
    REFERENCES identifiers(id)
);
CREATE INDEX records_household ON public.records
  USING btree (household_id)
  WHERE (household_id IS NOT NULL);
CREATE INDEX records_of_areas ON public.records
  USING btree (id)
  WHERE ((written_within IS NOT NULL) AND (waits_for IS NULL) AND (retracted_at IS NULL));
CREATE INDEX records_retracted ON public.records
  USING btree (retracted_at)
  WHERE (retracted_at IS NOT NULL);
CREATE UNIQUE INDEX records_standing ON public.records
  USING btree (source, source_key)
  WHERE (retracted_at IS NULL);
CREATE INDEX records_to_complete ON public.records
  USING btree (id)
  WHERE (key_generation = 0);
CREATE INDEX records_unbound ON public.records
  USING btree (id)
  WHERE (NOT bound);
CREATE INDEX records_waiting ON public.records
  USING btree (id)
  WHERE ((waits_for IS NOT NULL) AND (retracted_at IS NULL));

CREATE TABLE reports (
  follow_up_id integer NOT NULL,
  on_date date NOT NULL,
  key text NOT NULL,
  at bigint NOT NULL,
  temp smallint,
  symptoms integer NOT NULL DEFAULT 0,
  source smallint NOT NULL,
  by text,
  CONSTRAINT reports_pkey PRIMARY KEY (follow_up_id, on_date, key),
  CONSTRAINT reports_follow_up_id_fkey FOREIGN KEY (follow_up_id)
    REFERENCES follow_ups(id)
);

CREATE TABLE rule_packs (
  number integer NOT NULL,
  signed text NOT NULL,
  pack jsonb NOT NULL,
  CONSTRAINT rule_packs_pkey PRIMARY KEY (number)
);

CREATE TABLE service_accounts (
  id uuid NOT NULL,
  name text NOT NULL,
  key_sha256 bytea NOT NULL,
  scopes text[] NOT NULL,
  created_by text NOT NULL,
  created_at timestamp(0) with time zone NOT NULL,
  expires_at timestamp(0) with time zone,
  revoked_at timestamp(0) with time zone,
  version integer NOT NULL DEFAULT 1,
  area text,
  CONSTRAINT service_accounts_pkey PRIMARY KEY (id),
  CONSTRAINT service_accounts_key_sha256_key UNIQUE (key_sha256),
  CONSTRAINT service_accounts_key_sha256_check
    CHECK ((length(key_sha256) = 32))
);
CREATE INDEX service_accounts_newest ON public.service_accounts
  USING btree (created_at DESC, id DESC);

CREATE TABLE superseded_case_identifiers (
  case_id uuid NOT NULL,
  version integer NOT NULL,
  position integer NOT NULL,
  identifier_id integer NOT NULL,
  superseded_at timestamp(0) with time zone NOT NULL DEFAULT now(),
  superseded_by text NOT NULL,
  CONSTRAINT superseded_case_identifiers_pkey PRIMARY KEY (case_id, version, "position"),
  CONSTRAINT superseded_case_identifiers_case_id_fkey FOREIGN KEY (case_id)
    REFERENCES cases(id),
  CONSTRAINT superseded_case_identifiers_identifier_id_fkey FOREIGN KEY (identifier_id)
    REFERENCES identifiers(id)
);
CREATE INDEX superseded_case_identifiers_identifier ON public.superseded_case_identifiers
  USING btree (identifier_id);

CREATE TABLE tasks (
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  follow_up_id integer,
  case_id uuid,
  lead_id integer,
  episode smallint NOT NULL DEFAULT 1,
  kind smallint NOT NULL,
  cause text NOT NULL,
  ward text,
  state smallint NOT NULL DEFAULT 1,
  priority smallint NOT NULL,
  not_before bigint NOT NULL,
  due_at bigint NOT NULL,
  expires_at bigint,
  assignee text,
  claimed_until bigint,
  last_assignee text,
  last_until bigint,
  attempts smallint NOT NULL DEFAULT 0,
  method text,
  outcome smallint,
  data jsonb,
  done_at bigint,
  done_by text,
  version integer NOT NULL DEFAULT 1,
  CONSTRAINT tasks_pkey PRIMARY KEY (id),
  CONSTRAINT tasks_follow_up_id_case_id_lead_id_episode_kind_cause_key UNIQUE NULLS NOT DISTINCT (follow_up_id, case_id, lead_id, episode, kind, cause),
  CONSTRAINT tasks_check
    CHECK ((num_nonnulls(follow_up_id, case_id, lead_id) = 1)),
  CONSTRAINT tasks_follow_up_id_fkey FOREIGN KEY (follow_up_id)
    REFERENCES follow_ups(id)
);
CREATE INDEX tasks_expiring ON public.tasks
  USING btree (expires_at)
  WHERE ((state = ANY (ARRAY[1, 2])) AND (expires_at IS NOT NULL));
CREATE INDEX tasks_open_all ON public.tasks
  USING btree (priority, due_at, id)
  WHERE (state = ANY (ARRAY[1, 2]));
CREATE INDEX tasks_open_kind ON public.tasks
  USING btree (ward, kind, due_at, id)
  WHERE (state = ANY (ARRAY[1, 2]));
CREATE INDEX tasks_open_mine ON public.tasks
  USING btree (assignee, priority, due_at, id)
  WHERE (state = ANY (ARRAY[1, 2]));
CREATE INDEX tasks_open_ward ON public.tasks
  USING btree (ward, priority, due_at, id)
  WHERE (state = ANY (ARRAY[1, 2]));

CREATE TABLE token_generations (
  id integer NOT NULL DEFAULT 1,
  current integer NOT NULL,
  next integer,
  is_complete boolean NOT NULL DEFAULT false,
  is_moved boolean NOT NULL DEFAULT true,
  CONSTRAINT token_generations_pkey PRIMARY KEY (id),
  CONSTRAINT token_generations_check
    CHECK ((next <> current)),
  CONSTRAINT token_generations_check1
    CHECK (((next IS NOT NULL) OR (NOT is_complete))),
  CONSTRAINT token_generations_id_check
    CHECK ((id = 1))
);

CREATE TABLE trace_alarms (
  trace_id text NOT NULL,
  reason text NOT NULL,
  persons integer NOT NULL,
  heard_at timestamp(0) with time zone NOT NULL DEFAULT now(),
  CONSTRAINT trace_alarms_pkey PRIMARY KEY (trace_id, reason),
  CONSTRAINT trace_alarms_trace_id_fkey FOREIGN KEY (trace_id)
    REFERENCES traces(id) ON DELETE CASCADE
);

CREATE TABLE trace_cases (
  trace_id text NOT NULL,
  case_id uuid NOT NULL,
  position integer NOT NULL,
  CONSTRAINT trace_cases_pkey PRIMARY KEY (trace_id, case_id),
  CONSTRAINT trace_cases_case_id_fkey FOREIGN KEY (case_id)
    REFERENCES cases(id),
  CONSTRAINT trace_cases_trace_id_fkey FOREIGN KEY (trace_id)
    REFERENCES traces(id)
);
CREATE INDEX trace_cases_case ON public.trace_cases
  USING btree (case_id);

CREATE TABLE traces (
  id text NOT NULL,
  direction text NOT NULL,
  max_degree integer NOT NULL,
  as_of bigint NOT NULL,
  rules integer NOT NULL,
  revision integer NOT NULL DEFAULT 0,
  opening text,
  created_at timestamp(0) with time zone NOT NULL DEFAULT now(),
  accepted_at timestamp(0) with time zone,
  refusal text,
  closing boolean NOT NULL DEFAULT false,
  closed_at timestamp(0) with time zone,
  status jsonb,
  federation_key integer,
  refused_at timestamp(0) with time zone,
  version integer NOT NULL DEFAULT 1,
  noticed jsonb NOT NULL DEFAULT '[]'::jsonb,
  key_generation integer,
  CONSTRAINT traces_pkey PRIMARY KEY (id),
  CONSTRAINT traces_direction_check
    CHECK ((direction = ANY (ARRAY['forward'::text, 'backward'::text]))),
  CONSTRAINT traces_federation_key_check
    CHECK ((federation_key > 0))
);
CREATE INDEX traces_newest ON public.traces
  USING btree (created_at DESC, id DESC);
CREATE INDEX traces_unaccepted ON public.traces
  USING btree (refused_at NULLS FIRST, created_at)
  WHERE (((accepted_at IS NULL) OR closing) AND (closed_at IS NULL));

CREATE TABLE versions (
  name text NOT NULL,
  version integer NOT NULL,
  CONSTRAINT versions_pkey PRIMARY KEY (name)
);

CREATE OR REPLACE FUNCTION public.drop_partition(parent text, week bigint)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
  IF parent NOT IN ('check_ins', 'encounters') OR mod(week - 345600, 604800) <> 0 THEN
    RAISE EXCEPTION 'no such partition' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('partitions of ' || parent));
  EXECUTE format('DROP TABLE IF EXISTS public.%I',
    parent || to_char(to_timestamp(week) AT TIME ZONE 'UTC', '_YYYY_MM_DD'));
END $function$
;

CREATE OR REPLACE FUNCTION public.forget_feed()
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '2s'
AS $function$
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
END $function$
;

CREATE OR REPLACE FUNCTION public.make_partition(parent text, week bigint)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
  monday timestamp := to_timestamp(week) AT TIME ZONE 'UTC';
  child text := parent || to_char(monday, '_YYYY_MM_DD');
BEGIN
  IF parent NOT IN ('check_ins', 'encounters') OR mod(week - 345600, 604800) <> 0
    OR monday < '0001-01-01' OR monday >= '10000-01-01' THEN
    RAISE EXCEPTION 'no such partition' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('partitions of ' || parent));
  IF to_regclass(format('public.%I', child)) IS NOT NULL THEN RETURN; END IF;
  EXECUTE format(
    'CREATE TABLE public.%I (LIKE public.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)',
    child, parent);
  EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION public.%I FOR VALUES FROM (%s) TO (%s)',
    parent, child, week, week + 604800);
END $function$
;

CREATE OR REPLACE FUNCTION public.record_rank(source smallint)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE source WHEN 2 THEN 0 WHEN 4 THEN 1 WHEN 3 THEN 2 WHEN 1 THEN 3 ELSE 4 END
;

CREATE OR REPLACE FUNCTION public.refuse_audit_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
END $function$
;

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_checkpoints FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_peer_checkpoints FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_records FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_tree FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
