\ir ../../../shared/db/migrations/cursor_keys.sql
