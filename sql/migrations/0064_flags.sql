-- Feature flags: who gets which variant of something, decided at the edge.
create table godwit.flags (
    tenant_id    int not null,
    id           bigint generated always as identity,
    key          text not null,         -- what a program asks for; it never changes
    description  text,
    enabled      boolean not null,
    tests        boolean,               -- the same for keys of tests; null: as enabled
    public       boolean not null,      -- a page may ask, by a write key
    salt         text not null,         -- of shm/gw_assign.h
    variants     jsonb not null,        -- [{"name","value","weight"}]
    fallback     text not null,         -- a name of these
    rules        jsonb not null,        -- [{"when","share","variant"}]
    -- of the rules: {"english": [in words], "when": [as the edge reads it, or null]}
    compiled     jsonb not null,
    created_at   timestamptz not null,
    updated_at   timestamptz not null,
    archived_at  timestamptz,
    primary key (tenant_id, id)
);
create unique index flags_key on godwit.flags (tenant_id, key);

alter table godwit.flags enable row level security;
alter table godwit.flags force row level security;
create policy tenant on godwit.flags
    using (tenant_id = current_setting('app.tenant')::int)
    with check (tenant_id = current_setting('app.tenant')::int);
grant select, insert, update on godwit.flags to gw_api;
grant select on godwit.flags to gw_ro, gw_worker;
