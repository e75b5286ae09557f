-- Single sign-on: the providers of a workspace, and the way in and out by one.

create or replace function godwit.provider_json(p auth.providers_own)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('sso', p.id), 'name', p.name,
        'issuer', p.issuer, 'client_id', p.client_id, 'has_secret', p.secret_id is not null,
        'groups_claim', p.groups_claim, 'groups', coalesce((
            select jsonb_agg(jsonb_build_object('group', g.group_name, 'role', r.name)
                             order by g.place)
              from auth.provider_roles_own g join auth.roles_shown r
                on r.tenant_id = p.tenant_id and r.id = g.role_id
             where g.provider_id = p.id), '[]'),
        'role', (select r.name from auth.roles_shown r
                  where r.tenant_id = p.tenant_id and r.id = p.role_id),
        'trust_email', p.trust_email, 'enabled', p.enabled, 'listed', p.listed,
        'state', case when p.problem is not null then 'failing'
                      when p.metadata is null then 'unchecked' else 'ready' end,
        'problem', p.problem, 'checked_at', p.checked_at, 'created_at', p.created_at) $$;

-- The provider of {"id"}, locked when it is to change; GW002.
create or replace function godwit.provider_find(p_body jsonb, p_lock boolean default false)
returns auth.providers_own language plpgsql
as $$
declare
    v_id bigint := godwit.read_id(p_body, 'id', 'sso');
    p auth.providers_own;
begin
    if p_lock then
        select * into p from auth.providers_own
         where tenant_id = auth.tenant() and id = v_id for update;
    else
        select * into p from auth.providers_own where tenant_id = auth.tenant() and id = v_id;
    end if;
    if not found then
        raise exception 'there is no provider %', p_body->>'id'
            using errcode = 'GW002', column = 'id';
    end if;
    return p;
end $$;

-- {"groups"}: which group has which role, in place of what was there; GW001
-- names what is wrong, GW004 a role that the caller may not give.
create or replace function godwit.provider_groups(p_provider bigint, p_groups jsonb)
returns void language plpgsql
as $$
declare
    g record;
    r auth.roles_shown;
begin
    delete from auth.provider_roles_own where provider_id = p_provider;
    for g in select value, ordinality from jsonb_array_elements(p_groups) with ordinality loop
        r := godwit.read_role(g.value, 'role');
        insert into auth.provider_roles_own (provider_id, place, group_name, role_id)
        values (p_provider, g.ordinality, godwit.read_line(g.value, 'group', 1, 255, true), r.id);
    end loop;
exception
    when unique_violation then
        perform godwit.invalid('groups', 'a group has one role; name each once');
end $$;

-- Its fields of a body into the row.
create or replace function godwit.provider_read(p auth.providers_own, p_body jsonb)
returns auth.providers_own language plpgsql
as $$
declare
    r auth.roles_shown;
begin
    if p_body ? 'name' then
        p.name := godwit.read_line(p_body, 'name', 1, 100, true);
    end if;
    if p_body ? 'issuer' then
        p.issuer := godwit.read_line(p_body, 'issuer', 1, 2000, true);
    end if;
    if p_body ? 'client_id' then
        p.client_id := godwit.read_line(p_body, 'client_id', 1, 500, true);
    end if;
    if p_body ? 'groups_claim' then
        p.groups_claim := godwit.read_line(p_body, 'groups_claim', 1, 100, true);
    end if;
    if p_body ? 'trust_email' then
        p.trust_email := (p_body->>'trust_email')::boolean;
    end if;
    if p_body ? 'enabled' then
        p.enabled := (p_body->>'enabled')::boolean;
    end if;
    if p_body ? 'listed' then
        p.listed := (p_body->>'listed')::boolean;
    end if;
    if p_body ? 'role' then
        p.role_id := null;
        if p_body->>'role' is not null then
            r := godwit.read_role(p_body, 'role');
            p.role_id := r.id;
        end if;
    end if;
    if p_body ? 'client_secret' then
        perform godwit.secret_drop(p.secret_id);
        p.secret_id := godwit.secret_put(p_body->'client_secret', 'sso');
    end if;
    return p;
end $$;

-- Have the worker look at it, once at a time.
create or replace function godwit.provider_check(p_provider bigint)
returns godwit.operations language plpgsql
as $$
declare
    o godwit.operations;
begin
    select * into o from godwit.operations
     where qshard = 0 and tenant_id = auth.tenant() and state = 'queued'
       and kind = 'sso_check' and object = godwit.id_text('sso', p_provider) limit 1;
    if not found then
        o := godwit.operation_start('sso_check', godwit.id_text('sso', p_provider),
            jsonb_build_object('provider', p_provider), null);
    end if;
    return o;
end $$;

-- {"name","issuer","client_id","client_secret"?,"groups_claim"?,"groups"?,
-- "role"?,"enabled"?}; GW003: the name is taken, or there are twenty.
create or replace function api.sso_create(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    p auth.providers_own;
begin
    perform godwit.read_body(p_body, array['name', 'issuer', 'client_id', 'client_secret',
        'groups_claim', 'groups', 'role', 'trust_email', 'enabled', 'listed']);
    if 20 <= (select count(*) from auth.providers_own where tenant_id = auth.tenant()) then
        raise exception 'the workspace has 20 providers' using errcode = 'GW003';
    end if;
    p.groups_claim := 'groups';
    p.enabled := true;
    p.listed := false;
    p.trust_email := false;
    p := godwit.provider_read(p, p_body);
    insert into auth.providers_own (tenant_id, name, issuer, client_id, secret_id, groups_claim,
                                    role_id, trust_email, enabled, listed, created_at)
    values (auth.tenant(), p.name, p.issuer, p.client_id, p.secret_id, p.groups_claim, p.role_id,
            p.trust_email, p.enabled, p.listed, auth.now())
    returning * into p;
    perform godwit.provider_groups(p.id, coalesce(p_body->'groups', '[]')),
            godwit.provider_check(p.id);
    perform godwit.audit('sso_create', godwit.id_text('sso', p.id), null,
        godwit.provider_json(p));
    return godwit.provider_json(p);
exception
    when unique_violation then
        raise exception 'a provider named "%" is there already', p_body->>'name'
            using errcode = 'GW003', column = 'name';
end $$;

-- {"name"?}
create or replace function api.sso_list(p_body jsonb)
returns jsonb language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.list(p_body, 'sso_list', 'auth.providers_own t', 't.id',
        'godwit.provider_json(t)', array[['id', 't.id', 'bigint']], array[
            ['name', 'line', 'lower(t.name) = lower(%s)']]) $$;

-- {"workspace"?}: for whoever is not in yet.
create or replace function api.sso_listed(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['workspace']);
    return jsonb_build_object('items', coalesce((
        select jsonb_agg(jsonb_build_object('id', godwit.id_text('sso', l.id), 'name', l.name))
          from auth.sso_listed(godwit.read_id(p_body, 'workspace', 'ws', false)) l), '[]'));
end $$;

create or replace function api.sso_get(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['id', 'fields']);
    return godwit.provider_json(godwit.provider_find(p_body));
end $$;

-- The fields of sso_create, each of which may be left out. Another issuer is
-- looked at before anybody comes in by it, and needs the secret anew; with it,
-- or when the provider is switched off, sessions by it end.
create or replace function api.sso_update(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    o auth.providers_own := godwit.provider_find(p_body, true);
    v_was jsonb := godwit.provider_json(o);
    p auth.providers_own;
begin
    perform godwit.read_body(p_body, array['id', 'name', 'issuer', 'client_id', 'client_secret',
        'groups_claim', 'groups', 'role', 'trust_email', 'enabled', 'listed', '_if_match']);
    perform godwit.match(p_body, v_was);
    p := godwit.provider_read(o, p_body);
    if p.issuer <> o.issuer or not p.enabled then
        perform auth.sso_end(p.id);
    end if;
    if p.issuer <> o.issuer then
        if not p_body ? 'client_secret' then            -- it is not for the new one
            perform godwit.secret_drop(p.secret_id);
            p.secret_id := null;
        end if;
        p.metadata := null;
        p.checked_at := null;
        p.problem := null;
    end if;
    update auth.providers_own
       set name = p.name, issuer = p.issuer, client_id = p.client_id, secret_id = p.secret_id,
           groups_claim = p.groups_claim, role_id = p.role_id, trust_email = p.trust_email,
           enabled = p.enabled, listed = p.listed, metadata = p.metadata, checked_at = p.checked_at,
           problem = p.problem
     where tenant_id = auth.tenant() and id = p.id;
    if p_body ? 'groups' then
        perform godwit.provider_groups(p.id, p_body->'groups');
    end if;
    if p.issuer <> o.issuer then
        perform godwit.provider_check(p.id);
    end if;
    perform godwit.audit('sso_update', godwit.id_text('sso', p.id), v_was,
        godwit.provider_json(p));
    return godwit.provider_json(p);
exception
    when unique_violation then
        raise exception 'a provider named "%" is there already', p_body->>'name'
            using errcode = 'GW003', column = 'name';
end $$;

-- {"id"}: the users who came in by it stay members; their sessions by it end.
create or replace function api.sso_delete(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    p auth.providers_own := godwit.provider_find(p_body, true);
    v_was jsonb := godwit.provider_json(p);
begin
    perform godwit.read_body(p_body, array['id', '_if_match']);
    perform godwit.match(p_body, v_was), godwit.secret_drop(p.secret_id);
    delete from auth.providers_own where tenant_id = auth.tenant() and id = p.id;
    perform godwit.audit('sso_delete', godwit.id_text('sso', p.id), v_was, null);
    return null;
end $$;

-- {"id"}: its metadata and keys are fetched now.
create or replace function api.sso_check(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    p auth.providers_own := godwit.provider_find(p_body);
    o godwit.operations;
begin
    perform godwit.read_body(p_body, array['id']);
    o := godwit.provider_check(p.id);
    perform godwit.audit('sso_check', godwit.id_text('sso', p.id), null, godwit.operation_json(o));
    return jsonb_build_object('operation', godwit.id_text('op', o.id));
end $$;

-- {"id","return_to"?,"_browser","_base"}: {"location"}, where the browser goes.
create or replace function api.sso_login(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_to text := coalesce(godwit.read_line(p_body, 'return_to', 1, 500), '/');
begin
    perform godwit.read_body(p_body, array['id', 'return_to', '_browser', '_base']);
    if v_to !~ '^/([^/\\]|$)' then
        perform godwit.invalid('return_to', '"return_to" is not a path of this site');
    end if;
    return jsonb_build_object('location', auth.sso_begin(godwit.read_id(p_body, 'id', 'sso'),
        godwit.read_text(p_body, '_browser', 64, 64, true), v_to,
        godwit.read_text(p_body, '_base', 1, 500, true) || '/api/v1/sso/callback'));
end $$;

-- {"state","code"?,"iss"?,"error"?,"error_description"?,"_browser","_agent"}: what
-- the provider says by way of the browser. {"state"} while the worker redeems
-- the code; then {"token","location"}.
create or replace function api.sso_callback(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['state', 'code', 'iss', 'error', 'error_description',
        'session_state', '_browser', '_agent']);
    if p_body ? 'error' then
        raise exception 'the provider refuses: %', left(coalesce(p_body->>'error_description',
            p_body->>'error'), 300) using errcode = 'GW005';
    end if;
    return auth.sso_return(godwit.read_text(p_body, 'state', 1, 4000, true),
        godwit.read_line(p_body, 'code', 1, 4000, true),
        godwit.read_line(p_body, 'iss', 1, 2000),
        godwit.read_text(p_body, '_browser', 64, 64), p_body->>'_agent');
end $$;

-- {"id","logout_token"}: a logout at the provider. Who is in by it is out when
-- the worker has judged the token.
create or replace function api.sso_logout(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_id bigint := godwit.read_id(p_body, 'id', 'sso');
begin
    perform godwit.read_body(p_body, array['id', 'logout_token']);
    perform auth.sso_logout(v_id, godwit.read_line(p_body, 'logout_token', 1, 16000, true));
    return '{"taken": true}'::jsonb;
end $$;
