-- Keys of the API: from where and when they are used, and what replaced them.

alter table auth.keys
    add column addresses  cidr[] check (cardinality(addresses) between 1 and 100),
    add column replaces   bigint references auth.keys;

create index keys_tenant on auth.keys (tenant_id, id);
create unique index keys_replaces on auth.keys (replaces) where revoked_at is null;

-- When each was used last, within a minute. Apart from the key, so that no use
-- holds up who changes or revokes it.
create table auth.key_uses (
    key_id  bigint primary key,
    at      timestamptz
);
insert into auth.key_uses (key_id) select id from auth.keys;

-- All but the hash, of the workspace of the request.
create view auth.keys_shown as
select id, tenant_id, name, scopes, addresses, created_at, expires_at, revoked_at, replaces
  from auth.keys
 where tenant_id = current_setting('app.tenant')::int
  with check option;

grant select, update (name, addresses, expires_at, revoked_at) on auth.keys_shown to gw_api;
grant select (addresses, replaces) on auth.keys to gw_ro;
grant select on auth.key_uses to gw_api, gw_worker, gw_ro;

-- of the release before
drop function if exists auth.key_id();
drop function if exists auth.key_create(bigint, int, text, bytea, text[], timestamptz, jsonb);
