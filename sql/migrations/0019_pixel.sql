-- Where the pixel goes stands in the compiled template; in those from before
-- it goes to the end.

alter table godwit.template_versions no force row level security;
update godwit.template_versions set html_tracked = html_tracked || '{% pixel %}';
alter table godwit.template_versions force row level security;
