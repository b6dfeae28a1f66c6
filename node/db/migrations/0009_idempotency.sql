-- Requests that were answered (shared/acts/requests.ts): one that comes again is not done again. Not
-- partitioned by time: a retry after midnight must find its key. `key` and `digest` are digests; `answer`
-- holds ids, counts and codes. Rows older than 72 hours are deleted.
CREATE TABLE idempotency (
  caller text NOT NULL,
  key text NOT NULL,
  digest bytea NOT NULL CHECK (length(digest) = 32),
  answer jsonb,
  at bigint NOT NULL,
  PRIMARY KEY (caller, key)
);
CREATE INDEX idempotency_oldest ON idempotency (at);

-- Keys of traces are among them now; those of before the upgrade are forgotten.
ALTER TABLE traces DROP COLUMN idempotency_key, DROP COLUMN request_digest;
