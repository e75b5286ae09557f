-- Secrets: the only home of credentials. What is sealed here only the worker
-- opens, with keys that lie in a file (see worker/secret.h); Postgres never
-- sees one plain, so neither do its WAL, its log and its dumps.

-- One key for each workspace and version of the file, wrapped by the file's:
-- its secrets are sealed with it.
create table godwit.secret_keys (
    tenant_id   int not null,
    version     int not null,
    wrapped     bytea not null,
    created_at  timestamptz not null,
    primary key (tenant_id, version)
);

-- tenant_id 0: of a person, who is of no workspace. The first bytes of sealed
-- say what it is (1: as an edge has sealed it, 2: the worker's) and of which
-- version; a key that is used can not be deleted.
create table godwit.secret (
    tenant_id    int not null,
    id           uuid not null,
    purpose      text not null,
    sealed       bytea not null check (length(sealed) between 30 and 70000),
    version      int not null generated always as (
                     get_byte(sealed, 1) << 24 | get_byte(sealed, 2) << 16
                     | get_byte(sealed, 3) << 8 | get_byte(sealed, 4)) stored,
    key_version  int generated always as (case when get_byte(sealed, 0) = 2 then
                     get_byte(sealed, 1) << 24 | get_byte(sealed, 2) << 16
                     | get_byte(sealed, 3) << 8 | get_byte(sealed, 4) end) stored,
    created_at   timestamptz not null,
    retry_at     timestamptz,           -- it did not open; when it is tried again
    primary key (tenant_id, id),
    foreign key (tenant_id, key_version) references godwit.secret_keys (tenant_id, version)
);
create index secret_edge on godwit.secret (tenant_id, id) where key_version is null;

do $$
declare
    t text;
begin
    foreach t in array array['godwit.secret', 'godwit.secret_keys'] loop
        execute format('alter table %s enable row level security', t);
        execute format('alter table %s force row level security', t);
        execute format('create policy tenant on %s using '
            '(tenant_id = current_setting(''app.tenant'')::int) with check '
            '(tenant_id = current_setting(''app.tenant'')::int)', t);
    end loop;
end $$;

-- nobody but the worker reads what is sealed
grant select, insert, update, delete on godwit.secret, godwit.secret_keys to gw_worker;
grant insert (tenant_id, id, purpose, sealed, created_at), delete on godwit.secret to gw_api;
grant select (tenant_id, id, purpose, version, key_version, created_at)
    on godwit.secret to gw_api, gw_ro;
