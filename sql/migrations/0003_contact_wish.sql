-- When the contact last said whether it wants mail. Segments are drained in any
-- order: an earlier word that comes later must not undo it.
alter table godwit.contacts add column email_wished_at timestamptz;
