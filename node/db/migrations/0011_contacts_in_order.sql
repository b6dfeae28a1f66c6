-- Contacts are listed F1 first, those exposed last before others: a page is read off this index.
CREATE INDEX contacts_in_order ON contacts (trace_id, degree, (-last_exposed_at), contact_id)
  WHERE withdrawn_at IS NULL;
