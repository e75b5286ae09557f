-- Templates: categories, the version that is live, what was found in the content.

-- they take the name of the field as well now
drop function if exists godwit.template_find(jsonb, boolean);
drop function if exists godwit.version_find(godwit.templates, jsonb);

alter table godwit.templates
    add column category      text,
    add column live_version  int;       -- what campaigns take; null: none was published

-- What there is was in use as it is.
alter table godwit.templates no force row level security;
update godwit.templates set live_version = version where name is not null;
alter table godwit.templates force row level security;

alter table godwit.template_versions
    -- of a campaign's content: the template that it was taken from
    add column origin          bigint,
    add column origin_version  int,
    -- as it was compiled; null: before that was looked at
    add column lint            jsonb,   -- [{"rule","severity","field","locale"?,"arm"?,...}]
    add column names           jsonb;   -- variables: [{"name":[...],"safe","field",...}]

alter table godwit.snippets
    add column lint   jsonb,            -- as of template_versions
    add column names  jsonb;

-- what looked for a contact and read "data" as well
drop function if exists godwit.preview_data(jsonb, text);

-- tests of templates are counted by the day
create index messages_tests on godwit.messages (tenant_id, created_at)
    where kind = 'template_test';
