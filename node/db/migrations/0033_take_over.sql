-- That this province wants to take over a contact that it also claims: NULL, or how the wish stands. It is
-- kept with the contact, so that it is erased with it and ends when the hub delivers the contact as this
-- province's own; what is still to be sent waits in `outgoing`. `take_over_refusal`: the hub's word.
ALTER TABLE contacts
  ADD COLUMN take_over text CHECK (take_over IN ('asked', 'agreed', 'refused')),
  ADD COLUMN take_over_refusal text,
  ADD CHECK ((take_over_refusal IS NOT NULL) = (take_over IS NOT DISTINCT FROM 'refused'));
