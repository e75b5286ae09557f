-- Workspaces: a key sees its own, a user those that he is in (me_get).

create or replace function godwit.workspace_json(t auth.tenants)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('ws', t.id), 'name', t.name,
        'kind', t.kind, 'zone', t.zone, 'tracking', t.tracking, 'utm', t.utm,
        'truncate_addresses', t.truncate_addresses,
        'respect_do_not_track', t.respect_do_not_track,
        'brand', jsonb_build_object('color', t.brand->>'color', 'address', t.brand->>'address'),
        'created_at', t.created_at) $$;

-- The workspace of {"id"} when it is the caller's, locked when it is to
-- change; GW002.
create or replace function godwit.workspace_find(p_body jsonb, p_lock boolean default false)
returns auth.tenants language plpgsql
as $$
declare
    v_id bigint := godwit.read_id(p_body, 'id', 'ws');
    t auth.tenants;
begin
    if v_id <> auth.tenant() then
        raise exception 'there is no workspace %', p_body->>'id'
            using errcode = 'GW002', column = 'id';
    end if;
    if p_lock then
        select * into t from auth.tenants where id = auth.tenant() for update;
    else
        select * into t from auth.tenants where id = auth.tenant();
    end if;
    return t;
end $$;

create or replace function api.workspaces_list(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['fields']);
    return (select jsonb_build_object('items', jsonb_agg(godwit.workspace_json(t)), 'next', null)
              from auth.tenants t where t.id = auth.tenant());
end $$;

create or replace function api.workspaces_get(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['id', 'fields']);
    return godwit.workspace_json(godwit.workspace_find(p_body));
end $$;

-- The brand after {"brand":{"color","address"}}: null empties a member.
create or replace function godwit.read_brand(p_body jsonb, p_was jsonb)
returns jsonb language plpgsql stable
as $$
declare
    v jsonb := coalesce(p_body->'brand', '{}');
begin
    if jsonb_typeof(v) <> 'object' then
        perform godwit.invalid('brand', '"brand" is not an object');
    end if;
    perform godwit.read_body(v, array['color', 'address']);
    if godwit.read_line(v, 'color', 1, 20) !~ '^#[0-9A-Fa-f]{6}$' then
        perform godwit.invalid('brand', '"color" is not a colour like #1f6feb');
    end if;
    perform godwit.read_text(v, 'address', 1, 500);
    return godwit.merge_patch(p_was, v);
end $$;

-- What is there changes.
create or replace function api.workspaces_update(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    t auth.tenants := godwit.workspace_find(p_body, true);
    v_was jsonb := godwit.workspace_json(t);
    v_truncate boolean := coalesce(godwit.read_filter(p_body, 'truncate_addresses',
        'flag')::boolean, t.truncate_addresses);
    v_respect boolean := coalesce(godwit.read_filter(p_body, 'respect_do_not_track',
        'flag')::boolean, t.respect_do_not_track);
    v_zone text := coalesce(godwit.read_line(p_body, 'zone', 1, 64), t.zone);
begin
    perform godwit.read_body(p_body, array['id', 'name', 'zone', 'tracking', 'utm',
        'truncate_addresses', 'respect_do_not_track', 'brand', '_if_match']);
    perform godwit.match(p_body, v_was);
    if not godwit.is_zone(v_zone) then
        perform godwit.invalid('zone', '"zone" is not a time zone like Europe/Vienna');
    end if;
    update auth.house set privacy_version = privacy_version + 1
     where (v_truncate, v_respect) <> (t.truncate_addresses, t.respect_do_not_track);
    update auth.tenants set
           name = case when p_body ? 'name' then godwit.read_line(p_body, 'name', 1, 200, true)
                       else t.name end,
           tracking = coalesce(godwit.read_filter(p_body, 'tracking', 'flag')::boolean,
                               t.tracking),
           utm = case when p_body ? 'utm' then godwit.read_utm(p_body) else t.utm end,
           zone = v_zone, truncate_addresses = v_truncate,
           respect_do_not_track = v_respect, brand = godwit.read_brand(p_body, t.brand)
     where id = auth.tenant() returning * into t;
    perform godwit.audit('workspaces_update', godwit.id_text('ws', t.id), v_was,
        godwit.workspace_json(t));
    return godwit.workspace_json(t);
end $$;

-- {"name","kind"?}: by a user, who is its owner.
create or replace function api.workspaces_create(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_name text := godwit.read_line(p_body, 'name', 1, 200, true);
    v_workspace jsonb;
begin
    perform godwit.read_body(p_body, array['name', 'kind']);
    perform auth.workspace_make(v_name,
        coalesce(godwit.read_word(p_body, 'kind', array['live', 'sandbox']), 'live'));
    select godwit.workspace_json(t) into v_workspace from auth.tenants t where t.id = auth.tenant();
    perform godwit.audit('workspaces_create', v_workspace->>'id', null, v_workspace);
    return v_workspace;
end $$;
