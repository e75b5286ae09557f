-- The second factor of a user: an authenticator, and recovery codes.

-- What is begun, which the edge waits for. That somebody tries is audited here,
-- and that he was right when it is known.
create or replace function godwit.totp_begun(p_operation text, o godwit.operations)
returns jsonb language plpgsql
as $$
begin
    perform auth.audit_user(p_operation, o.object, null, null);
    return jsonb_build_object('operation', godwit.id_text('op', o.id));
end $$;

-- {"password_hash","uri"}, this as the edge has sealed it: what an authenticator
-- reads, which the edge completes, and the recovery codes.
create or replace function api.me_totp_create(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_uri text;
    v_codes text[];
begin
    perform godwit.read_body(p_body, array['password_hash', 'password_rehash', 'uri']);
    select m.uri, m.codes into v_uri, v_codes
      from auth.totp_make(p_body->>'password_hash', p_body->'uri') m;
    perform auth.audit_user('me_totp_create', godwit.id_text('user', auth.user_id()), null, null);
    return jsonb_build_object('uri', v_uri, 'recovery_codes', v_codes);
end $$;

-- {"code"}, sealed: from then on it is asked for at each login.
create or replace function api.me_totp_confirm(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['code']);
    return godwit.totp_begun('me_totp_confirm',
        auth.totp_ask('me_totp_confirm', p_body->'code'));
end $$;

-- {"password_hash"}
create or replace function api.me_totp_delete(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['password_hash', 'password_rehash']);
    perform auth.totp_delete(p_body->>'password_hash');
    perform auth.audit_user('me_totp_delete', godwit.id_text('user', auth.user_id()), null, null);
    return null;
end $$;

-- {"code"}, sealed, or {"recovery_code"}: the session is good for all then.
create or replace function api.sessions_verify(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['code', 'recovery_code']);
    if (p_body ? 'code') = (p_body ? 'recovery_code') then
        perform godwit.invalid('code', 'give "code" or "recovery_code"');
    end if;
    return godwit.totp_begun('sessions_verify', case when p_body ? 'code'
        then auth.totp_ask('sessions_verify', p_body->'code')
        else auth.recovery_use(p_body->>'recovery_code') end);
end $$;
