-- Who calls: the context of one request, set for its transaction only.

-- All that is known of a request, set for its transaction: every auth.enter*
-- goes through here, so that none leaves open what another has said before it.
-- Of one expression, so that Postgres puts it into the statement that calls it.
create or replace function auth.context(p_tenant text, p_user text, p_session text, p_bound text,
    p_actor text, p_scopes text, p_test boolean, p_request_id text, p_address text,
    p_now timestamptz)
returns text[] language sql
as $$ select array[set_config('app.tenant', coalesce(p_tenant, ''), true),
        set_config('app.user', coalesce(p_user, ''), true),
        set_config('app.session', coalesce(p_session, ''), true),
        set_config('app.bound', coalesce(p_bound, ''), true),
        set_config('app.actor', p_actor, true), set_config('app.scopes', p_scopes, true),
        set_config('app.test', case when p_test then 'on' else '' end, true),
        set_config('app.request_id', coalesce(p_request_id, ''), true),
        set_config('app.address', coalesce(p_address, ''), true),
        set_config('app.now', p_now::text, true)] $$;

-- Enter a request: {"tenant","user","role","scopes","request_id","now",
-- "address","email"}; the tenant must exist (GW002) unless it is not named, and
-- so must the user of this address, as whom it is done.
create or replace function auth.enter(p_context jsonb)
returns void language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_tenant int := (p_context->>'tenant')::int;
    v_user bigint := (select id from auth.users where email = lower(p_context->>'email'));
begin
    if p_context ? 'tenant' and not exists (select from auth.tenants where id = v_tenant) then
        raise exception 'there is no workspace %', coalesce(v_tenant::text, '(none)')
            using errcode = 'GW002', column = 'workspace';
    end if;
    if p_context ? 'email' and v_user is null then
        raise exception 'there is no user %', p_context->>'email'
            using errcode = 'GW002', column = 'user';
    end if;
    perform auth.context(v_tenant::text, v_user::text, null, null,
        coalesce(p_context->>'user', p_context->>'role', 'system'),
        array(select jsonb_array_elements_text(coalesce(p_context->'scopes', '[]')))::text, false,
        p_context->>'request_id', p_context->>'address', (p_context->>'now')::timestamptz);
end $$;

-- Do these scopes cover this one? `*` covers all, `noun:*` all of a noun,
-- `noun:write` also `noun:read`; no scope (null or '') is covered by any. The
-- same rule as gw_apikey_covers in C.
create or replace function auth.covers(p_scopes text[], p_scope text)
returns boolean language sql immutable parallel safe
as $$ select coalesce(p_scope, '') = ''
          or p_scopes && array['*', p_scope, split_part(p_scope, ':', 1) || ':*',
                case when p_scope like '%:read' then split_part(p_scope, ':', 1) || ':write'
                     else '*' end] $$;

-- The instant of the request, as its caller gave it.
create or replace function auth.now()
returns timestamptz language sql stable
as $$ select current_setting('app.now')::timestamptz $$;

-- The tenant of the request; an error outside of one.
create or replace function auth.tenant()
returns int language sql stable
as $$ select current_setting('app.tenant')::int $$;

-- Is what this request starts a test? That of a test key, and all in a sandbox.
create or replace function auth.is_test()
returns boolean language sql stable
as $$ select coalesce(current_setting('app.test', true) = 'on', false)
          or exists (select from auth.tenants where id = auth.tenant() and kind = 'sandbox') $$;

-- May the caller do this? For field-level rules inside SQL.
create or replace function auth.can(p_scope text)
returns boolean language sql stable
as $$ select auth.covers(current_setting('app.scopes')::text[], p_scope) $$;

-- Which of these functions (apart by blanks) may the caller not call? The
-- answer, empty when it may call all, is for /readyz.
create or replace function auth.ready(p_needs text)
returns text language sql stable
as $$
    select coalesce(string_agg(f, ', ' order by f), '')
    from string_to_table(p_needs, ' ') f
    where has_function_privilege(to_regprocedure(f), 'execute') is not true
$$;

-- Make a workspace, live or sandbox; returns its id. Randomness enters here, for
-- the secret behind address hashes and message ids, in API keys and in the salts
-- of the audit.
create or replace function auth.tenant_create(p_name text, p_now timestamptz,
    p_kind text default 'live')
returns int language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_key   bytea := sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));
    v_ipad  bytea := decode(repeat('36', 64), 'hex');
    v_opad  bytea := decode(repeat('5c', 64), 'hex');
    v_id    int;
begin
    for i in 0 .. 31 loop
        v_ipad := set_byte(v_ipad, i, get_byte(v_key, i) # 54);
        v_opad := set_byte(v_opad, i, get_byte(v_key, i) # 92);
    end loop;
    insert into auth.tenants (name, kind, hash_ipad, hash_opad, created_at)
    values (p_name, p_kind, v_ipad, v_opad, p_now) returning id into v_id;
    return v_id;
end $$;

grant execute on function auth.enter(jsonb) to gw_edge, gw_worker;
grant execute on function auth.ready(text) to gw_edge, gw_worker;
grant execute on function auth.now(), auth.tenant(), auth.is_test() to gw_api, gw_worker;
grant execute on function auth.can(text), auth.covers(text[], text) to gw_api;
