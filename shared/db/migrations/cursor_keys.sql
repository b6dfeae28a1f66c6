-- What signs the cursors of lists (shared/http/cursor-keys.ts): made once, the same for every start and every
-- instance of the program on this database. 244 random bits; whoever reads the database needs no cursors.
CREATE TABLE cursor_keys (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  key bytea NOT NULL CHECK (length(key) = 32)
);
INSERT INTO cursor_keys (key)
  VALUES (sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')));
