\ir ../../../shared/db/migrations/feed.sql
