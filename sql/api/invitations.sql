-- Invitations: one-time links into a workspace.

create or replace function godwit.invitation_json(i auth.invitations_shown)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('inv', i.id), 'email', i.email,
        'role', i.role,
        'state', case when i.expires_at > auth.now() then 'open' else 'expired' end,
        'created_by', i.created_by, 'created_at', i.created_at, 'expires_at', i.expires_at) $$;

-- The invitation of {"id"} that nobody has accepted; GW002.
create or replace function godwit.invitation_find(p_body jsonb)
returns auth.invitations_shown language plpgsql
as $$
declare
    v_id bigint := godwit.read_id(p_body, 'id', 'inv');
    i auth.invitations_shown;
begin
    select * into i from auth.invitations_shown where tenant_id = auth.tenant() and id = v_id;
    if not found then
        raise exception 'there is no invitation %', p_body->>'id'
            using errcode = 'GW002', column = 'id';
    end if;
    return i;
end $$;

-- {"email","role"}: by mail; it takes the place of one to the same address.
create or replace function api.invitations_create(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_email text := lower(godwit.read_email(p_body, 'email', true));
    r auth.roles_shown := godwit.read_role(p_body, 'role');
    v_id bigint;
    v_invitation jsonb;
begin
    perform godwit.read_body(p_body, array['email', 'role']);
    if exists (select from auth.members_shown where tenant_id = auth.tenant() and email = v_email)
    then
        raise exception '% is a member already', v_email using errcode = 'GW003', column = 'email';
    end if;
    if 1000 <= (select count(*) from auth.invitations_shown where tenant_id = auth.tenant()) then
        raise exception 'the workspace has 1000 invitations; delete some that are not needed'
            using errcode = 'GW003';
    end if;
    v_id := auth.invite(v_email, r.id, r.name);
    select godwit.invitation_json(i) into v_invitation from auth.invitations_shown i
     where i.tenant_id = auth.tenant() and i.id = v_id;
    perform godwit.audit('invitations_create', v_invitation->>'id', null, v_invitation);
    return v_invitation;
end $$;

-- {"email"?}
create or replace function api.invitations_list(p_body jsonb)
returns jsonb language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.list(p_body, 'invitations_list', 'auth.invitations_shown t', 't.id',
        'godwit.invitation_json(t)', array[['id', 't.id', 'bigint']], array[
            ['email', 'line', 't.email = lower(%s)']]) $$;

create or replace function api.invitations_get(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['id', 'fields']);
    return godwit.invitation_json(godwit.invitation_find(p_body));
end $$;

-- {"id"}: its link leads nowhere from now on.
create or replace function api.invitations_delete(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    i auth.invitations_shown := godwit.invitation_find(p_body);
    v_was jsonb := godwit.invitation_json(i);
begin
    perform godwit.read_body(p_body, array['id', '_if_match']);
    perform godwit.match(p_body, v_was), auth.scopes_may(i.scopes), auth.invitation_drop(i.id);
    perform godwit.audit('invitations_delete', godwit.id_text('inv', i.id), v_was, null);
    return null;
end $$;

-- {"token","email"?,"name"?,"new_password_hash"?}: by the user of the session,
-- or by one who is made with this password; an owner's link asks for the
-- address as well.
create or replace function api.invitations_accept(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_ticket bigint;
    v_user bigint;
    m auth.members_shown;
begin
    perform godwit.read_body(p_body, array['token', 'email', 'name', 'new_password_hash']);
    select a.ticket, a.user_id into v_ticket, v_user from auth.ticket_accept(
        godwit.read_line(p_body, 'token', 1, 100, true),
        lower(godwit.read_email(p_body, 'email')), godwit.read_line(p_body, 'name', 1, 200),
        p_body->>'new_password_hash') a;
    select * into m from auth.members_shown
     where tenant_id = auth.tenant() and user_id = v_user;
    perform godwit.audit('invitations_accept', godwit.id_text('inv', v_ticket), null,
        godwit.member_json(m));
    return godwit.member_json(m)
        || jsonb_build_object('workspace', godwit.id_text('ws', auth.tenant()));
end $$;
