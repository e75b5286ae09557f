-- Single sign-on by OpenID Connect (Core 1.0, code flow with PKCE, RFC 7636).
-- A login stands nowhere until it comes back: `state` carries it, under a MAC.

create or replace function godwit.url_encode(p_text text)
returns text language sql immutable parallel safe
as $$ select coalesce(string_agg(case when c ~ '^[A-Za-z0-9_.~-]$' then c else regexp_replace(
        upper(encode(convert_to(c, 'UTF8'), 'hex')), '(..)', '%\1', 'g') end, '' order by i), '')
        from regexp_split_to_table(p_text, '') with ordinality t(c, i) $$;

-- What follows from a state: the nonce that the ID token must have, and the
-- code verifier.
create or replace function auth.sso_nonce(p_state text)
returns text language sql stable
as $$ select godwit.b64url(auth.house_hash('sso nonce ' || p_state)) $$;

create or replace function auth.sso_verifier(p_state text)
returns text language sql stable
as $$ select godwit.b64url(auth.house_hash('sso verifier ' || p_state)) $$;

-- The providers that strangers are told of: of a workspace, by default the only one.
-- Where there are several, none may stand at the door of all.
create or replace function auth.sso_listed(p_workspace bigint)
returns table (id bigint, name text) language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select p.id, p.name from auth.providers p
       where p.listed and p.enabled and p.tenant_id = coalesce(p_workspace,
             (select min(t.id) from auth.tenants t having count(*) = 1))
       order by lower(p.name), p.id limit 20 $$;

-- Begin a login: where the browser goes. p_browser is the SHA-256, in hex, of
-- the cookie that this browser has; p_return where it goes in the end. GW002:
-- there is no such provider, or it is switched off; GW003: its metadata could
-- not be fetched yet.
create or replace function auth.sso_begin(p_provider bigint, p_browser text, p_return text,
    p_redirect text)
returns text language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    p auth.providers;
    v_state text;
    v_to text;
begin
    select * into p from auth.providers where id = p_provider and enabled;
    if not found then
        raise exception 'there is no provider sso_%', p_provider
            using errcode = 'GW002', column = 'id';
    end if;
    if p.metadata is null then
        raise exception 'the provider could not be reached yet; ask whoever set it up'
            using errcode = 'GW003';
    end if;
    v_state := concat_ws('.', p.id, extract(epoch from auth.now())::bigint, p_browser,
        encode(substr(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), 1, 24), 'hex'),
        godwit.b64url(convert_to(p_return, 'UTF8')));
    v_state := v_state || '.' || godwit.b64url(auth.house_hash('sso state ' || v_state));
    v_to := p.metadata->>'authorization_endpoint';
    return v_to || case when v_to like '%?%' then '&' else '?' end || (
        select string_agg(k || '=' || godwit.url_encode(v), '&') from (values
            ('response_type', 'code'), ('scope', 'openid email profile'),
            ('client_id', p.client_id), ('redirect_uri', p_redirect), ('state', v_state),
            ('nonce', auth.sso_nonce(v_state)), ('code_challenge_method', 'S256'),
            ('code_challenge', godwit.b64url(sha256(
                convert_to(auth.sso_verifier(v_state), 'UTF8'))))) q(k, v));
end $$;

-- The provider of a state that this browser took there not over ten minutes
-- ago; GW005.
create or replace function auth.sso_state(p_state text, p_browser text)
returns auth.providers language plpgsql
as $$
declare
    v_part text[] := string_to_array(p_state, '.');
    p auth.providers;
begin
    if cardinality(v_part) <> 6 or p_browser is null
        or sha256(convert_to(v_part[6], 'UTF8')) <> sha256(convert_to(godwit.b64url(
            auth.house_hash('sso state ' || array_to_string(v_part[:5], '.'))), 'UTF8'))
        or v_part[3] <> p_browser
    then
        raise exception 'this login did not begin in this browser; begin it again'
            using errcode = 'GW005';
    end if;
    select * into p from auth.providers where id = v_part[1]::bigint and enabled;
    if not found or to_timestamp(v_part[2]::bigint) < auth.now() - interval '10 minutes' then
        raise exception 'this login took too long; begin it again' using errcode = 'GW005';
    end if;
    return p;
end $$;

-- Where a login was to end.
create or replace function auth.sso_return_to(p_state text)
returns text language sql immutable parallel safe
as $$ select convert_from(godwit.b64url_bytes(split_part(p_state, '.', 5)), 'UTF8') $$;

-- The operation in which the worker redeems the code of a login; GW010 when
-- fifty of the provider are under way.
create or replace function auth.sso_redeem(p auth.providers, p_state text, p_code text)
returns godwit.operations language plpgsql
as $$
declare
    v_id bigint := nextval('auth.provider_logins_id_seq');
    o godwit.operations;
begin
    -- a code is good or bad only after the provider was asked: strangers must
    -- not be able to keep others out
    if 20 <= (select count(*) from auth.provider_logins
               where provider_id = p.id and identity_id is null
                 and created_at > auth.now() - interval '15 minutes'
                 and auth.network(address) = auth.network(
                         nullif(current_setting('app.address'), '')::inet))
    then
        raise exception 'too many logins from your network have failed; wait a quarter of an hour'
            using errcode = 'GW010';
    end if;
    if 50 <= (select count(*) from auth.provider_logins l
               join godwit.operations q on q.qshard = 0 and q.tenant_id = l.tenant_id
                and q.id = l.operation_id
              where l.provider_id = p.id and q.state in ('queued', 'running'))
    then
        raise exception 'too many log in at once; try again' using errcode = 'GW010';
    end if;
    o := godwit.operation_start('sso_login', godwit.id_text('sso', p.id),
        jsonb_build_object('login', v_id, 'code', p_code), null);
    insert into auth.provider_logins (id, tenant_id, provider_id, state, operation_id, request_id,
                                      address, created_at)
    values (v_id, p.tenant_id, p.id, p_state, o.id,
            nullif(current_setting('app.request_id'), ''),
            nullif(current_setting('app.address'), '')::inet, auth.now());
    return o;
end $$;

-- A login comes back with a code. The worker redeems it, once: {"state"} while
-- that is under way, then, once, {"token","location"}. The browser, or the edge
-- for it, asks until it has ended. GW005 and why when nobody comes in.
create or replace function auth.sso_return(p_state text, p_code text, p_issuer text,
    p_browser text, p_agent text)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    p auth.providers := auth.sso_state(p_state, p_browser);
    l auth.provider_logins;
    o godwit.operations;
    v_user bigint;
    s record;
begin
    -- RFC 9207: another provider's answer, brought here
    if p_issuer <> p.issuer then
        raise exception 'the answer is of another provider; begin the login again'
            using errcode = 'GW005';
    end if;
    perform pg_advisory_xact_lock(hashtextextended('sso ' || p.id, 0)),
            set_config('app.tenant', p.tenant_id::text, true);
    select * into l from auth.provider_logins where state = p_state;
    if found then
        select * into o from godwit.operations
         where qshard = 0 and tenant_id = p.tenant_id and id = l.operation_id;
    else
        o := auth.sso_redeem(p, p_state, p_code);
    end if;
    if o.state in ('queued', 'running') then
        return jsonb_build_object('state', o.state);
    end if;
    if l.identity_id is null or l.ended_at is not null then
        raise exception '%', coalesce(o.error->>'message',
            'this login has ended already; begin another') using errcode = 'GW005';
    end if;
    select i.user_id into v_user from auth.identities i join auth.users u on u.id = i.user_id
     where i.id = l.identity_id and u.disabled_at is null;
    if not found then
        raise exception 'the account is disabled' using errcode = 'GW005';
    end if;
    select * into s from auth.session_start(v_user, p_agent, p.tenant_id);
    -- whether there was a second factor is up to the provider
    update auth.sessions
       set identity_id = l.identity_id, sid = l.sid, verified_at = auth.now()
     where id = s.id;
    update auth.provider_logins set ended_at = auth.now() where id = l.id;
    return jsonb_build_object('state', 'done', 'token', s.token,
        'location', auth.sso_return_to(p_state));
end $$;

-- The provider says that somebody has logged out there: the operation in which
-- the worker judges its token.
create or replace function auth.sso_logout(p_provider bigint, p_token text)
returns godwit.operations language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    p auth.providers;
begin
    select * into p from auth.providers where id = p_provider and enabled;
    if not found then
        raise exception 'there is no provider sso_%', p_provider
            using errcode = 'GW002', column = 'id';
    end if;
    perform set_config('app.tenant', p.tenant_id::text, true);
    -- anybody may send one: they must not fill the queue of the workspace
    if 20 <= (select count(*) from godwit.operations
               where qshard = 0 and tenant_id = p.tenant_id and kind = 'sso_logout'
                 and state in ('queued', 'running'))
    then
        raise exception 'too many log out at once; try again' using errcode = 'GW010';
    end if;
    return godwit.operation_start('sso_logout', godwit.id_text('sso', p.id),
        jsonb_build_object('provider', p.id, 'token', p_token), null);
end $$;

-- Where a browser ends the session at the provider, too (OpenID Connect
-- RP-Initiated Logout); null: it has none there, or the provider no such page.
create or replace function auth.sso_logout_url(p_session bigint)
returns text language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select v || case when v like '%?%' then '&' else '?' end || 'client_id='
          || godwit.url_encode(client_id)
        from (select p.metadata->>'end_session_endpoint', p.client_id
                from auth.sessions s join auth.identities i on i.id = s.identity_id
                join auth.providers p on p.id = i.provider_id
               where s.id = p_session and s.user_id = auth.user_here()) l(v, client_id) $$;

-- End the sessions by a provider of the workspace of this request.
create or replace function auth.sso_end(p_provider bigint)
returns void language sql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ update auth.sessions s set ended_at = auth.now()
        from auth.identities i join auth.providers p on p.id = i.provider_id
       where i.id = s.identity_id and p.id = p_provider and p.tenant_id = auth.tenant()
         and s.ended_at is null $$;

-- What the worker needs of a login: the provider, and what follows from its state.
create or replace function auth.sso_login(p_tenant int, p_login bigint,
    out provider bigint, out verifier text, out nonce text, out done boolean)
language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select provider_id, auth.sso_verifier(state), auth.sso_nonce(state), identity_id is not null
        from auth.provider_logins where tenant_id = p_tenant and id = p_login $$;

-- Who has logged in, by what the provider says and signed: his identity and
-- membership are there after it. A sentence when he does not come in, else
-- null. An address is believed of a provider only when it says that it has
-- verified it, or is trusted; an owner stays one, whatever his groups.
create or replace function auth.sso_admit(p_tenant int, p_login bigint, p_claims jsonb,
    p_now timestamptz)
returns text language plpgsql
as $$
declare
    l auth.provider_logins;
    p auth.providers;
    i auth.identities;
    u auth.users;
    v_email text := lower(btrim(p_claims->>'email'));
    v_verified boolean;
    v_groups jsonb;
    v_role bigint;
    v_was bigint;
begin
    select * into l from auth.provider_logins where tenant_id = p_tenant and id = p_login;
    select * into p from auth.providers where tenant_id = p_tenant and id = l.provider_id;
    if not found then
        return 'the provider was removed meanwhile';
    end if;
    v_verified := p.trust_email or coalesce(lower(p_claims->>'email_verified') = 'true', false);
    perform auth.enter_public(l.request_id, l.address, p_now),
            set_config('app.tenant', p_tenant::text, true);
    v_groups := p_claims->p.groups_claim;
    select r.role_id into v_role from auth.provider_roles r
     where r.provider_id = p.id and coalesce(v_groups ? r.group_name, false)
     order by r.place limit 1;
    v_role := coalesce(v_role, p.role_id);
    if v_role is null then
        return 'none of your groups may come into this workspace';
    end if;

    select * into i from auth.identities n where n.provider_id = p.id and n.issuer = p.issuer
       and n.subject = p_claims->>'sub';
    if found then
        select * into u from auth.users where id = i.user_id;
    elsif v_email is null or not godwit.is_email(v_email) then
        return 'the provider does not say your e-mail address';
    else
        insert into auth.users (email, name, created_at)
        select v_email, left(p_claims->>'name', 200), p_now where v_verified
        on conflict (email) do nothing returning * into u;
        if not found then
            select * into u from auth.users where email = v_email and v_verified;
        end if;
        if u.id is null then
            return 'the provider has not verified that the e-mail address is yours';
        end if;
        insert into auth.identities (user_id, provider_id, issuer, subject, created_at, used_at)
        values (u.id, p.id, p.issuer, p_claims->>'sub', p_now, p_now) returning * into i;
    end if;
    if u.disabled_at is not null then
        return 'the account is disabled';
    end if;

    perform auth.is_user(u.id), auth.members_lock();
    select role_id into v_was from auth.memberships where tenant_id = p_tenant and user_id = u.id;
    insert into auth.memberships as m (tenant_id, user_id, role_id, created_at)
    values (p_tenant, u.id, v_role, p_now)
    on conflict on constraint memberships_pkey do update set role_id = excluded.role_id
       where m.role_id <> 1 and m.role_id <> excluded.role_id;
    update auth.identities set used_at = p_now where id = i.id;
    update auth.provider_logins set identity_id = i.id, sid = p_claims->>'sid' where id = l.id;
    perform godwit.audit('sso_callback', godwit.id_text('user', u.id),
        jsonb_build_object('role_id', v_was), jsonb_build_object('role_id',
            case when v_was = 1 then 1 else v_role end, 'provider', godwit.id_text('sso', p.id)));
    return null;
end $$;

-- The same, and who does not come in is told to the audit, five times in a
-- quarter of an hour at most: the provider knows him.
create or replace function auth.sso_enter(p_tenant int, p_login bigint, p_claims jsonb,
    p_now timestamptz)
returns text language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_why text := auth.sso_admit(p_tenant, p_login, p_claims, p_now);
    v_provider text := (select godwit.id_text('sso', provider_id) from auth.provider_logins
                         where tenant_id = p_tenant and id = p_login);
begin
    if v_why is not null and v_provider is not null
        and auth.attempt(v_provider || ' ' || (p_claims->>'sub'), p_now) = 0
    then
        perform godwit.audit('sso_callback', v_provider, null,
            jsonb_build_object('error', v_why, 'subject', p_claims->>'sub'));
    end if;
    return v_why;
end $$;

-- The provider says that somebody has logged out: all his sessions by it, or
-- that of one session there, as far as they had begun when it said so (p_at).
-- How many ended.
create or replace function auth.sso_logged_out(p_provider bigint, p_subject text, p_sid text,
    p_at timestamptz, p_now timestamptz)
returns bigint language sql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ with ended as (
        update auth.sessions s set ended_at = p_now
          from auth.identities i
         where i.id = s.identity_id and i.provider_id = p_provider and s.ended_at is null
           and (p_subject is not null or p_sid is not null)
           and (p_subject is null or i.subject = p_subject)
           and (p_sid is null or s.sid = p_sid or s.sid is null and p_subject is not null)
           and s.created_at <= p_at + interval '1 minute'
        returning 1) select count(*) from ended $$;

grant execute on function auth.sso_listed(bigint), auth.sso_begin(bigint, text, text, text),
    auth.sso_return(text, text, text, text, text), auth.sso_logout(bigint, text),
    auth.sso_logout_url(bigint), auth.sso_end(bigint) to gw_api;
grant execute on function auth.sso_login(int, bigint),
    auth.sso_enter(int, bigint, jsonb, timestamptz),
    auth.sso_logged_out(bigint, text, text, timestamptz, timestamptz) to gw_worker;
