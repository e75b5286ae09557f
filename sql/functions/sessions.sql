-- Sessions: a user who has logged in. The text of one is of the family of an
-- API key's (shm/gw_apikey.h); only its hash is kept.

-- The user of this request, whatever his session is good for; GW004 when it is
-- none's.
create or replace function auth.user_here()
returns bigint language plpgsql stable
as $$
begin
    if coalesce(current_setting('app.user', true), '') = '' then
        raise exception 'this is for a user who has logged in, and no key is one'
            using errcode = 'GW004';
    end if;
    return current_setting('app.user')::bigint;
end $$;

-- The workspace that a session by a provider is good in; null for one by a
-- password, which is good in all of its user's.
create or replace function auth.bound()
returns int language sql stable
as $$ select nullif(current_setting('app.bound', true), '')::int $$;

-- The user of this request, for what is his own in every workspace: whoever
-- runs a provider of one must not change it. GW004.
create or replace function auth.user_id()
returns bigint language plpgsql stable
as $$
begin
    if auth.bound() is not null then
        raise exception 'log in by a password for this: who came by a provider is known in '
            'its workspace alone' using errcode = 'GW004';
    end if;
    return auth.user_here();
end $$;

-- Who asks from now on in this transaction.
create or replace function auth.is_user(p_user bigint)
returns void language sql
as $$ select set_config('app.user', p_user::text, true),
             set_config('app.actor', 'user_' || p_user, true) $$;

-- Enter a request that nobody stands behind.
create or replace function auth.enter_public(p_request_id text, p_address inet,
    p_now timestamptz)
returns void language sql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select auth.context(null, null, null, null, 'public', '{}', false, p_request_id,
             host(p_address), p_now) $$;

-- Note that a session is used, as auth.key_used does of a key.
create or replace function auth.session_used(p_session bigint, p_now timestamptz)
returns void language plpgsql
as $$
begin
    if current_setting('transaction_read_only') = 'off' then
        update auth.session_uses set at = p_now
         where session_id = (select session_id from auth.session_uses
                              where session_id = p_session for update skip locked);
    end if;
end $$;

-- Is it one that its user may go on with? One that waits for a second factor,
-- for a quarter of an hour, with what shows that (p_scope: verify) alone.
create or replace function auth.session_is_good(s auth.sessions, p_used timestamptz,
    p_disabled timestamptz, p_scope text, p_now timestamptz)
returns boolean language sql stable parallel safe
as $$ select s.ended_at is null and s.expires_at > p_now
         and (s.verified_at is not null
              or p_scope = 'verify' and s.created_at > p_now - interval '15 minutes')
         and p_disabled is null and p_used > p_now - interval '12 hours' $$;

-- Enter a request of a session: its id, the SHA-256 of its whole text, the
-- workspace (null for what is the user's own), the scope that the operation
-- asks for, request id, address of the client (or null) and the instant. GW005
-- and one sentence for a session that is unknown, wrong, over, idle for too
-- long or waits for a second factor; GW004 without the scope, and the same for
-- a workspace that is not there as for one that is not his. One statement, as
-- auth.enter_key; once a minute the use is noted.
create or replace function auth.enter_session(p_session bigint, p_hash bytea, p_workspace int,
    p_scope text, p_request_id text, p_address inet, p_now timestamptz)
returns void language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_used timestamptz;
    v_role text;
begin
    select a.at, auth.context(p_workspace::text, u.id::text, s.id::text, s.tenant_id::text,
               'user_' || u.id, coalesce(r.scopes, '{}')::text, false, p_request_id,
               host(p_address), p_now)
      into v_used
      from auth.sessions s
      join auth.users u on u.id = s.user_id
      join auth.session_uses a on a.session_id = s.id
      left join auth.memberships m on m.tenant_id = p_workspace and m.user_id = s.user_id
           and (s.tenant_id is null or s.tenant_id = p_workspace)
      left join auth.roles r on r.id = m.role_id
     where s.id = p_session and s.hash = p_hash
       and auth.session_is_good(s, a.at, u.disabled_at, p_scope, p_now)
       and case when p_workspace is null then coalesce(p_scope, '') in ('', 'verify')
                else m.tenant_id is not null and auth.covers(r.scopes, p_scope) end;
    if found then
        if v_used < p_now - interval '1 minute' then
            perform auth.session_used(p_session, p_now);
        end if;
        return;
    end if;

    select coalesce(r.name, '') into v_role
      from auth.sessions s
      join auth.users u on u.id = s.user_id
      join auth.session_uses a on a.session_id = s.id
      left join auth.memberships m on m.tenant_id = p_workspace and m.user_id = s.user_id
           and (s.tenant_id is null or s.tenant_id = p_workspace)
      left join auth.roles r on r.id = m.role_id
     where s.id = p_session and s.hash = p_hash
       and auth.session_is_good(s, a.at, u.disabled_at, p_scope, p_now);
    if not found then
        raise exception 'the session is over; log in again' using errcode = 'GW005';
    end if;
    if p_workspace is null then
        raise exception 'this is of a workspace; name one of yours in the header Godwit-Workspace'
            using errcode = 'GW004';
    end if;
    if v_role = '' then
        raise exception 'you are in no workspace ws_%', p_workspace using errcode = 'GW004';
    end if;
    raise exception 'the role % does not have the scope %', v_role, p_scope
        using errcode = 'GW004';
end $$;

-- A session of a user, begun, for a week at most: its text, for this once. It
-- waits for the second factor of who has one.
create or replace function auth.session_start(p_user bigint, p_agent text,
    p_tenant int default null, out id bigint, out token text)
language plpgsql
as $$
begin
    id := nextval('auth.sessions_id_seq');
    token := godwit.credential_text('gw_sess', id);
    insert into auth.sessions (id, hash, user_id, created_at, expires_at, verified_at, address,
                               agent, tenant_id)
    values (id, sha256(convert_to(token, 'UTF8')), p_user, auth.now(),
            auth.now() + interval '7 days',
            case when not auth.has_totp(p_user) then auth.now() end,
            nullif(current_setting('app.address'), '')::inet, left(p_agent, 300), p_tenant);
    insert into auth.session_uses (session_id, at) values (id, auth.now());
    -- a hundred, the newest; those by a provider apart, so that none ends others
    update auth.sessions set ended_at = auth.now()
     where user_id = p_user and ended_at is null and tenant_id is not distinct from p_tenant
       and auth.sessions.id <= (
        select s.id from auth.sessions s where s.user_id = p_user and s.ended_at is null
           and s.tenant_id is not distinct from p_tenant
         order by s.id desc offset 100 limit 1);
end $$;

-- End one of the user of this request.
create or replace function auth.session_end(p_session bigint)
returns void language sql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ update auth.sessions set ended_at = auth.now()
       where user_id = auth.user_here() and id = p_session and ended_at is null
         and (auth.bound() is null or id::text = current_setting('app.session')) $$;

-- End the sessions of a user.
create or replace function auth.sessions_end(p_user bigint, p_now timestamptz)
returns void language sql
as $$ update auth.sessions set ended_at = p_now where user_id = p_user and ended_at is null $$;

-- A hash under the key of the house: of what must stand in no table (an account,
-- a network), or of what a stranger brings back to us. Hashed twice, nobody who
-- has one can go on from it.
create or replace function auth.house_hash(p_text text)
returns bytea language sql stable
as $$ select sha256(secret || sha256(secret || convert_to(p_text, 'UTF8'))) from auth.house $$;

-- Count an attempt; how many seconds to wait before another, 0: none, null: of
-- nothing. Five may fail in a quarter of an hour. One that comes at the same time waits for this
-- one, so that a hundred at once are not more. Those of a user's account are
-- told to the audit, as p_operation; the row is the same for nobody's.
create or replace function auth.attempt(p_what text, p_now timestamptz,
    p_user bigint default null, p_operation text default null)
returns int language sql
as $$ insert into auth.attempts as a (key, started_at, failures, user_id, operation, actor,
                                      request_id, address, tried_at)
      select auth.house_hash(p_what), p_now, 1, p_user, p_operation,
             case when p_user is not null then current_setting('app.actor', true) end,
             case when p_user is not null then current_setting('app.request_id', true) end,
             case when p_user is not null
                  then nullif(current_setting('app.address', true), '')::inet end, p_now
       where p_what is not null
      on conflict (key) do update
         set started_at = case when a.started_at > p_now - interval '15 minutes'
                               then a.started_at else p_now end,
             failures = case when a.started_at > p_now - interval '15 minutes'
                             then least(a.failures + 1, 6) else 1 end,
             told = case when a.started_at > p_now - interval '15 minutes'
                         then a.told else a.told - a.failures end,
             user_id = excluded.user_id, operation = excluded.operation, actor = excluded.actor,
             request_id = excluded.request_id, address = excluded.address,
             -- what is held up keeps nobody from telling of the others
             tried_at = case when a.failures < 6 or a.started_at <= p_now - interval '15 minutes'
                             then p_now else a.tried_at end
      returning case when failures > 5
                     then ceil(extract(epoch from started_at + interval '15 minutes' - p_now))
                     else 0 end::int $$;

-- An attempt was right, of p_own that were counted: nothing counts against the
-- next. What failed before is still to be told.
create or replace function auth.attempt_right(p_what text, p_own int)
returns void language sql
as $$
    update auth.attempts set failures = 0, told = told - failures + p_own
     where key = auth.house_hash(p_what);
    delete from auth.attempts
     where key = auth.house_hash(p_what) and (user_id is null or failures <= told);
$$;

-- Tell the audit of attempts that failed, those of an account at once: half a
-- minute after the last, when none is under way any more.
create or replace function auth.attempts_tell(p_now timestamptz)
returns void language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    a auth.attempts;
    v_tenant int;
begin
    for a in select * from auth.attempts
              where user_id is not null and failures > told
                and tried_at < p_now - interval '30 seconds'
              order by user_id, tried_at limit 100 for update skip locked
    loop
        for v_tenant in select tenant_id from auth.memberships where user_id = a.user_id
                     order by tenant_id loop
            perform set_config('app.tenant', v_tenant::text, true);
            perform godwit.audit_add(v_tenant, p_now, a.operation,
                godwit.id_text('user', a.user_id), coalesce(nullif(a.actor, ''), 'cli'),
                nullif(a.request_id, ''), a.address, null,
                jsonb_build_object('error', case when a.operation in ('sessions_verify',
                        'me_totp_confirm') then 'wrong_code' else 'wrong_password' end,
                    'times', a.failures - a.told, 'held_up', a.failures > 5));
        end loop;
        update auth.attempts set told = failures where key = a.key;
    end loop;
end $$;

-- The network that an attempt comes from: of IPv6 what one customer has.
create or replace function auth.network(p_address inet)
returns text language sql immutable parallel safe
as $$ select 'net ' || network(set_masklen(p_address, case family(p_address) when 4 then 32
                                                      else 64 end)) $$;

-- What to hash a password with that is to be checked, of the account of an
-- address or of a session: the parameters and salt of its hash, `$scrypt$...`,
-- or as good ones when there is no such account; null when none is named, since
-- a new password is all there is, and GW004 for a key. Counts as an attempt that has
-- failed until its operation says otherwise: wait_seconds > 0 when there were
-- too many of the account or from the network, whether it is there or not.
create or replace function auth.password_salt(p_email text, p_session bigint, p_address inet,
    p_now timestamptz, p_operation text default 'sessions_create', out params text,
    out wait_seconds int)
language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_email text := lower(btrim(p_email));
    v_password text;
    v_user bigint;
begin
    if current_setting('app.actor', true) like 'key\_%' then
        perform auth.user_id();
    end if;
    select u.id, u.email, u.password into v_user, v_email, v_password from auth.users u
     where u.email = v_email
        or u.id = (select s.user_id from auth.sessions s where s.id = p_session);
    v_email := coalesce(v_email, lower(btrim(p_email)));
    params := coalesce(substring(v_password from '^(.*)\$'), '$scrypt$ln=15,r=8,p=3$'
        || rtrim(encode(substr(auth.house_hash('salt ' || v_email), 1, 16), 'base64'), '='));
    wait_seconds := coalesce(auth.attempt(auth.network(p_address), p_now), 0);
    if wait_seconds = 0 then
        wait_seconds := coalesce(auth.attempt('account ' || v_email, p_now, v_user,
            p_operation), 0);
    end if;
end $$;

-- The last attempt at this account was a good one; p_own: it was counted as one.
create or replace function auth.attempt_good(p_email text, p_own int default 1)
returns void language sql
as $$
    select auth.attempt_right('account ' || p_email, p_own);
    update auth.attempts set failures = greatest(failures - 1, 0)
     where key = auth.house_hash(auth.network(nullif(current_setting('app.address'), '')::inet));
$$;

-- Is this the hash of the user's password? Their hashes are compared, so that
-- no time tells how much of it is right.
create or replace function auth.password_is(u auth.users, p_hash text)
returns boolean language sql immutable parallel safe
as $$ select coalesce(sha256(convert_to(u.password, 'UTF8'))
                      = sha256(convert_to(p_hash, 'UTF8')), false) $$;

-- The user of this request, locked, who has shown his password: who has stolen
-- a session alone changes neither it nor the second factor. GW001; GW003: he has
-- none.
create or replace function auth.user_proven(p_hash text)
returns auth.users language plpgsql
as $$
declare
    u auth.users;
begin
    select * into u from auth.users where id = auth.user_id() for update;
    if u.password is null then
        raise exception 'you have no password; ask for a link to one first'
            using errcode = 'GW003';
    end if;
    if not auth.password_is(u, p_hash) then
        perform godwit.invalid('password', 'the password is wrong');
    end if;
    perform auth.attempt_good(u.email);
    return u;
end $$;

-- Give a user this password, which ends his sessions. The row is locked by the
-- caller.
create or replace function auth.password_set(p_user bigint, p_hash text)
returns void language plpgsql
as $$
begin
    update auth.users set password = p_hash, password_at = auth.now() where id = p_user;
    perform auth.sessions_end(p_user, auth.now());
end $$;

-- Log in: GW005 and one sentence when address or password is wrong. A session
-- that begins here waits for a change of the password, and the other way round.
create or replace function auth.login(p_email text, p_hash text, p_rehash text, p_agent text,
    out id bigint, out token text)
language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    u auth.users;
begin
    select * into u from auth.users where email = lower(p_email) for update;
    if u.disabled_at is not null or not auth.password_is(u, p_hash) then
        raise exception 'the e-mail address or the password is wrong' using errcode = 'GW005';
    end if;
    perform auth.attempt_good(u.email), auth.is_user(u.id);
    if p_rehash is not null then
        update auth.users set password = p_rehash where auth.users.id = u.id;
    end if;
    select s.id, s.token into id, token from auth.session_start(u.id, p_agent) s;
end $$;

grant execute on function auth.enter_session(bigint, bytea, int, text, text, inet, timestamptz),
    auth.enter_public(text, inet, timestamptz),
    auth.password_salt(text, bigint, inet, timestamptz, text) to gw_edge;
grant execute on function auth.attempts_tell(timestamptz) to gw_worker;
grant execute on function auth.user_id(), auth.user_here(), auth.bound(), auth.session_end(bigint),
    auth.login(text, text, text, text) to gw_api;
