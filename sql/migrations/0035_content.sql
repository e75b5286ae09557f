-- Content: snippets that templates call, variants by locale.

-- A part of templates, called by its name.
create table godwit.snippets (
    tenant_id     int not null,
    id            bigint generated always as identity,
    name          text not null,
    html          text not null,        -- as the author wrote it
    text          text,                 -- as the author wrote it, or null
    text_derived  text not null,        -- from html when text is null
    calls         jsonb not null,       -- as of template_versions
    created_at    timestamptz not null,
    updated_at    timestamptz not null,
    primary key (tenant_id, id),
    unique (tenant_id, name)
);

alter table godwit.template_versions
    add column locale text,             -- of its content; null: not known
    -- {LOCALE: {"subject","html","text","html_tracked","text_derived"}}
    add column variants jsonb not null default '{}',
    -- of snippets: [{"name","field","locale","line","column"}]
    add column calls jsonb not null default '[]';

alter table godwit.campaigns
    -- {NAME: {"html","text"}}: the snippets as they were when it was started
    add column snippets jsonb not null default '{}';

alter table godwit.snippets enable row level security;
alter table godwit.snippets force row level security;
create policy tenant on godwit.snippets
    using (tenant_id = current_setting('app.tenant')::int)
    with check (tenant_id = current_setting('app.tenant')::int);
grant select on godwit.snippets to gw_ro;
grant select, insert, update on godwit.snippets to gw_api;
