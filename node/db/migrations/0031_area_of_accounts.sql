-- A program of one hospital enters cases of its ward, and what it writes of others waits as for people.
-- NULL = the whole province, as accounts of before have it.
ALTER TABLE service_accounts ADD COLUMN area text;
