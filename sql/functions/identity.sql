-- Who calls: the context of one request, set for its transaction only.

-- Enter a request: {"tenant","user","role","scopes","request_id","now",
-- "address"}; the tenant must exist (GW002).
create or replace function auth.enter(p_context jsonb)
returns void language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_tenant int := (p_context->>'tenant')::int;
begin
    if not exists (select from auth.tenants where id = v_tenant) then
        raise exception 'there is no workspace %', coalesce(v_tenant::text, '(none)')
            using errcode = 'GW002', column = 'workspace';
    end if;
    perform set_config('app.tenant', v_tenant::text, true),
            set_config('app.now', p_context->>'now', true),
            set_config('app.actor',
                coalesce(p_context->>'user', p_context->>'role', 'system'), true),
            set_config('app.scopes', array(select jsonb_array_elements_text(
                coalesce(p_context->'scopes', '[]')))::text, true),
            set_config('app.request_id', coalesce(p_context->>'request_id', ''), true),
            set_config('app.address', coalesce(p_context->>'address', ''), true);
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

-- Enter a request that names an API key: its id, the SHA-256 of its whole
-- text, the scope that the operation asks for, request id, address of the
-- client (or null) and the instant. GW005 and one sentence for a key that is
-- unknown, wrong, revoked or expired; GW004 without the scope. One index read
-- and nothing written: when a key was last used is not known here.
create or replace function auth.enter_key(p_key bigint, p_hash bytea, p_scope text,
    p_request_id text, p_address inet, p_now timestamptz)
returns void language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_covers boolean;
begin
    -- one statement, since every request runs it
    perform set_config('app.tenant', k.tenant_id::text, true),
            set_config('app.now', p_now::text, true),
            set_config('app.actor', 'key_' || p_key, true),
            set_config('app.scopes', k.scopes::text, true),
            set_config('app.request_id', coalesce(p_request_id, ''), true),
            set_config('app.address', coalesce(host(p_address), ''), true)
       from auth.keys k
      where k.id = p_key and k.hash = p_hash and k.revoked_at is null
        and coalesce(k.expires_at > p_now, true) and auth.covers(k.scopes, p_scope);
    if found then
        return;
    end if;

    select auth.covers(k.scopes, p_scope) into v_covers from auth.keys k
     where k.id = p_key and k.hash = p_hash and k.revoked_at is null
       and coalesce(k.expires_at > p_now, true);
    if v_covers is null then
        raise exception 'the API key is not valid' using errcode = 'GW005';
    end if;
    raise exception 'the API key does not have the scope %', p_scope using errcode = 'GW004';
end $$;

-- The instant of the request, as its caller gave it.
create or replace function auth.now()
returns timestamptz language sql stable
as $$ select current_setting('app.now')::timestamptz $$;

-- The tenant of the request; an error outside of one.
create or replace function auth.tenant()
returns int language sql stable
as $$ select current_setting('app.tenant')::int $$;

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

-- Make a workspace; returns its id. Randomness enters here, for the secret
-- behind address hashes and message ids, and in the salts of the audit alone.
create or replace function auth.tenant_create(p_name text, p_now timestamptz)
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
    insert into auth.tenants (name, hash_ipad, hash_opad, created_at)
    values (p_name, v_ipad, v_opad, p_now) returning id into v_id;
    return v_id;
end $$;

-- The id of a key that is to be made: its text names it, the hash covers both.
create or replace function auth.key_id()
returns bigint language sql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select nextval('auth.keys_id_seq') $$;

-- Store a key; its scopes stay as they are for ever. GW001 names the scope
-- that is none, GW002 a workspace that is not there.
create or replace function auth.key_create(p_id bigint, p_tenant int, p_name text,
    p_hash bytea, p_scopes text[], p_expires timestamptz, p_context jsonb)
returns void language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_scope text;
begin
    perform auth.enter(p_context || jsonb_build_object('tenant', p_tenant));
    select s into v_scope from unnest(p_scopes) s
     where s !~ '^(\*|[a-z]{1,24}:(\*|read|write))$' limit 1;
    if found then
        perform godwit.invalid('scope', format('"%s" is not a scope; write * or a noun and '
            'what may be done: contacts:read, contacts:write, contacts:*', v_scope));
    end if;
    if cardinality(p_scopes) not between 1 and 40 then
        perform godwit.invalid('scope', 'a key has 1 to 40 scopes');
    end if;
    if length(p_name) > 200 or p_name ~ '[\x01-\x1f\x7f]' then
        perform godwit.invalid('name', 'a name has at most 200 characters, none a control');
    end if;
    insert into auth.keys (id, tenant_id, name, hash, scopes, created_at, expires_at)
    values (p_id, p_tenant, p_name, p_hash, p_scopes, auth.now(), p_expires);
    perform godwit.changed(p_tenant, 'key', p_id::text, auth.now());
    perform godwit.audit('key_create', 'key_' || p_id, null, jsonb_build_object(
        'name', p_name, 'scopes', p_scopes, 'expires_at', p_expires));
end $$;

-- Revoke a key for ever; false when it was revoked before, GW002 when there is
-- none.
create or replace function auth.key_revoke(p_id bigint, p_context jsonb)
returns boolean language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    k auth.keys;
begin
    select * into k from auth.keys where id = p_id for update;
    if not found then
        raise exception 'there is no key key_%', p_id using errcode = 'GW002', column = 'id';
    end if;
    if k.revoked_at is not null then
        return false;
    end if;
    perform auth.enter(p_context || jsonb_build_object('tenant', k.tenant_id));
    update auth.keys set revoked_at = auth.now() where id = p_id;
    perform godwit.changed(k.tenant_id, 'key', p_id::text, auth.now());
    perform godwit.audit('key_revoke', 'key_' || p_id, null, null);
    return true;
end $$;

grant execute on function auth.enter(jsonb) to gw_edge, gw_worker;
grant execute on function auth.enter_key(bigint, bytea, text, text, inet, timestamptz) to gw_edge;
grant execute on function auth.key_id(), auth.key_revoke(bigint, jsonb),
    auth.key_create(bigint, int, text, bytea, text[], timestamptz, jsonb) to gw_worker;
grant execute on function auth.ready(text) to gw_edge, gw_worker;
grant execute on function auth.now(), auth.tenant(), auth.can(text),
    auth.covers(text[], text) to gw_api;
