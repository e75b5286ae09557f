-- Sandboxes and keys for tests: nothing that they start leaves this house.

alter table auth.tenants
    add column kind text not null default 'live' check (kind in ('live', 'sandbox'));

alter table auth.keys
    add column test boolean not null default false;
create or replace view auth.keys_shown as
select id, tenant_id, name, scopes, addresses, created_at, expires_at, revoked_at, replaces, test
  from auth.keys
 where tenant_id = current_setting('app.tenant')::int
  with check option;

-- A campaign that was made or started by a test key, or in a sandbox.
alter table godwit.campaigns
    add column test boolean not null default false;

grant select (kind) on auth.tenants to gw_ro;
grant select (test) on auth.keys to gw_ro;

-- of the release before
drop function if exists auth.tenant_create(text, timestamptz);
drop function if exists auth.key_may(text[], timestamptz, cidr[]);
drop function if exists auth.key_make(text, text[], timestamptz, cidr[], bigint);
drop function if exists godwit.key_text(bigint);
drop function if exists godwit.send_json(godwit.sends, text, text);
