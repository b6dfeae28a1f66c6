-- Identifiers of cases have evaluations of their own: a flood of others used up what a province may ask of
-- the key service, and kept the traces of its cases waiting until the next hour.

ALTER TABLE key_budgets ADD cases_per_day bigint NOT NULL DEFAULT 40000 CHECK (cases_per_day >= 0);

-- Of this hour, beside `evaluations`.
ALTER TABLE key_evaluations ADD cases bigint NOT NULL DEFAULT 0;
