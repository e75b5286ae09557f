-- Companies that contacts belong to; views of contacts that members keep.

create table godwit.companies (
    tenant_id   int not null,
    id          bigint generated always as identity,
    name        text not null,
    domain      text,                   -- in lower case
    attributes  jsonb not null default '{}',
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    primary key (tenant_id, id)
);
create index companies_name on godwit.companies (tenant_id, name, id);
create unique index companies_domain on godwit.companies (tenant_id, domain)
    where domain is not null;

alter table godwit.contacts add column company_id bigint;
create index contacts_company on godwit.contacts (tenant_id, company_id, id)
    where company_id is not null;

create table godwit.views (
    tenant_id   int not null,
    id          bigint generated always as identity,
    name        text not null,
    user_id     bigint,                 -- whose it is; null: everybody's
    filter      jsonb not null,         -- as contacts_list takes it
    sort        text not null,
    columns     text[] not null,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    primary key (tenant_id, id)
);
create unique index views_name on godwit.views (tenant_id, coalesce(user_id, 0), name);

do $$
declare
    t text;
begin
    foreach t in array '{companies,views}'::text[] loop
        execute format('alter table godwit.%I enable row level security', t);
        execute format('alter table godwit.%I force row level security', t);
        execute format('create policy tenant on godwit.%I using '
            '(tenant_id = current_setting(''app.tenant'')::int) with check '
            '(tenant_id = current_setting(''app.tenant'')::int)', t);
        execute format('grant select, insert, update, delete on godwit.%I to gw_api', t);
        execute format('grant select on godwit.%I to gw_ro', t);
    end loop;
end $$;
-- a person who is erased leaves both
grant select, update on godwit.companies, godwit.views to gw_worker;
