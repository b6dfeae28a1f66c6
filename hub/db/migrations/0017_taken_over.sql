-- Contacts that a province which claims them as its residents has taken over from the one responsible: read
-- when the provinces' contacts are planned. `contact_id` is the pseudonym under which it was assigned.
CREATE TABLE taken_over (
  trace_id text NOT NULL REFERENCES traces ON DELETE CASCADE,
  contact_id text NOT NULL,
  province text NOT NULL,
  taken_at timestamptz(0) NOT NULL DEFAULT now(),
  PRIMARY KEY (trace_id, contact_id)
);
