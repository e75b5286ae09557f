-- People: users, and the one-time links by which they come into a workspace or
-- to a new password.

-- One row of audit in each workspace of a user, for what he did to himself.
create or replace function auth.audit_user(p_operation text, p_object text, p_before jsonb,
    p_after jsonb)
returns void language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_was text := current_setting('app.tenant');
    v_tenant int;
begin
    for v_tenant in select tenant_id from auth.memberships
                     where user_id = auth.user_here()
                       and tenant_id = coalesce(auth.bound(), tenant_id) loop
        perform set_config('app.tenant', v_tenant::text, true);
        perform godwit.audit(p_operation, p_object, p_before, p_after);
    end loop;
    perform set_config('app.tenant', v_was, true);
end $$;

-- A one-time link: its id and, for this once, its text. It takes the place of
-- one for the same that was not used.
create or replace function auth.ticket_make(p_kind text, p_tenant int, p_role bigint,
    p_email text, p_life interval, out id bigint, out token text)
language plpgsql
as $$
begin
    delete from auth.tickets t where t.kind = p_kind and t.used_at is null
       and coalesce(t.tenant_id, 0) = coalesce(p_tenant, 0)
       and coalesce(t.email, '') = coalesce(p_email, '');
    id := nextval('auth.tickets_id_seq');
    token := godwit.credential_text('gw_tick', id);
    insert into auth.tickets (id, hash, kind, tenant_id, role_id, email, created_by, created_at,
                              expires_at)
    values (id, sha256(convert_to(token, 'UTF8')), p_kind, p_tenant, p_role, p_email,
            current_setting('app.actor'), auth.now(), auth.now() + p_life);
end $$;

-- Invite somebody to this workspace, by mail; the id of the invitation. What a
-- user asks for is account mail and leaves even a sandbox; what a key asks for
-- is the workspace's.
create or replace function auth.invite(p_email text, p_role bigint, p_name text)
returns bigint language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_user bigint := nullif(current_setting('app.user', true), '')::bigint;
    v_by text := (select coalesce(name || ', ', '') || email || ', invites'
                    from auth.users where id = v_user);
    v_workspace text := (select name from auth.tenants where id = auth.tenant());
    v_id bigint;
    v_token text;
begin
    -- it leaves as mail of the house, which must annoy nobody
    if auth.attempt('invite ' || p_email, auth.now()) > 0 then
        raise exception '% was invited five times in a quarter of an hour; wait a while', p_email
            using errcode = 'GW010';
    end if;
    select t.id, t.token into v_id, v_token from auth.ticket_make('invitation', auth.tenant(),
        p_role, p_email, interval '7 days') t;
    perform godwit.message_add(case when v_user is null then auth.tenant() end, 'invitation',
        p_email, format('You are invited to %s', v_workspace),
        format(E'%s you to the workspace "%s" as %s:\n\n{{ base_url }}/app/invitation#%s\n\n'
            'The link is good for a week, once. If you do not know what this is about, '
            'there is nothing to do.\n', coalesce(v_by, 'Somebody invites'), v_workspace, p_name,
            v_token), auth.now());
    return v_id;
end $$;

-- The ticket of a link, of one of these kinds, used up by this; GW001.
create or replace function auth.ticket_use(p_token text, p_kinds text[])
returns auth.tickets language plpgsql
as $$
declare
    t auth.tickets;
begin
    update auth.tickets set used_at = auth.now()
     where id = substring(p_token from '^gw_tick_([1-9][0-9]{0,17})_')::bigint
       and hash = sha256(convert_to(p_token, 'UTF8'))
       and kind = any (p_kinds) and used_at is null and expires_at > auth.now()
    returning * into t;
    if not found then
        perform godwit.invalid('token', 'the link was used or is too old; ask for another one');
    end if;
    return t;
end $$;

-- The user who takes a ticket: of the session, or made anew. An address that
-- has a user already is his alone, whoever holds the link.
create or replace function auth.ticket_user(t auth.tickets, p_email text, p_name text,
    p_hash text)
returns auth.users language plpgsql
as $$
declare
    u auth.users;
begin
    if coalesce(current_setting('app.user'), '') <> '' then
        select * into u from auth.users where id = auth.user_id();
        if u.email <> coalesce(t.email, p_email, u.email) then
            raise exception 'the link is for another user; log out first' using errcode = 'GW004';
        end if;
        if p_hash is not null then
            perform godwit.invalid('new_password', 'you have a password already; leave it out');
        end if;
        return u;
    end if;
    if p_email is null and t.email is null then
        perform godwit.invalid('email', '"email" is missing');
    end if;
    if p_email <> t.email then
        perform godwit.invalid('email', 'the link is for another address');
    end if;
    if p_hash is null then
        perform godwit.invalid('new_password', '"new_password" is missing');
    end if;
    insert into auth.users (email, name, password, password_at, created_at)
    values (coalesce(t.email, p_email), p_name, p_hash, auth.now(), auth.now())
    on conflict (email) do nothing returning * into u;
    if not found then
        raise exception 'there is a user with this address; log in as him and follow the link then'
            using errcode = 'GW003';
    end if;
    return u;
end $$;

-- Take an invitation or an owner's link: the ticket, and the user who is in the
-- workspace by it; the request is his and the workspace's from here on.
create or replace function auth.ticket_accept(p_token text, p_email text, p_name text,
    p_hash text, out ticket bigint, out user_id bigint)
language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    t auth.tickets := auth.ticket_use(p_token, '{owner,invitation}');
    u auth.users := auth.ticket_user(t, p_email, p_name, p_hash);
begin
    perform auth.is_user(u.id), set_config('app.tenant', t.tenant_id::text, true);
    perform auth.members_lock();
    insert into auth.memberships as m (tenant_id, user_id, role_id, created_at)
    values (t.tenant_id, u.id, t.role_id, auth.now())
    on conflict on constraint memberships_pkey do update set role_id = excluded.role_id
       where t.kind = 'owner';
    if not found then
        raise exception 'you are a member of this workspace already' using errcode = 'GW003';
    end if;
    if p_hash is not null then
        perform auth.attempt_good(u.email, 0);
    end if;
    ticket := t.id;
    user_id := u.id;
end $$;

-- Somebody has forgotten the password of this address, which is noted whether it
-- is a user's or not (auth.forgotten_tell looks), five times in a quarter of an
-- hour at most, by whomever it is asked; and one network asks for five.
create or replace function auth.password_forgotten(p_email text)
returns void language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_address inet := nullif(current_setting('app.address'), '');
begin
    if coalesce(auth.attempt('forgotten ' || auth.network(v_address), auth.now()), 0) = 0
        and auth.attempt('forgotten ' || p_email, auth.now()) = 0
    then
        insert into auth.forgotten (email, actor, request_id, address, at)
        values (p_email, current_setting('app.actor'), current_setting('app.request_id'),
                v_address, auth.now());
    end if;
end $$;

-- Those who have forgotten theirs get a link; what was asked an hour ago, since
-- nobody looked, is too old. It was asked by whomever it was: the actor stays.
create or replace function auth.forgotten_tell(p_now timestamptz)
returns void language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    f record;
begin
    for f in
        with asked as (
            delete from auth.forgotten where id in (select id from auth.forgotten
                                                     order by id limit 100) returning *
        )
        select a.*, u.id as user_id
          from asked a join auth.users u on u.email = a.email and u.disabled_at is null
         where a.at > p_now - interval '1 hour' order by a.id
    loop
        perform auth.enter_public(f.request_id, f.address, p_now), auth.is_user(f.user_id);
        perform set_config('app.actor', f.actor, true);
        perform godwit.message_add(null, 'password_reset', f.email, 'A new password',
            format(E'Somebody, you we hope, has asked for a link to a new password of %s:\n\n'
                '{{ base_url }}/app/password#%s\n\n'
                'It is good for an hour, once. If it was not you, there is nothing to do.\n',
                f.email, t.token), p_now)
           from auth.ticket_make('password_reset', null, null, f.email, interval '1 hour') t;
        perform auth.audit_user('password_resets_create', godwit.id_text('user', f.user_id),
            null, null);
    end loop;
end $$;

-- Take a link to a new password; the user, whose request it is from here on.
create or replace function auth.ticket_password(p_token text, p_hash text)
returns bigint language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    t auth.tickets := auth.ticket_use(p_token, '{password_reset}');
    u auth.users;
begin
    select * into u from auth.users where email = t.email for update;
    if u.disabled_at is not null then
        raise exception 'the account is disabled' using errcode = 'GW004';
    end if;
    perform auth.password_set(u.id, p_hash), auth.is_user(u.id),
            auth.attempt_good(u.email, 0);
    return u.id;
end $$;

-- Change the password of the user of this request: GW001 when the old one is
-- wrong. His sessions end.
create or replace function auth.password_change(p_old text, p_new text)
returns void language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    u auth.users := auth.user_proven(p_old);
begin
    perform auth.password_set(u.id, p_new);
    delete from auth.tickets where kind = 'password_reset' and email = u.email and used_at is null;
end $$;

create or replace function auth.invitation_drop(p_id bigint)
returns void language sql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ delete from auth.tickets where tenant_id = auth.tenant() and id = p_id
         and kind = 'invitation' and used_at is null $$;

-- The user of this request, locked when he is to change, and a change of his.
create or replace function auth.me(p_lock boolean default false)
returns auth.users language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    u auth.users;
begin
    if p_lock then
        perform from auth.users where id = auth.user_id() for update;
    end if;
    select * into u from auth.users where id = auth.user_here();
    u.password := null;
    return u;
end $$;

create or replace function auth.me_rename(p_name text)
returns void language sql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ update auth.users set name = p_name where id = auth.user_id() $$;

-- The workspaces of the user of this request, with his role in each.
create or replace function auth.my_workspaces()
returns table (id int, name text, zone text, role text, scopes text[]) language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select t.id, t.name, t.zone, r.name, r.scopes
        from auth.memberships m join auth.tenants t on t.id = m.tenant_id
        join auth.roles r on r.id = m.role_id
       where m.user_id = auth.user_here() and t.id = coalesce(auth.bound(), t.id)
       order by t.id $$;

-- A new workspace of the user of this request, who is its owner, and whose
-- workspace it is from here on. GW003: he has a hundred.
create or replace function auth.workspace_make(p_name text, p_kind text)
returns int language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_id int;
begin
    perform auth.me(true);
    if 100 <= (select count(*) from auth.memberships
                where user_id = auth.user_id() and role_id = 1)
    then
        raise exception 'you are the owner of 100 workspaces' using errcode = 'GW003';
    end if;
    v_id := auth.tenant_create(p_name, auth.now(), p_kind);
    perform set_config('app.tenant', v_id::text, true);
    insert into auth.memberships (tenant_id, user_id, role_id, created_at)
    values (v_id, auth.user_id(), 1, auth.now());
    return v_id;
end $$;

-- Leave a workspace, which is that of the request from here on; GW003 for its
-- last owner.
create or replace function auth.workspace_leave(p_tenant int)
returns void language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_role bigint;
begin
    perform set_config('app.tenant', p_tenant::text, true);
    perform auth.members_lock();
    delete from auth.memberships where tenant_id = p_tenant and user_id = auth.user_id()
    returning role_id into v_role;
    perform auth.owner_stays(v_role);
    delete from godwit.views v where v.tenant_id = p_tenant and v.user_id = auth.user_id();
end $$;

-- The context of a command on a user, who is found or GW002, locked.
create or replace function auth.enter_keeper(p_email text, p_context jsonb)
returns auth.users language plpgsql
as $$
declare
    u auth.users;
begin
    perform auth.enter(p_context || jsonb_build_object('email', p_email));
    select * into u from auth.users where id = auth.user_id() for update;
    return u;
end $$;

-- `godwit user create`: a user without a password, in a workspace when that is
-- named; the text of his link to one. GW001, GW003.
create or replace function auth.user_create(p_tenant int, p_email text, p_name text,
    p_role text, p_context jsonb)
returns text language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_body jsonb := jsonb_build_object('email', p_email, 'name', p_name, 'role', p_role);
    v_email text := lower(godwit.read_email(v_body, 'email', true));
    v_user bigint;
    v_role auth.roles_shown;
begin
    perform auth.enter(p_context || case when p_tenant is null then '{}'
                                         else jsonb_build_object('tenant', p_tenant) end);
    insert into auth.users (email, name, created_at)
    values (v_email, godwit.read_line(v_body, 'name', 1, 200), auth.now())
    on conflict (email) do nothing returning id into v_user;
    if not found then
        raise exception 'there is a user % already', v_email using errcode = 'GW003';
    end if;
    if p_tenant is not null then
        v_role := godwit.read_role(v_body, 'role');
        insert into auth.memberships (tenant_id, user_id, role_id, created_at)
        values (p_tenant, v_user, v_role.id, auth.now());
    end if;
    perform set_config('app.user', v_user::text, true);
    perform auth.audit_user('user_create', godwit.id_text('user', v_user), null, v_body);
    return (select t.token
              from auth.ticket_make('password_reset', null, null, v_email, interval '7 days') t);
end $$;

-- `godwit user link --email`: the text of a link to a new password.
create or replace function auth.user_link(p_email text, p_context jsonb)
returns text language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    u auth.users := auth.enter_keeper(p_email, p_context);
begin
    perform auth.audit_user('user_link', godwit.id_text('user', u.id), null, null);
    return (select t.token
              from auth.ticket_make('password_reset', null, null, u.email, interval '1 day') t);
end $$;

-- `godwit user link --owner`: the text of a link to be an owner of a workspace;
-- null when only the first is asked for and any workspace has one who can come in.
create or replace function auth.owner_link(p_tenant int, p_first boolean, p_context jsonb)
returns text language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_id bigint;
    v_token text;
begin
    perform auth.enter(p_context || jsonb_build_object('tenant', p_tenant));
    if p_first and exists (select from auth.memberships m join auth.users u on u.id = m.user_id
                            where m.role_id = 1 and u.disabled_at is null)
    then
        return null;
    end if;
    select t.id, t.token into v_id, v_token
      from auth.ticket_make('owner', p_tenant, 1, null, interval '7 days') t;
    perform godwit.audit('user_link', godwit.id_text('inv', v_id), null,
        jsonb_build_object('role', 'owner'));
    return v_token;
end $$;

-- `godwit user disable` and `enable`: his sessions end, and he begins none; what
-- he is now. Also of the last owner: a house whose account was stolen goes on
-- with a link to another one.
create or replace function auth.user_disable(p_email text, p_disable boolean, p_context jsonb)
returns text language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    u auth.users := auth.enter_keeper(p_email, p_context);
begin
    update auth.users
       set disabled_at = case when p_disable then coalesce(disabled_at, auth.now()) end
     where id = u.id;
    perform auth.sessions_end(u.id, auth.now()) where p_disable;
    perform auth.audit_user(case when p_disable then 'user_disable' else 'user_enable' end,
        godwit.id_text('user', u.id), null, null);
    return format('%s is %s', u.email, case when p_disable then 'disabled' else 'enabled' end);
end $$;

grant execute on function auth.user_create(int, text, text, text, jsonb),
    auth.user_link(text, jsonb), auth.owner_link(int, boolean, jsonb),
    auth.user_disable(text, boolean, jsonb), auth.forgotten_tell(timestamptz) to gw_worker;
grant execute on function auth.audit_user(text, text, jsonb, jsonb),
    auth.invite(text, bigint, text),
    auth.ticket_accept(text, text, text, text), auth.ticket_password(text, text),
    auth.password_forgotten(text), auth.invitation_drop(bigint),
    auth.password_change(text, text), auth.me(boolean), auth.me_rename(text),
    auth.my_workspaces(), auth.workspace_make(text, text), auth.workspace_leave(int) to gw_api;
