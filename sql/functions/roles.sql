-- Roles: what somebody may do in a workspace. Those without a tenant are the
-- same in each; who wants another makes it of scopes.

-- An owner can all, an admin all that a noun can: so none of them makes an
-- owner, and none has what a later noun brings before it stands here.
insert into auth.roles (id, tenant_id, name, scopes, created_at)
select id, null, name, string_to_array(scopes, ' '), '2026-01-01Z' from (values
    (1, 'owner', '*'),
    (2, 'admin', 'analytics:* '
        'audit:* campaigns:* contacts:* conversations:* domains:* events:* fields:* '
        'files:* flags:* keys:* lists:* members:* messages:* operations:* roles:* routes:* '
        'segments:* sends:* sources:* suppressions:* system:* templates:* webhooks:* workspaces:*'),
    (3, 'manager', 'analytics:* '
        'campaigns:* contacts:* conversations:* domains:read events:* fields:* files:* '
        'flags:* lists:* members:read messages:* operations:* roles:read segments:* sends:* '
        'sources:* suppressions:* system:* templates:* webhooks:read workspaces:read'),
    (4, 'agent', 'analytics:read '
        'campaigns:read contacts:write conversations:write domains:read events:read '
        'fields:read files:read flags:read lists:read members:read messages:read '
        'operations:read segments:read sends:read sources:read suppressions:write templates:read '
        'workspaces:read'),
    (5, 'viewer', 'analytics:read '
        'campaigns:read contacts:read conversations:read domains:read events:read '
        'fields:read files:read flags:read lists:read members:read messages:read '
        'operations:read segments:read sends:read sources:read suppressions:read templates:read '
        'workspaces:read')
) r(id, name, scopes)
on conflict (id) do update set name = excluded.name, scopes = excluded.scopes;

-- GW001 unless these are the scopes of a key or a role.
create or replace function auth.scopes_check(p_scopes text[])
returns void language plpgsql immutable
as $$
declare
    v_scope text;
begin
    select s into v_scope from unnest(p_scopes) s
     where s !~ '^(\*|[a-z]{1,24}:(\*|read|write))$' limit 1;
    if found then
        perform godwit.invalid('scopes', format('"%s" is not a scope; write * or a noun and '
            'what may be done: contacts:read, contacts:write, contacts:*', v_scope));
    end if;
    if cardinality(p_scopes) not between 1 and 40 then
        perform godwit.invalid('scopes', 'there are 1 to 40 scopes');
    end if;
end $$;

-- GW004 unless the caller has all of these himself: nobody gives, changes or
-- takes away more than he may do.
create or replace function auth.scopes_may(p_scopes text[])
returns void language plpgsql stable
as $$
declare
    v_scope text;
begin
    select s into v_scope from unnest(p_scopes) s where auth.can(s) is not true limit 1;
    if found then
        raise exception 'the role has a scope that you do not have: %', v_scope
            using errcode = 'GW004';
    end if;
end $$;

-- One who changes who may do what in this workspace waits for the other, so
-- that auth.owner_stays sees what both have done.
create or replace function auth.members_lock()
returns void language sql
as $$ select pg_advisory_xact_lock(hashtextextended('members', auth.tenant())) $$;

-- GW003 when the workspace has lost its last owner who can come in: he who had
-- this role.
create or replace function auth.owner_stays(p_role bigint)
returns void language plpgsql
as $$
begin
    if p_role = 1 and not exists (select from auth.members_shown
                    where tenant_id = auth.tenant() and role_id = 1 and disabled_at is null)
    then
        raise exception 'the workspace would be without an owner; make another member owner first'
            using errcode = 'GW003';
    end if;
end $$;

-- GW003 while somebody has a role of this workspace, or is invited to it.
create or replace function auth.role_is_free(p_role bigint)
returns void language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    if exists (select from auth.memberships
                where tenant_id = auth.tenant() and role_id = p_role)
        or exists (select from auth.tickets where tenant_id = auth.tenant()
                    and role_id = p_role and used_at is null)
    then
        raise exception 'somebody has this role, or is invited to it; give him another one first'
            using errcode = 'GW003';
    end if;
    delete from auth.tickets where tenant_id = auth.tenant() and role_id = p_role;
end $$;

grant execute on function auth.scopes_check(text[]), auth.role_is_free(bigint),
    auth.scopes_may(text[]), auth.members_lock(),
    auth.owner_stays(bigint) to gw_api;
