-- Keys of the API: from where and when they are used, and what replaced them.

alter table auth.keys
    add column addresses     cidr[] check (cardinality(addresses) between 1 and 100),
    add column last_used_at  timestamptz,       -- within a minute
    add column replaces      bigint references auth.keys;

create index keys_tenant on auth.keys (tenant_id, id);

-- All but the hash, for the operations.
create view auth.keys_shown as
select id, tenant_id, name, scopes, addresses, created_at, expires_at, revoked_at, last_used_at,
       replaces
  from auth.keys;

grant select, update (name, addresses, expires_at, revoked_at) on auth.keys_shown to gw_api;
grant select (addresses, last_used_at, replaces) on auth.keys to gw_ro;
