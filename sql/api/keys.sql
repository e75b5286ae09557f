-- Keys of the API: whoever holds one may make others that can no more.

create or replace function godwit.key_json(k auth.keys_shown)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('key', k.id), 'name', k.name,
        'scopes', k.scopes, 'addresses', k.addresses,
        'state', case when k.revoked_at is not null then 'revoked'
                      when k.expires_at <= auth.now() then 'expired' else 'active' end,
        'created_at', k.created_at, 'expires_at', k.expires_at, 'revoked_at', k.revoked_at,
        'replaces', godwit.id_text('key', k.replaces), 'test', k.test) $$;

-- The key of {"id"}, locked when it is to change; GW002.
create or replace function godwit.key_find(p_body jsonb, p_lock boolean default false)
returns auth.keys_shown language plpgsql
as $$
declare
    v_id bigint := godwit.read_id(p_body, 'id', 'key');
    k auth.keys_shown;
begin
    if p_lock then
        select * into k from auth.keys_shown
         where tenant_id = auth.tenant() and id = v_id for update;
    else
        select * into k from auth.keys_shown where tenant_id = auth.tenant() and id = v_id;
    end if;
    if not found then
        raise exception 'there is no key %', p_body->>'id' using errcode = 'GW002', column = 'id';
    end if;
    return k;
end $$;

-- {"addresses"}: networks, null for no limit; GW001.
create or replace function godwit.key_addresses(p_body jsonb)
returns cidr[] language plpgsql stable
as $$
declare
    v text;
begin
    if coalesce(p_body->'addresses', 'null') = 'null' then
        return null;
    end if;
    for v in select jsonb_array_elements_text(p_body->'addresses') loop
        perform network(v::inet);
    end loop;
    return (select coalesce(array_agg(network(a::inet)), '{}') from jsonb_array_elements_text(
        p_body->'addresses') a);
exception
    when invalid_text_representation then
        perform godwit.invalid('addresses', format('"%s" is not an address or a network like '
            '192.0.2.0/24', v));
end $$;

-- {"scopes","name"?,"expires_at"?,"addresses"?,"test"?}: the key, with its text.
-- One that a test key makes is for tests, as every one of a sandbox is.
create or replace function api.keys_create(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_test boolean := coalesce((p_body->>'test')::boolean, auth.is_test());
    v_id bigint;
    v_key text;
    k auth.keys_shown;
begin
    perform godwit.read_body(p_body, array['scopes', 'name', 'expires_at', 'addresses',
        'test']);
    if jsonb_typeof(p_body->'scopes') is distinct from 'array' then
        perform godwit.invalid('scopes', '"scopes" is missing');
    end if;
    if not v_test and (select kind from auth.tenants where id = auth.tenant()) = 'sandbox' then
        perform godwit.invalid('test', 'every key of a sandbox is for tests');
    end if;
    select m.id, m.key into v_id, v_key from auth.key_make(godwit.read_line(p_body, 'name', 1, 200),
        array(select jsonb_array_elements_text(p_body->'scopes')),
        godwit.read_time(p_body, 'expires_at')::timestamptz, godwit.key_addresses(p_body), null,
        v_test) m;
    select * into k from auth.keys_shown where tenant_id = auth.tenant() and id = v_id;
    perform godwit.audit('keys_create', godwit.id_text('key', v_id), null, godwit.key_json(k));
    return godwit.key_json(k) || jsonb_build_object('key', v_key);
end $$;

-- {"state"?}: the newest last. When a key was used is here alone: else each use
-- would change its ETag.
create or replace function api.keys_list(p_body jsonb)
returns jsonb language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.list(p_body, 'keys_list', 'auth.keys_shown t
        left join auth.key_uses u on u.key_id = t.id', 't.id',
        $q$godwit.key_json(t) || jsonb_build_object('last_used_at', u.at)$q$,
        array[['id', 't.id', 'bigint']], array[
            ['state', 'word active expired revoked', $q$godwit.key_json(t)->>'state' = %s$q$]]) $$;

create or replace function api.keys_get(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['id', 'fields']);
    return godwit.key_json(godwit.key_find(p_body));
end $$;

-- {"id","name"?,"expires_at"?,"addresses"?}: null takes a limit away.
create or replace function api.keys_update(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    k auth.keys_shown := godwit.key_find(p_body, true);
    v_was jsonb := godwit.key_json(k);
begin
    perform godwit.read_body(p_body, array['id', 'name', 'expires_at', 'addresses', '_if_match']);
    perform godwit.match(p_body, v_was), auth.key_may(k.scopes, k.expires_at, k.addresses, k.test);
    if p_body ? 'name' then
        k.name := godwit.read_line(p_body, 'name', 1, 200);
    end if;
    if p_body ? 'expires_at' then
        k.expires_at := godwit.read_time(p_body, 'expires_at')::timestamptz;
    end if;
    if p_body ? 'addresses' then
        k.addresses := godwit.key_addresses(p_body);
    end if;
    perform auth.key_may(k.scopes, k.expires_at, k.addresses, k.test);
    update auth.keys_shown
       set name = k.name, expires_at = k.expires_at, addresses = k.addresses
     where tenant_id = auth.tenant() and id = k.id;
    perform godwit.changed(auth.tenant(), 'key', k.id::text, auth.now());
    perform godwit.audit('keys_update', godwit.id_text('key', k.id), v_was, godwit.key_json(k));
    return godwit.key_json(k);
end $$;

-- {"id","overlap"?}: a new key that can the same; the old one is good for
-- another `overlap` seconds.
create or replace function api.keys_rotate(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    k auth.keys_shown := godwit.key_find(p_body, true);
    v_overlap interval := make_interval(
        secs => godwit.read_int(p_body, 'overlap', 0, 2592000, 86400));
    v_was jsonb := godwit.key_json(k);
    v_id bigint;
    v_key text;
    v_new auth.keys_shown;
begin
    perform godwit.read_body(p_body, array['id', 'overlap']);
    perform auth.key_may(k.scopes, k.expires_at, k.addresses, k.test);
    select * into v_new from auth.keys_shown
     where tenant_id = auth.tenant() and replaces = k.id and revoked_at is null;
    if found then
        raise exception 'key_% has replaced it; rotate that one', v_new.id using errcode = 'GW003';
    end if;
    if v_was->>'state' <> 'active' then
        raise exception 'the key % is %; make a new one', p_body->>'id', v_was->>'state'
            using errcode = 'GW003';
    end if;
    select m.id, m.key into v_id, v_key
      from auth.key_make(k.name, k.scopes, k.expires_at, k.addresses, k.id, k.test) m;
    update auth.keys_shown set expires_at = least(expires_at, auth.now() + v_overlap)
     where tenant_id = auth.tenant() and id = k.id returning * into k;
    perform godwit.changed(auth.tenant(), 'key', k.id::text, auth.now());
    select * into v_new from auth.keys_shown where tenant_id = auth.tenant() and id = v_id;
    perform godwit.audit('keys_rotate', godwit.id_text('key', k.id), v_was, jsonb_build_object(
        'old', godwit.key_json(k), 'new', godwit.key_json(v_new)));
    return godwit.key_json(v_new) || jsonb_build_object('key', v_key);
end $$;

-- {"id"}: for ever, on every host within a second; one that is revoked stays so.
create or replace function api.keys_revoke(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    k auth.keys_shown := godwit.key_find(p_body, true);
    v_was jsonb := godwit.key_json(k);
begin
    perform godwit.read_body(p_body, array['id']);
    perform auth.key_may(k.scopes, k.expires_at, k.addresses, k.test);
    update auth.keys_shown set revoked_at = coalesce(revoked_at, auth.now())
     where tenant_id = auth.tenant() and id = k.id returning * into k;
    perform godwit.changed(auth.tenant(), 'key', k.id::text, auth.now());
    perform godwit.audit('keys_revoke', godwit.id_text('key', k.id), v_was, godwit.key_json(k));
    return godwit.key_json(k);
end $$;
