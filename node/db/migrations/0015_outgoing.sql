\ir ../../../shared/db/migrations/outgoing.sql
