-- What a user does to himself, in no workspace.

create or replace function godwit.me_json(u auth.users)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('user', u.id), 'email', u.email,
        'name', u.name, 'created_at', u.created_at, 'password_at', u.password_at,
        'second_factor', auth.has_totp(u.id),
        'workspaces', coalesce((select jsonb_agg(jsonb_build_object(
                'id', godwit.id_text('ws', w.id), 'name', w.name, 'zone', w.zone,
                'role', w.role, 'scopes', w.scopes) order by w.id)
            from auth.my_workspaces() w), '[]')) $$;

create or replace function api.me_get(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['fields']);
    return godwit.me_json(auth.me());
end $$;

create or replace function api.me_update(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    u auth.users := auth.me(true);
    v_name text := godwit.read_line(p_body, 'name', 1, 200);
begin
    perform godwit.read_body(p_body, array['name', '_if_match']);
    perform godwit.match(p_body, godwit.me_json(u));
    perform auth.me_rename(v_name);
    perform auth.audit_user('me_update', godwit.id_text('user', u.id),
        jsonb_build_object('name', u.name), jsonb_build_object('name', v_name));
    u.name := v_name;
    return godwit.me_json(u);
end $$;

-- {"password_hash","new_password_hash"}: every session of his ends.
create or replace function api.me_password(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['password_hash', 'password_rehash',
        'new_password_hash']);
    perform auth.password_change(p_body->>'password_hash', p_body->>'new_password_hash');
    perform auth.audit_user('me_password', godwit.id_text('user', auth.user_id()), null, null);
    return null;
end $$;

-- {"workspace"}: leave it; GW003 for its last owner.
create or replace function api.me_leave(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_workspace bigint := godwit.read_id(p_body, 'workspace', 'ws');
    v_user text := godwit.id_text('user', auth.user_id());
    v_was jsonb;
begin
    perform godwit.read_body(p_body, array['workspace']);
    select jsonb_build_object('role', w.role) into v_was
      from auth.my_workspaces() w where w.id = v_workspace;
    if v_was is null then
        raise exception 'you are in no workspace %', p_body->>'workspace'
            using errcode = 'GW002', column = 'workspace';
    end if;
    perform auth.workspace_leave(v_workspace::int);
    perform godwit.audit('me_leave', v_user, v_was, null);
    return godwit.me_json(auth.me());
end $$;
