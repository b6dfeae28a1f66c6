-- The audit log: entries are only ever added, in the transaction of what they record. Tables named `audit_…`
-- are append-only for the running program (shared/db/program-role.ts), and for the owner by the trigger.
CREATE TABLE audit_records (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Transaction that wrote it: what is older than every running one has been seen by the sealer.
  xact xid8 NOT NULL DEFAULT pg_current_xact_id(),
  -- The exact JSON text that is hashed (shared/audit/record.ts).
  body text NOT NULL
);
CREATE INDEX audit_records_xact ON audit_records (xact, id);

-- The Merkle tree over the entries (RFC 6962): level 0 gives an entry its position, level n holds the hashes
-- of the whole subtrees of 2^n entries. What is here never changes.
CREATE TABLE audit_tree (
  level smallint NOT NULL CHECK (level BETWEEN 0 AND 62),
  position bigint NOT NULL CHECK (position >= 0),
  hash bytea NOT NULL CHECK (length(hash) = 32),
  record_id bigint UNIQUE,
  PRIMARY KEY (level, position),
  CHECK ((level = 0) = (record_id IS NOT NULL))
);

-- Our own word on the log: signed notes (shared/audit/checkpoint.ts).
CREATE TABLE audit_checkpoints (
  size bigint PRIMARY KEY,
  root bytea NOT NULL CHECK (length(root) = 32),
  note text NOT NULL,
  signed_at timestamptz NOT NULL DEFAULT now()
);

-- What the other side has signed about its log. `conflict` names why one was refused: it is kept as evidence.
CREATE TABLE audit_peer_checkpoints (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- `hub`, or the province.
  peer text NOT NULL,
  size bigint NOT NULL,
  root bytea NOT NULL CHECK (length(root) = 32),
  note text NOT NULL,
  conflict text,
  received_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX audit_peer_checkpoints_newest ON audit_peer_checkpoints (peer, id);

CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_records
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_tree
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_checkpoints
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_peer_checkpoints
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

-- Makes the partition of the week that begins at `week`, if it is missing: the running program does not own
-- the tables. As a table by itself that is then attached, which takes no lock that readers or writers would
-- wait for.
CREATE FUNCTION make_partition(parent text, week bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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
END $$;
REVOKE EXECUTE ON FUNCTION make_partition(text, bigint) FROM PUBLIC;
