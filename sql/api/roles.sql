-- Roles: those that every workspace has, and its own, made of scopes.

create or replace function godwit.role_json(r auth.roles_shown)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('role', r.id), 'name', r.name,
        'scopes', r.scopes, 'built_in', r.built_in, 'members', (select count(*)
            from auth.memberships_own m
           where m.tenant_id = r.tenant_id and m.role_id = r.id),
        'created_at', case when not r.built_in then r.created_at end) $$;

-- The role of {"id"}; GW002, and GW003 for one to change that is built in. Who
-- changes one holds auth.members_lock().
create or replace function godwit.role_find(p_body jsonb, p_change boolean default false)
returns auth.roles_shown language plpgsql
as $$
declare
    v_id bigint := godwit.read_id(p_body, 'id', 'role');
    r auth.roles_shown;
begin
    if p_change then
        perform auth.members_lock();
    end if;
    select * into r from auth.roles_shown where tenant_id = auth.tenant() and id = v_id;
    if not found then
        raise exception 'there is no role %', p_body->>'id' using errcode = 'GW002', column = 'id';
    end if;
    if p_change and r.built_in then
        raise exception 'the role % is the same in every workspace; make one of your own', r.name
            using errcode = 'GW003';
    end if;
    return r;
end $$;

-- The role that a field names, which the caller may give; GW001, GW004.
create or replace function godwit.read_role(p_body jsonb, p_field text)
returns auth.roles_shown language plpgsql
as $$
declare
    v_name text := godwit.read_line(p_body, p_field, 1, 60, true);
    r auth.roles_shown;
begin
    perform auth.members_lock();
    select * into r from auth.roles_shown
     where tenant_id = auth.tenant() and lower(name) = lower(v_name);
    if not found then
        perform godwit.invalid(p_field, format('there is no role "%s"; the roles are %s', v_name,
            (select string_agg(name, ', ' order by id) from (select name, id
               from auth.roles_shown where tenant_id = auth.tenant() order by id limit 20) n)));
    end if;
    perform auth.scopes_may(r.scopes);
    return r;
end $$;

-- {"scopes"} that the caller has himself; GW001, GW004.
create or replace function godwit.read_scopes(p_body jsonb)
returns text[] language plpgsql
as $$
declare
    v_scopes text[];
begin
    if jsonb_typeof(p_body->'scopes') is distinct from 'array' then
        perform godwit.invalid('scopes', '"scopes" is missing');
    end if;
    v_scopes := array(select jsonb_array_elements_text(p_body->'scopes'));
    perform auth.scopes_check(v_scopes), auth.scopes_may(v_scopes);
    return v_scopes;
end $$;

create or replace function api.roles_create(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_name text := godwit.read_line(p_body, 'name', 1, 60, true);
    v_id bigint;
    v_role jsonb;
begin
    perform godwit.read_body(p_body, array['name', 'scopes']), auth.members_lock();
    if exists (select from auth.roles_shown
                where tenant_id = auth.tenant() and lower(name) = lower(v_name))
    then
        raise exception 'a role named "%" is there already', v_name
            using errcode = 'GW003', column = 'name';
    end if;
    if 100 <= (select count(*) from auth.roles_own where tenant_id = auth.tenant()) then
        raise exception 'the workspace has 100 roles of its own' using errcode = 'GW003';
    end if;
    insert into auth.roles_own (tenant_id, name, scopes, created_at)
    values (auth.tenant(), v_name, godwit.read_scopes(p_body), auth.now()) returning id into v_id;
    select godwit.role_json(r) into v_role from auth.roles_shown r
     where r.tenant_id = auth.tenant() and r.id = v_id;
    perform godwit.audit('roles_create', v_role->>'id', null, v_role);
    return v_role;
end $$;

-- {"name"?}
create or replace function api.roles_list(p_body jsonb)
returns jsonb language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.list(p_body, 'roles_list', 'auth.roles_shown t', 't.id',
        'godwit.role_json(t)', array[['id', 't.id', 'bigint']], array[
            ['name', 'line', 'lower(t.name) = lower(%s)']]) $$;

create or replace function api.roles_get(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['id', 'fields']);
    return godwit.role_json(godwit.role_find(p_body));
end $$;

-- {"id","name"?,"scopes"?}: who has the role has the new ones at once.
create or replace function api.roles_update(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    r auth.roles_shown := godwit.role_find(p_body, true);
    v_was jsonb := godwit.role_json(r);
begin
    perform godwit.read_body(p_body, array['id', 'name', 'scopes', '_if_match']);
    perform godwit.match(p_body, v_was), auth.scopes_may(r.scopes);
    if p_body ? 'name' then
        r.name := godwit.read_line(p_body, 'name', 1, 60, true);
        if exists (select from auth.roles_shown where tenant_id = auth.tenant()
                    and lower(name) = lower(r.name) and id <> r.id)
        then
            raise exception 'a role named "%" is there already', r.name
                using errcode = 'GW003', column = 'name';
        end if;
    end if;
    if p_body ? 'scopes' then
        r.scopes := godwit.read_scopes(p_body);
    end if;
    update auth.roles_own set name = r.name, scopes = r.scopes
     where tenant_id = auth.tenant() and id = r.id;
    perform godwit.audit('roles_update', godwit.id_text('role', r.id), v_was, godwit.role_json(r));
    return godwit.role_json(r);
end $$;

-- {"id"}: GW003 while somebody has it, or is invited to it.
create or replace function api.roles_delete(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    r auth.roles_shown := godwit.role_find(p_body, true);
    v_was jsonb := godwit.role_json(r);
begin
    perform godwit.read_body(p_body, array['id', '_if_match']);
    perform godwit.match(p_body, v_was), auth.scopes_may(r.scopes), auth.role_is_free(r.id);
    delete from auth.roles_own where tenant_id = auth.tenant() and id = r.id;
    perform godwit.audit('roles_delete', godwit.id_text('role', r.id), v_was, null);
    return null;
end $$;
