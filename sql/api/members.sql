-- Members: the users of a workspace, each with a role.

create or replace function godwit.member_json(m auth.members_shown)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('user', m.user_id), 'email', m.email,
        'name', m.name, 'role', m.role,
        'state', case when m.disabled_at is null then 'active' else 'disabled' end,
        'created_at', m.created_at) $$;

-- The member of {"id"}; GW002. Who changes one holds auth.members_lock(), and
-- may do what the member may: else GW004.
create or replace function godwit.member_find(p_body jsonb, p_change boolean default false)
returns auth.members_shown language plpgsql
as $$
declare
    v_id bigint := godwit.read_id(p_body, 'id', 'user');
    m auth.members_shown;
begin
    if p_change then
        perform auth.members_lock();
    end if;
    select * into m from auth.members_shown where tenant_id = auth.tenant() and user_id = v_id;
    if not found then
        raise exception 'there is no member %', p_body->>'id'
            using errcode = 'GW002', column = 'id';
    end if;
    if p_change then
        perform auth.scopes_may(m.scopes);
    end if;
    return m;
end $$;

-- {"role"?,"q"?}
create or replace function api.members_list(p_body jsonb)
returns jsonb language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.list(p_body, 'members_list', 'auth.members_shown t', 't.user_id',
        'godwit.member_json(t)', array[['id', 't.user_id', 'bigint']], array[
            ['role', 'line', 'lower(t.role) = lower(%s)'],
            ['q', 'line', $q$strpos(lower(concat_ws(' ', t.email, t.name)), lower(%s)) > 0$q$]]) $$;

create or replace function api.members_get(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['id', 'fields']);
    return godwit.member_json(godwit.member_find(p_body));
end $$;

-- {"id","role"}: GW003 for the last owner.
create or replace function api.members_update(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    m auth.members_shown := godwit.member_find(p_body, true);
    v_was jsonb := godwit.member_json(m);
    r auth.roles_shown := godwit.read_role(p_body, 'role');
begin
    perform godwit.read_body(p_body, array['id', 'role', '_if_match']);
    perform godwit.match(p_body, v_was);
    update auth.memberships_own set role_id = r.id
     where tenant_id = auth.tenant() and user_id = m.user_id;
    perform auth.owner_stays(m.role_id);
    m := godwit.member_find(p_body);
    perform godwit.audit('members_update', godwit.id_text('user', m.user_id), v_was,
        godwit.member_json(m));
    return godwit.member_json(m);
end $$;

-- {"id"}: the user stays, and what he did; GW003 for the last owner.
create or replace function api.members_delete(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    m auth.members_shown := godwit.member_find(p_body, true);
    v_was jsonb := godwit.member_json(m);
begin
    perform godwit.read_body(p_body, array['id', '_if_match']);
    perform godwit.match(p_body, v_was);
    delete from auth.memberships_own where tenant_id = auth.tenant() and user_id = m.user_id;
    perform auth.owner_stays(m.role_id);
    delete from godwit.views v where v.tenant_id = auth.tenant() and v.user_id = m.user_id;
    perform godwit.audit('members_delete', godwit.id_text('user', m.user_id), v_was, null);
    return null;
end $$;
