-- Sessions: log in, see where one is logged in, end it.

create or replace function godwit.session_json(s auth.sessions_shown)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('ses', s.id), 'created_at', s.created_at,
        'used_at', s.used_at, 'expires_at', s.expires_at, 'address', host(s.address),
        'agent', s.agent,
        'current', s.id::text = current_setting('app.session')) $$;

-- {"email","password_hash","password_rehash"?}: a session, with its token.
create or replace function api.sessions_create(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_id bigint;
    v_token text;
    v_session jsonb;
begin
    perform godwit.read_body(p_body, array['email', 'password_hash', 'password_rehash', '_agent']);
    select l.id, l.token into v_id, v_token from auth.login(
        godwit.read_line(p_body, 'email', 1, 254, true), p_body->>'password_hash',
        p_body->>'password_rehash', p_body->>'_agent') l;
    select godwit.session_json(s) into v_session from auth.sessions_shown s where s.id = v_id;
    perform auth.audit_user('sessions_create', v_session->>'id', null, v_session);
    return v_session || jsonb_build_object('user', godwit.id_text('user', auth.user_id()),
        'verified', not auth.has_totp(auth.user_id()), 'token', v_token);
end $$;

create or replace function api.sessions_list(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['fields']), auth.user_id();
    return (select jsonb_build_object('items', coalesce(jsonb_agg(godwit.session_json(s)
                order by s.id desc), '[]'), 'next', null) from auth.sessions_shown s);
end $$;

-- {"id"}: `current` for that of the request. One by a provider is not over
-- there before the browser has been to `logout_url`.
create or replace function api.sessions_end(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_id bigint := case when p_body->>'id' = 'current'
                        then nullif(current_setting('app.session', true), '')::bigint
                        else godwit.read_id(p_body, 'id', 'ses') end;
    v_session jsonb;
begin
    perform godwit.read_body(p_body, array['id', '_if_match']), auth.user_here();
    if auth.bound() is not null and p_body->>'id' <> 'current' then
        perform auth.user_id();
    end if;
    select godwit.session_json(s) into v_session from auth.sessions_shown s where s.id = v_id;
    if v_session is null then
        raise exception 'there is no session %', p_body->>'id'
            using errcode = 'GW002', column = 'id';
    end if;
    perform godwit.match(p_body, v_session), auth.session_end(v_id);
    perform auth.audit_user('sessions_end', v_session->>'id', v_session, null);
    return v_session || jsonb_build_object('logout_url', auth.sso_logout_url(v_id));
end $$;
