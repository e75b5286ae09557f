-- Routes: the ways that mail takes, what each takes now, and its reins.

create or replace function godwit.route_json(r godwit.routes)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('rt', r.id), 'name', r.name,
        'paused', r.paused, 'rate', r.rate, 'connections', r.connections,
        'queued', coalesce(sum((s.state->>'queued')::int), 0),
        'hosts', coalesce(jsonb_agg(jsonb_build_object('id', godwit.id_text('host', s.host_id),
            'at', s.at) || s.state order by s.host_id) filter (where s.host_id is not null), '[]'),
        'updated_at', r.updated_at)
        from (select 1) one
        left join godwit.route_states s on s.tenant_id = r.tenant_id and s.route_id = r.id
             and s.at > auth.now() - interval '5 minutes' $$;

-- {"name"?}
create or replace function api.routes_list(p_body jsonb)
returns jsonb language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.list(p_body, 'routes_list', 'godwit.routes t', 't.id',
        'godwit.route_json(t)', array[
            ['name', 't.name', 'text'],
            ['id', 't.id', 'bigint']], array[
            ['name', 'line', 't.name = %s']]) $$;

-- The route of {"id"}, locked when it is to change; GW002.
create or replace function godwit.route_find(p_body jsonb, p_lock boolean)
returns godwit.routes language plpgsql
as $$
declare
    v_id bigint := godwit.read_id(p_body, 'id', 'rt');
    r godwit.routes;
begin
    if p_lock then
        select * into r from godwit.routes
         where tenant_id = auth.tenant() and id = v_id for update;
    else
        select * into r from godwit.routes where tenant_id = auth.tenant() and id = v_id;
    end if;
    if not found then
        raise exception 'there is no route %', p_body->>'id'
            using errcode = 'GW002', column = 'id';
    end if;
    return r;
end $$;

create or replace function api.routes_get(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['id', 'fields']);
    return godwit.route_json(godwit.route_find(p_body, false));
end $$;

-- {"id","paused"?,"rate"?,"connections"?}: the roles heed it within seconds.
create or replace function api.routes_update(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    r godwit.routes := godwit.route_find(p_body, true);
    v_was jsonb := godwit.route_json(r);
begin
    perform godwit.read_body(p_body, array['id', 'paused', 'rate', 'connections', '_if_match']);
    perform godwit.match(p_body, v_was);
    update godwit.routes set
           paused = coalesce(godwit.read_filter(p_body, 'paused', 'flag')::boolean, r.paused),
           rate = case when p_body ? 'rate' then godwit.read_int(p_body, 'rate', 1, 100000000)
                       else r.rate end,
           connections = case when p_body ? 'connections'
                              then godwit.read_int(p_body, 'connections', 1, 1000)
                              else r.connections end,
           updated_at = auth.now()
     where tenant_id = r.tenant_id and id = r.id returning * into r;
    perform godwit.audit('routes_update', godwit.id_text('rt', r.id),
        v_was - array['queued', 'hosts'], godwit.route_json(r) - array['queued', 'hosts']);
    return godwit.route_json(r);
end $$;
