-- What html was made of where it was not written by hand: {"kind", ...}, kept as
-- it came for whoever edits it again.
alter table godwit.template_versions add column design jsonb;
