-- A second factor: made, confirmed, asked for at a login, taken away. A code is
-- checked by the worker, which alone can open the secret (worker/totp_job.c); a
-- recovery code here. What is kept of them is of no workspace: tenant 0.

-- What is of no workspace is kept as that of tenant 0: there, and, with what this
-- has answered, back.
create or replace function auth.directory(p_tenant text default '0')
returns text language plpgsql
as $$
declare
    v_was text := current_setting('app.tenant');
begin
    perform set_config('app.tenant', p_tenant, true);
    return v_was;
end $$;

-- Is a second factor asked for?
create or replace function auth.has_totp(p_user bigint)
returns boolean language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select exists (select from auth.totp where user_id = p_user and confirmed_at is not null) $$;

-- Percent-encoded, as a URI has it.
create or replace function godwit.uri_text(p_text text)
returns text language sql immutable parallel safe
as $$ select coalesce(string_agg(case when c ~ '[A-Za-z0-9._~-]' then c
            else upper(regexp_replace(encode(convert_to(c, 'UTF8'), 'hex'), '(..)', '%\1', 'g'))
            end, '' order by n), '')
        from regexp_split_to_table(p_text, '') with ordinality t(c, n) $$;

-- The hash of a recovery code, however it is written.
create or replace function auth.recovery_hash(p_code text)
returns bytea language sql immutable parallel safe
as $$ select sha256(convert_to(regexp_replace(lower(p_code), '[^a-z2-7]', '', 'g'), 'UTF8')) $$;

-- 120 bits by chance: 24 letters in groups of four.
create or replace function auth.recovery_code()
returns text language plpgsql
as $$
declare
    v_bytes bytea := sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));
    v_code text := '';
begin
    for i in 0 .. 23 loop
        v_code := v_code || substr('abcdefghijklmnopqrstuvwxyz234567',
            get_byte(v_bytes, i) % 32 + 1, 1);
    end loop;
    return regexp_replace(v_code, '(....)(?=.)', '\1-', 'g');
end $$;

-- Forget the second factor of a user.
create or replace function auth.totp_forget(p_user bigint)
returns void language plpgsql
as $$
declare
    v_was text := auth.directory();
begin
    perform godwit.secret_drop(secret) from auth.totp where user_id = p_user;
    delete from auth.totp where user_id = p_user;
    delete from auth.recovery_codes where user_id = p_user;
    perform auth.directory(v_was);
end $$;

-- A new one for the user of this request, in place of one that was never
-- confirmed: the URI for authenticators but for the secret behind it, and, for
-- this once, ten recovery codes. GW001: the password is wrong; GW003: he has one.
create or replace function auth.totp_make(p_hash text, p_sealed jsonb, out uri text,
    out codes text[])
language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_was text := auth.directory();
    u auth.users := auth.user_proven(p_hash);
begin
    if auth.has_totp(u.id) then
        raise exception 'you have an authenticator; take it away first' using errcode = 'GW003';
    end if;
    perform auth.totp_forget(u.id);
    insert into auth.totp (user_id, secret, created_at)
    values (u.id, godwit.secret_put(p_sealed, 'totp'), auth.now());
    codes := array(select auth.recovery_code() from generate_series(1, 10));
    insert into auth.recovery_codes (user_id, hash)
    select u.id, auth.recovery_hash(c) from unnest(codes) c;
    uri := 'otpauth://totp/Godwit:' || godwit.uri_text(u.email)
        || '?issuer=Godwit&algorithm=SHA1&digits=6&period=30&secret=';
    perform auth.directory(v_was);
end $$;

-- Take it away, if there is one: GW001 when the password is wrong.
create or replace function auth.totp_delete(p_hash text)
returns void language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform auth.totp_forget((auth.user_proven(p_hash)).id);
end $$;

-- `godwit user totp-forget`, for who has lost authenticator and recovery codes:
-- his password is enough again. GW002: there is no such user; GW003: he has none.
create or replace function auth.user_totp_forget(p_email text, p_context jsonb)
returns text language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    u auth.users := auth.enter_keeper(p_email, p_context);
begin
    if not exists (select from auth.totp where user_id = u.id) then
        raise exception '% has no second factor', u.email using errcode = 'GW003';
    end if;
    perform auth.totp_forget(u.id),
            auth.audit_user('user_totp_forget', godwit.id_text('user', u.id), null, null);
    return format('%s has no second factor any more', u.email);
end $$;

-- An attempt at the second factor of the user of this request: GW010 after five
-- that failed in a quarter of an hour. It counts as failed until it is settled.
create or replace function auth.totp_attempt(p_operation text)
returns void language plpgsql
as $$
declare
    v_wait int := auth.attempt('totp ' || auth.user_id(), auth.now(), auth.user_id(), p_operation);
begin
    if v_wait > 0 then
        raise exception 'too many codes were wrong; try again in % seconds', v_wait
            using errcode = 'GW010';
    end if;
end $$;

-- What the second factor has shown: for a session, and for who does it. The
-- caller knows that it is right.
create or replace function auth.totp_good(p_operation text, p_user bigint, p_session bigint,
    p_after jsonb)
returns void language plpgsql
as $$
begin
    update auth.sessions set verified_at = auth.now()
     where id = p_session and user_id = p_user and verified_at is null;
    perform auth.attempt_right('totp ' || p_user, 1),
            auth.audit_user(p_operation, godwit.id_text('user', p_user), null, p_after);
end $$;

-- Let the worker check a code, sealed as the edge has it: an operation of the
-- directory, which the session of this request can ask for.
create or replace function auth.totp_ask(p_operation text, p_code jsonb)
returns godwit.operations language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_was text := auth.directory();
    v_user bigint := auth.user_id();
    v_confirmed timestamptz;
    o godwit.operations;
begin
    select confirmed_at into v_confirmed from auth.totp where user_id = v_user;
    if not found then
        raise exception 'you have no authenticator' using errcode = 'GW002';
    end if;
    if (p_operation = 'me_totp_confirm') = (v_confirmed is not null) then
        raise exception 'the authenticator % confirmed', case when v_confirmed is null
            then 'is not yet' else 'was' end using errcode = 'GW003';
    end if;
    perform auth.totp_attempt(p_operation);
    o := godwit.operation_start(p_operation, godwit.id_text('user', v_user), jsonb_build_object(
        'operation', p_operation, 'user', v_user,
        'session', nullif(current_setting('app.session'), '')::bigint,
        'request_id', current_setting('app.request_id'),
        'address', current_setting('app.address'),
        'code', jsonb_build_object('id', p_code->>'id',
            'sealed', '\x' || encode(decode(p_code->>'sealed', 'base64'), 'hex'))), null);
    perform auth.directory(v_was);
    return o;
end $$;

-- The worker has found the code of an operation that it holds to be that of this
-- step, which is used up and the operation done, both or neither. False when a
-- code of the same or a later step was used, null when another holds it.
create or replace function auth.totp_settle(p_id bigint, p_epoch bigint, p_step bigint,
    p_now timestamptz)
returns boolean language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    o godwit.operations;
    v_user bigint;
begin
    perform auth.enter_public('', null, p_now), auth.directory();
    select * into o from godwit.operations
     where qshard = 0 and tenant_id = 0 and id = p_id and epoch = p_epoch and state = 'running'
       for update;
    if not found then
        return null;
    end if;
    v_user := (o.input->>'user')::bigint;
    update auth.totp set last_step = p_step, confirmed_at = coalesce(confirmed_at, p_now)
     where user_id = v_user and last_step < p_step;
    if not found then
        return false;
    end if;
    perform auth.enter_public(o.input->>'request_id', nullif(o.input->>'address', '')::inet,
                p_now), auth.is_user(v_user);
    perform auth.totp_good(o.input->>'operation', v_user, (o.input->>'session')::bigint,
        '{"second_factor": "code"}');
    perform auth.directory(), godwit.operation_settle(o, 'done', '{"verified": true}', null, p_now);
    return true;
end $$;

-- A recovery code instead: an operation that has ended already, since one that
-- is raised would not count.
create or replace function auth.recovery_use(p_code text)
returns godwit.operations language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_was text := auth.directory();
    v_user bigint := auth.user_id();
    v_session bigint := nullif(current_setting('app.session'), '')::bigint;
    v_good boolean;
    o godwit.operations;
begin
    perform auth.totp_attempt('sessions_verify');
    update auth.recovery_codes set used_at = auth.now()
     where user_id = v_user and hash = auth.recovery_hash(p_code) and used_at is null;
    v_good := found;
    if v_good then
        perform auth.totp_good('sessions_verify', v_user, v_session,
            '{"second_factor": "recovery_code"}');
    end if;
    o := godwit.operation_start('sessions_verify', godwit.id_text('user', v_user),
        jsonb_build_object('session', v_session), null);
    o := godwit.operation_settle(o, case when v_good then 'done' else 'failed' end,
        case when v_good then '{"verified": true}'::jsonb end,
        case when not v_good then jsonb_build_object('code', 'wrong_code',
            'message', 'the recovery code is wrong or was used before') end, auth.now());
    perform auth.directory(v_was);
    return o;
end $$;

-- An operation of the directory, for the session that has asked for it: what
-- the edge asks while it waits; GW002.
create or replace function auth.operation_get(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_was text := auth.directory();
    o godwit.operations;
begin
    select * into o from godwit.operations
     where qshard = 0 and tenant_id = 0 and id = godwit.read_id(p_body, 'id', 'op')
       and input->>'session' = current_setting('app.session');
    if not found then
        raise exception 'there is no operation %', p_body->>'id'
            using errcode = 'GW002', column = 'id';
    end if;
    perform auth.directory(v_was);
    return godwit.operation_json(o);
end $$;

revoke execute on function godwit.uri_text(text) from gw_search, gw_worker;
grant execute on function auth.operation_get(jsonb) to gw_edge;
grant execute on function auth.totp_settle(bigint, bigint, bigint, timestamptz),
    auth.user_totp_forget(text, jsonb) to gw_worker;
grant execute on function auth.totp_make(text, jsonb), auth.totp_delete(text),
    auth.totp_ask(text, jsonb), auth.recovery_use(text), auth.has_totp(bigint) to gw_api;
