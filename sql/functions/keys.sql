-- Keys of the API: made, judged, used. Their text is that of shm/gw_apikey.h,
-- of which only the hash is kept.

-- Note that a key is used: another request that does is not waited for, and a
-- database that only reads is let be.
create or replace function auth.key_used(p_key bigint, p_now timestamptz)
returns void language plpgsql
as $$
begin
    if current_setting('transaction_read_only') = 'off' then
        update auth.key_uses set at = p_now
         where key_id = (select key_id from auth.key_uses where key_id = p_key
                            for update skip locked);
    end if;
end $$;

-- Enter a request that names an API key: its id, the SHA-256 of its whole
-- text, the scope that the operation asks for, request id, address of the
-- client (or null) and the instant. GW005 and one sentence for a key that is
-- unknown, wrong, revoked or expired; GW004 without the scope, or from an
-- address that it is not for. Two index reads; once a minute the use is noted.
create or replace function auth.enter_key(p_key bigint, p_hash bytea, p_scope text,
    p_request_id text, p_address inet, p_now timestamptz)
returns void language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_used timestamptz;
    v_covers boolean;
begin
    -- one statement, since every request runs it
    select u.at, auth.context(k.tenant_id::text, null, null, null, 'key_' || p_key,
               k.scopes::text, k.test, p_request_id, host(p_address), p_now)
      into v_used
      from auth.keys k left join auth.key_uses u on u.key_id = k.id
     where k.id = p_key and k.hash = p_hash and k.revoked_at is null
       and coalesce(k.expires_at > p_now, true) and auth.covers(k.scopes, p_scope)
       and (k.addresses is null or p_address <<= any (k.addresses));
    if found then
        if v_used is null or v_used < p_now - interval '1 minute' then
            perform auth.key_used(p_key, p_now);
        end if;
        return;
    end if;

    select auth.covers(k.scopes, p_scope) into v_covers from auth.keys k
     where k.id = p_key and k.hash = p_hash and k.revoked_at is null
       and coalesce(k.expires_at > p_now, true);
    if v_covers is null then
        raise exception 'the API key is not valid' using errcode = 'GW005';
    end if;
    if v_covers then
        raise exception 'the API key is not for requests from %', coalesce(host(p_address),
            'a socket of this machine') using errcode = 'GW004', column = 'key_address';
    end if;
    raise exception 'the API key does not have the scope %', p_scope using errcode = 'GW004';
end $$;

-- A key was refused for its address, as auth.enter_key has it: the audit of its
-- workspace is told, five times in a quarter of an hour at most.
create or replace function auth.key_astray(p_key bigint, p_hash bytea, p_scope text,
    p_request_id text, p_address inet, p_now timestamptz)
returns void language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    k auth.keys;
begin
    select * into k from auth.keys where id = p_key and hash = p_hash and revoked_at is null;
    if found and auth.attempt('astray ' || p_key, p_now) = 0 then
        perform auth.context(k.tenant_id::text, null, null, null, 'key_' || p_key, '{}', k.test,
                    p_request_id, host(p_address), p_now);
        perform godwit.audit('keys_refused', godwit.id_text('key', p_key), null,
            jsonb_build_object('error', 'address', 'scope', p_scope));
    end if;
end $$;

-- CRC-32C (Castagnoli), as gw_crc32c.
create or replace function godwit.crc32c(p_text text)
returns bigint language plpgsql immutable parallel safe
as $$
declare
    v_bytes bytea := convert_to(p_text, 'UTF8');
    v_crc bigint := 4294967295;
begin
    for i in 0 .. length(v_bytes) - 1 loop
        v_crc := v_crc # get_byte(v_bytes, i);
        for j in 1 .. 8 loop
            v_crc := case v_crc & 1 when 1 then (v_crc >> 1) # 2197175160 else v_crc >> 1 end;
        end loop;
    end loop;
    return v_crc # 4294967295;
end $$;

-- The text of a new key, session or one-time link of this id: `PREFIX_ID_SECRET`.
create or replace function godwit.credential_text(p_prefix text, p_id bigint)
returns text language plpgsql
as $$
declare
    v_digits text := '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
    v_secret text := '';
    v_text text;
    v_bytes bytea;
    v_crc bigint;
    v_check text := '';
begin
    while length(v_secret) < 32 loop
        v_bytes := sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));
        for i in 0 .. 31 loop
            -- the bytes above would make some characters likelier than others
            if get_byte(v_bytes, i) < 248 then
                v_secret := v_secret || substr(v_digits, get_byte(v_bytes, i) % 62 + 1, 1);
            end if;
        end loop;
    end loop;
    v_text := format('%s_%s_%s', p_prefix, p_id, left(v_secret, 32));
    v_crc := godwit.crc32c(v_text);
    for i in 1 .. 6 loop
        v_check := substr(v_digits, (v_crc % 62)::int + 1, 1) || v_check;
        v_crc := v_crc / 62;
    end loop;
    return v_text || v_check;
end $$;

-- GW004 unless the caller may make, change or take over a key like this: one
-- that can no more than his own, for no longer and from nowhere else, and is for
-- tests when his is. Who asks without a key is limited by his scopes alone.
create or replace function auth.key_may(p_scopes text[], p_expires timestamptz,
    p_addresses cidr[], p_test boolean)
returns void language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    k auth.keys;
    v_scope text;
begin
    select s into v_scope from unnest(p_scopes) s where auth.can(s) is not true limit 1;
    if found then
        raise exception 'a key gives no scope that it does not have: %', v_scope
            using errcode = 'GW004', column = 'scopes';
    end if;
    select * into k from auth.keys where tenant_id = auth.tenant()
       and id = substring(current_setting('app.actor') from '^key_([0-9]+)$')::bigint;
    if k.expires_at < coalesce(p_expires, 'infinity') then
        raise exception 'a key gives no longer time than it has: until %',
            to_json(k.expires_at)#>>'{}' using errcode = 'GW004', column = 'expires_at';
    end if;
    if k.addresses is not null and (p_addresses is null
        or exists (select from unnest(p_addresses) a where not a <<= any (k.addresses)))
    then
        raise exception 'a key gives no address that it is not for: %',
            array_to_string(k.addresses, ', ') using errcode = 'GW004', column = 'addresses';
    end if;
    if k.test and not p_test then
        raise exception 'a key for tests has no say in one that is not'
            using errcode = 'GW004', column = 'test';
    end if;
end $$;

-- Make a key of the workspace of this request: its id and, for this once, its
-- text. GW001 names what is wrong, GW004 what the caller may not give; GW003:
-- there are a thousand.
create or replace function auth.key_make(p_name text, p_scopes text[], p_expires timestamptz,
    p_addresses cidr[], p_replaces bigint, p_test boolean, out id bigint, out key text)
language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform auth.scopes_check(p_scopes);
    if length(p_name) > 200 or p_name ~ '[\x01-\x1f\x7f]' then
        perform godwit.invalid('name', 'a name has at most 200 characters, none a control');
    end if;
    if p_expires <= auth.now() then
        perform godwit.invalid('expires_at', '"expires_at" is in the past');
    end if;
    perform auth.key_may(p_scopes, p_expires, p_addresses, p_test);
    perform pg_advisory_xact_lock(hashtextextended('keys', auth.tenant()));
    if 1000 <= (select count(*) from auth.keys k
                 where k.tenant_id = auth.tenant() and k.revoked_at is null)
    then
        raise exception 'the workspace has 1000 keys; revoke some that are not needed'
            using errcode = 'GW003';
    end if;
    id := nextval('auth.keys_id_seq');
    key := godwit.credential_text(case when p_test then 'gw_test' else 'gw_live' end, id);
    insert into auth.keys (id, tenant_id, name, hash, scopes, addresses, replaces, created_at,
                           expires_at, test)
    values (id, auth.tenant(), p_name, sha256(convert_to(key, 'UTF8')), p_scopes, p_addresses,
            p_replaces, auth.now(), p_expires, p_test);
    insert into auth.key_uses (key_id) values (id);
    perform godwit.changed(auth.tenant(), 'key', id::text, auth.now());
end $$;

-- `godwit key create`: the text of a new key, as keys_create makes it; GW002
-- without that workspace.
create or replace function auth.key_create(p_tenant int, p_body jsonb, p_context jsonb)
returns text language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform auth.enter(p_context || jsonb_build_object('tenant', p_tenant));
    return api.keys_create(p_body)->>'key';
end $$;

-- `godwit key revoke`, as keys_revoke does it: false when it was revoked
-- before, GW002 when there is none.
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
    perform api.keys_revoke(jsonb_build_object('id', godwit.id_text('key', p_id)));
    return true;
end $$;

revoke execute on function godwit.crc32c(text), godwit.credential_text(text, bigint)
    from gw_api, gw_search, gw_worker;
grant execute on function auth.enter_key(bigint, bytea, text, text, inet, timestamptz),
    auth.key_astray(bigint, bytea, text, text, inet, timestamptz) to gw_edge;
grant execute on function auth.key_make(text, text[], timestamptz, cidr[], bigint, boolean),
    auth.key_may(text[], timestamptz, cidr[], boolean) to gw_api;
grant execute on function auth.key_revoke(bigint, jsonb),
    auth.key_create(int, jsonb, jsonb) to gw_worker;
