-- A ward is a code of five digits. What was taken as a ward's name stands at no ward's desk: it becomes
-- unknown, which is the desk of the province.
UPDATE people SET ward = NULL WHERE ward !~ '^[0-9]{5}$';
UPDATE places SET ward = NULL WHERE ward !~ '^[0-9]{5}$';
UPDATE contacts SET ward = NULL WHERE ward !~ '^[0-9]{5}$';
