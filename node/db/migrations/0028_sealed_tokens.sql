-- The token of an identifier is the same at every node: two databases side by side told which of their
-- people are the same. It is sealed like all else, under a key of this node alone, and bound to its row (in
-- 24 bytes; those of 16 are of before, and sealed when the node next starts). Nobody looks up by token here.
ALTER TABLE identifiers
  DROP CONSTRAINT identifiers_token_key,
  DROP CONSTRAINT identifiers_token_check,
  ADD CONSTRAINT identifiers_token_check CHECK (length(token) IN (16, 24));
CREATE INDEX identifiers_plain_token ON identifiers (id) WHERE length(token) = 16;
