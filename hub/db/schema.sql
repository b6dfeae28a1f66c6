-- Made from the migrations by `npm run check:schema -- --write`; compared in CI. Never edited.

CREATE TABLE answers (
  trace_id text NOT NULL,
  seq integer NOT NULL,
  province text NOT NULL,
  incarnation bigint NOT NULL,
  data_version bigint NOT NULL,
  stale boolean NOT NULL DEFAULT false,
  body bytea STORAGE EXTERNAL NOT NULL,
  answered_at timestamp(0) with time zone NOT NULL DEFAULT now(),
  CONSTRAINT answers_pkey PRIMARY KEY (trace_id, seq, province),
  CONSTRAINT answers_trace_id_seq_fkey FOREIGN KEY (trace_id, seq)
    REFERENCES questions(trace_id, seq)
);
CREATE INDEX answers_of ON public.answers
  USING btree (province, trace_id);

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

CREATE TABLE certificates (
  serial text NOT NULL,
  province text NOT NULL,
  certificate text NOT NULL,
  not_after timestamp(0) with time zone NOT NULL,
  issued_at timestamp(0) with time zone NOT NULL,
  revoked_at timestamp(0) with time zone,
  CONSTRAINT certificates_pkey PRIMARY KEY (serial)
);
CREATE INDEX certificates_of ON public.certificates
  USING btree (province, not_after DESC);

CREATE TABLE cursor_keys (
  only_row boolean NOT NULL DEFAULT true,
  key bytea NOT NULL,
  CONSTRAINT cursor_keys_pkey PRIMARY KEY (only_row),
  CONSTRAINT cursor_keys_key_check
    CHECK ((length(key) = 32)),
  CONSTRAINT cursor_keys_only_row_check
    CHECK (only_row)
);

CREATE TABLE deliveries (
  trace_id text NOT NULL,
  province text NOT NULL,
  seq integer NOT NULL,
  body bytea STORAGE EXTERNAL NOT NULL,
  acknowledged_at timestamp(0) with time zone,
  CONSTRAINT deliveries_pkey PRIMARY KEY (trace_id, province, seq),
  CONSTRAINT deliveries_trace_id_fkey FOREIGN KEY (trace_id)
    REFERENCES traces(id)
);

CREATE TABLE enrolments (
  id uuid NOT NULL,
  kind text NOT NULL,
  invitation_id uuid,
  province text NOT NULL,
  address text NOT NULL,
  request text NOT NULL,
  fingerprint text NOT NULL,
  requested_at timestamp(0) with time zone NOT NULL,
  state text NOT NULL DEFAULT 'pending'::text,
  decided_at timestamp(0) with time zone,
  decided_by text,
  certificate text,
  statement text,
  version integer NOT NULL DEFAULT 1,
  CONSTRAINT enrolments_pkey PRIMARY KEY (id),
  CONSTRAINT enrolments_invitation_id_key UNIQUE (invitation_id),
  CONSTRAINT enrolments_kind_check
    CHECK ((kind = ANY (ARRAY['joining'::text, 'renewal'::text]))),
  CONSTRAINT enrolments_state_check
    CHECK ((state = ANY (ARRAY['pending'::text, 'approved'::text, 'rejected'::text]))),
  CONSTRAINT enrolments_invitation_id_fkey FOREIGN KEY (invitation_id)
    REFERENCES invitations(id)
);
CREATE INDEX enrolments_listed ON public.enrolments
  USING btree (requested_at DESC, id);
CREATE UNIQUE INDEX enrolments_renewal ON public.enrolments
  USING btree (province)
  WHERE ((kind = 'renewal'::text) AND (state = 'pending'::text));

CREATE TABLE federation_key_approvals (
  from_province text NOT NULL,
  to_province text NOT NULL,
  approval text NOT NULL,
  CONSTRAINT federation_key_approvals_pkey PRIMARY KEY (from_province, to_province)
);

CREATE TABLE federation_key_holders (
  province text NOT NULL,
  generation integer NOT NULL,
  check_value text NOT NULL,
  CONSTRAINT federation_key_holders_pkey PRIMARY KEY (province, generation),
  CONSTRAINT federation_key_holders_check_value_check
    CHECK ((check_value ~ '^[0-9a-f]{32}$'::text)),
  CONSTRAINT federation_key_holders_generation_check
    CHECK ((generation > 0))
);

CREATE TABLE federation_key_wraps (
  to_province text NOT NULL,
  generation integer NOT NULL,
  from_province text NOT NULL,
  recipient text NOT NULL,
  wrap text NOT NULL,
  CONSTRAINT federation_key_wraps_pkey PRIMARY KEY (to_province, generation, from_province),
  CONSTRAINT federation_key_wraps_generation_check
    CHECK ((generation > 0))
);

CREATE TABLE federation_keys (
  generation integer NOT NULL,
  check_value text NOT NULL,
  province text NOT NULL,
  registered_at timestamp(0) with time zone NOT NULL DEFAULT now(),
  CONSTRAINT federation_keys_pkey PRIMARY KEY (generation),
  CONSTRAINT federation_keys_check_value_check
    CHECK ((check_value ~ '^[0-9a-f]{32}$'::text)),
  CONSTRAINT federation_keys_generation_check
    CHECK ((generation > 0))
);

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

CREATE TABLE first_loadings (
  province text NOT NULL,
  evaluations bigint NOT NULL,
  generation integer NOT NULL DEFAULT 1,
  CONSTRAINT first_loadings_pkey PRIMARY KEY (province, generation),
  CONSTRAINT first_loadings_generation_check
    CHECK ((generation > 0))
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

CREATE TABLE invitations (
  id uuid NOT NULL,
  province text NOT NULL,
  secret_sha256 bytea NOT NULL,
  made_by text NOT NULL,
  made_at timestamp(0) with time zone NOT NULL,
  expires_at timestamp(0) with time zone NOT NULL,
  CONSTRAINT invitations_pkey PRIMARY KEY (id)
);

CREATE TABLE key_budgets (
  province text NOT NULL,
  per_hour bigint NOT NULL,
  per_day bigint NOT NULL,
  first_loading bigint NOT NULL,
  cases_per_day bigint NOT NULL DEFAULT 40000,
  CONSTRAINT key_budgets_pkey PRIMARY KEY (province),
  CONSTRAINT key_budgets_cases_per_day_check
    CHECK ((cases_per_day >= 0)),
  CONSTRAINT key_budgets_first_loading_check
    CHECK ((first_loading >= 0)),
  CONSTRAINT key_budgets_per_day_check
    CHECK ((per_day >= 0)),
  CONSTRAINT key_budgets_per_hour_check
    CHECK ((per_hour >= 0))
);

CREATE TABLE key_evaluations (
  province text NOT NULL,
  hour timestamp(0) with time zone NOT NULL,
  evaluations bigint NOT NULL,
  cases bigint NOT NULL DEFAULT 0,
  CONSTRAINT key_evaluations_pkey PRIMARY KEY (province, hour)
);

CREATE TABLE key_rotations (
  generation integer NOT NULL,
  former integer NOT NULL,
  begun_at timestamp(0) with time zone NOT NULL DEFAULT now(),
  left_behind text[] NOT NULL DEFAULT '{}'::text[],
  used_from timestamp(0) with time zone,
  retired_at timestamp(0) with time zone,
  CONSTRAINT key_rotations_pkey PRIMARY KEY (generation),
  CONSTRAINT key_rotations_check
    CHECK (((former > 0) AND (former <> generation))),
  CONSTRAINT key_rotations_check1
    CHECK (((retired_at IS NULL) OR (used_from IS NOT NULL))),
  CONSTRAINT key_rotations_generation_check
    CHECK ((generation > 0))
);

CREATE TABLE members (
  province text NOT NULL,
  address text NOT NULL,
  statement text NOT NULL,
  stated_at timestamp(0) with time zone NOT NULL,
  enrolled_at timestamp(0) with time zone NOT NULL DEFAULT now(),
  revoked_at timestamp with time zone,
  revoked_because text,
  changed_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  version integer NOT NULL DEFAULT 1,
  CONSTRAINT members_pkey PRIMARY KEY (province)
);

CREATE TABLE openings (
  trace_id text NOT NULL,
  revision integer NOT NULL,
  opening text NOT NULL,
  countersignature text NOT NULL,
  accepted_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT openings_pkey PRIMARY KEY (trace_id, revision),
  CONSTRAINT openings_trace_id_fkey FOREIGN KEY (trace_id)
    REFERENCES traces(id)
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

CREATE TABLE provinces (
  province text NOT NULL,
  incarnation bigint NOT NULL DEFAULT 0,
  data_version bigint NOT NULL DEFAULT 0,
  data_at timestamp(0) with time zone,
  protocol integer NOT NULL DEFAULT 0,
  reported_at timestamp(0) with time zone,
  CONSTRAINT provinces_pkey PRIMARY KEY (province)
);

CREATE TABLE questions (
  trace_id text NOT NULL,
  seq integer NOT NULL,
  body bytea NOT NULL,
  asked_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT questions_pkey PRIMARY KEY (trace_id, seq),
  CONSTRAINT questions_trace_id_fkey FOREIGN KEY (trace_id)
    REFERENCES traces(id)
);

CREATE TABLE taken_over (
  trace_id text NOT NULL,
  contact_id text NOT NULL,
  province text NOT NULL,
  taken_at timestamp(0) with time zone NOT NULL DEFAULT now(),
  CONSTRAINT taken_over_pkey PRIMARY KEY (trace_id, contact_id),
  CONSTRAINT taken_over_trace_id_fkey FOREIGN KEY (trace_id)
    REFERENCES traces(id) ON DELETE CASCADE
);

CREATE TABLE trace_alarms (
  trace_id text NOT NULL,
  reason text NOT NULL,
  persons integer NOT NULL,
  raised_at timestamp(0) with time zone NOT NULL DEFAULT now(),
  CONSTRAINT trace_alarms_pkey PRIMARY KEY (trace_id, reason),
  CONSTRAINT trace_alarms_persons_check
    CHECK ((persons > 0)),
  CONSTRAINT trace_alarms_trace_id_fkey FOREIGN KEY (trace_id)
    REFERENCES traces(id) ON DELETE CASCADE
);

CREATE TABLE trace_exclusions (
  trace_id text NOT NULL,
  province text NOT NULL,
  reason text NOT NULL,
  CONSTRAINT trace_exclusions_pkey PRIMARY KEY (trace_id, province),
  CONSTRAINT trace_exclusions_trace_id_fkey FOREIGN KEY (trace_id)
    REFERENCES traces(id)
);

CREATE TABLE traces (
  id text NOT NULL,
  province text NOT NULL,
  opened_at timestamp with time zone NOT NULL DEFAULT now(),
  expires_at timestamp(0) with time zone NOT NULL,
  completed_at timestamp with time zone,
  closed_at timestamp with time zone,
  status jsonb,
  rested_at timestamp with time zone,
  asked text[] NOT NULL DEFAULT '{}'::text[],
  waits_for text[] NOT NULL DEFAULT '{}'::text[],
  version integer NOT NULL DEFAULT 1,
  key_generation integer NOT NULL DEFAULT 1,
  CONSTRAINT traces_pkey PRIMARY KEY (id)
);
CREATE INDEX traces_ended ON public.traces
  USING btree (closed_at)
  WHERE (closed_at IS NOT NULL);
CREATE INDEX traces_listed ON public.traces
  USING btree (opened_at DESC, id DESC);
CREATE INDEX traces_open ON public.traces
  USING btree (opened_at)
  WHERE (closed_at IS NULL);
CREATE INDEX traces_open_by_generation ON public.traces
  USING btree (key_generation)
  WHERE (closed_at IS NULL);

CREATE TABLE versions (
  name text NOT NULL,
  version integer NOT NULL,
  CONSTRAINT versions_pkey PRIMARY KEY (name)
);

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
