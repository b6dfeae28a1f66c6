-- What check-ins said of where somebody lives was written and never read: a residence is what records say.
ALTER TABLE identifiers DROP COLUMN home_province;
