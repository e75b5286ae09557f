-- Domains that a workspace sends from: the keys that sign its mail, and what
-- the DNS says of each.

create table godwit.domains (
    tenant_id   int not null,
    id          bigint generated always as identity,
    domain      text not null,          -- ASCII, lower case
    checks      jsonb not null default '[]',    -- records as the last look found them
    checked_at  timestamptz,
    created_at  timestamptz not null,
    primary key (tenant_id, id),
    unique (tenant_id, domain)
);

-- A key signs when its record was seen in the DNS (active) until the one after
-- it does (retired); then its private half is gone.
create table godwit.dkim_keys (
    tenant_id     int not null,
    id            bigint generated always as identity,
    domain_id     bigint not null,
    algorithm     text not null check (algorithm in ('rsa-sha256', 'ed25519-sha256')),
    selector      text not null generated always as ('gw' || id) stored,
    public        text not null,        -- p= of its record
    secret_id     uuid,                 -- in godwit.secret
    state         text not null default 'new' check (state in ('new', 'active', 'retired')),
    created_at    timestamptz not null,
    activated_at  timestamptz,
    retired_at    timestamptz,
    primary key (tenant_id, id),
    foreign key (tenant_id, domain_id) references godwit.domains (tenant_id, id) on delete cascade,
    foreign key (tenant_id, secret_id) references godwit.secret (tenant_id, id),
    check (secret_id is not null or state = 'retired')
);
create unique index dkim_keys_state on godwit.dkim_keys (tenant_id, domain_id, state, algorithm)
    where state <> 'retired';
create index dkim_keys_domain on godwit.dkim_keys (tenant_id, domain_id, id);
create index dkim_keys_secret on godwit.dkim_keys (tenant_id, secret_id);

do $$
declare
    t text;
begin
    foreach t in array array['domains', 'dkim_keys'] loop
        execute format('alter table godwit.%I enable row level security', t);
        execute format('alter table godwit.%I force row level security', t);
        execute format('create policy tenant on godwit.%I using '
            '(tenant_id = current_setting(''app.tenant'')::int) with check '
            '(tenant_id = current_setting(''app.tenant'')::int)', t);
        execute format('grant select on godwit.%I to gw_ro', t);
    end loop;
end $$;
grant select, insert, update, delete on godwit.domains to gw_api;
grant select on godwit.dkim_keys to gw_api;
grant select, update (checks, checked_at) on godwit.domains to gw_worker;
grant select, insert, update on godwit.dkim_keys to gw_worker;
