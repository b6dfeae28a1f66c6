-- A contact for whom another province is responsible, while this one claims the person as its resident.
ALTER TABLE contacts ADD COLUMN also_claimed boolean NOT NULL DEFAULT false;
