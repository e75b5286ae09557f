-- Sources: sites and apps that tell of their visitors, each by a write key.

create or replace function godwit.source_json(s godwit.sources)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('src', s.id), 'name', s.name,
        'write_key', s.key, 'origins', s.origins, 'enabled', s.enabled,
        'created_at', s.created_at, 'updated_at', s.updated_at) $$;

-- The source of {"id"}, locked when it is to change; GW002.
create or replace function godwit.source_find(p_body jsonb, p_lock boolean default false)
returns godwit.sources language plpgsql
as $$
declare
    v_id bigint := godwit.read_id(p_body, 'id', 'src');
    s godwit.sources;
begin
    if p_lock then
        select * into s from godwit.sources
         where tenant_id = auth.tenant() and id = v_id and deleted_at is null for update;
    else
        select * into s from godwit.sources
         where tenant_id = auth.tenant() and id = v_id and deleted_at is null;
    end if;
    if not found then
        raise exception 'there is no source %', p_body->>'id'
            using errcode = 'GW002', column = 'id';
    end if;
    return s;
end $$;

-- The source with what the body says of it; GW001.
create or replace function godwit.source_fill(p_body jsonb, s godwit.sources)
returns godwit.sources language plpgsql stable
as $$
declare
    v text;
begin
    if p_body ? 'name' then
        s.name := godwit.read_line(p_body, 'name', 1, 200, true);
    end if;
    if p_body ? 'origins' then
        if jsonb_typeof(p_body->'origins') <> 'array' then
            perform godwit.invalid('origins', '"origins" is not a list');
        end if;
        s.origins := array(select distinct o from jsonb_array_elements_text(p_body->'origins') o
                            order by o);
        select o into v from unnest(s.origins) o
         where o !~ '^https?://[a-z0-9.-]{1,200}(:[1-9][0-9]{0,4})?$' limit 1;
        if found then
            perform godwit.invalid('origins', format('"%s" is not an origin as browsers write '
                'it, like https://www.example.com', v));
        end if;
        if cardinality(s.origins) > 20 then
            perform godwit.invalid('origins', 'a source has at most 20 origins');
        end if;
    end if;
    s.enabled := coalesce(godwit.read_filter(p_body, 'enabled', 'flag')::boolean, s.enabled, true);
    s.updated_at := auth.now();
    return s;
end $$;

-- {"name","origins"?}: its write key is public: it may stand in a page.
create or replace function api.sources_create(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    s godwit.sources;
begin
    perform godwit.read_body(p_body, array['name', 'origins']);
    s.origins := '{}';
    s.name := godwit.read_line(p_body, 'name', 1, 200, true);
    s := godwit.source_fill(p_body, s);
    perform pg_advisory_xact_lock(hashtextextended('sources', auth.tenant()));
    if 100 <= (select count(*) from godwit.sources
                where tenant_id = auth.tenant() and deleted_at is null)
    then
        raise exception 'the workspace has 100 sources; delete some that are not needed'
            using errcode = 'GW003';
    end if;
    insert into godwit.sources (tenant_id, name, origins, created_at, updated_at)
    values (auth.tenant(), s.name, s.origins, auth.now(), auth.now())
    returning * into s;
    update godwit.sources set key = godwit.write_key(s.id)
     where tenant_id = s.tenant_id and id = s.id returning * into s;
    perform godwit.changed(s.tenant_id, 'source', s.id::text, auth.now()),
            godwit.audit('sources_create', godwit.id_text('src', s.id), null,
                godwit.source_json(s));
    return godwit.source_json(s);
end $$;

create or replace function api.sources_get(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['id', 'fields']);
    return godwit.source_json(godwit.source_find(p_body));
end $$;

-- What came by each is here alone: else each event would change its ETag.
create or replace function api.sources_list(p_body jsonb)
returns jsonb language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.list(p_body, 'sources_list', 'godwit.sources t
        left join godwit.source_totals n on n.tenant_id = t.tenant_id and n.source_id = t.id',
    't.id', $q$godwit.source_json(t) || jsonb_build_object('events', coalesce(n.events, 0),
        'duplicates', coalesce(n.duplicates, 0), 'problems', coalesce(n.problems, 0),
        'last_at', n.last_at)$q$,
    array[['id', 't.id', 'bigint']], array[['enabled', 'flag', 't.enabled = %s']],
    't.deleted_at is null') $$;

-- A merge patch; the edge heeds it within a second.
create or replace function api.sources_update(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    s godwit.sources := godwit.source_find(p_body, true);
    v_was jsonb := godwit.source_json(s);
begin
    perform godwit.read_body(p_body, array['id', 'name', 'origins', 'enabled', '_if_match']);
    perform godwit.match(p_body, v_was);
    s := godwit.source_fill(p_body, s);
    update godwit.sources set name = s.name, origins = s.origins, enabled = s.enabled,
           updated_at = s.updated_at
     where tenant_id = s.tenant_id and id = s.id;
    perform godwit.changed(s.tenant_id, 'source', s.id::text, auth.now()),
            godwit.audit('sources_update', godwit.id_text('src', s.id), v_was,
                godwit.source_json(s));
    return godwit.source_json(s);
end $$;

-- Its key is none from now on, for ever; what came by it stays.
create or replace function api.sources_delete(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    s godwit.sources := godwit.source_find(p_body, true);
begin
    perform godwit.read_body(p_body, array['id', '_if_match']);
    perform godwit.match(p_body, godwit.source_json(s));
    update godwit.sources set deleted_at = auth.now()
     where tenant_id = s.tenant_id and id = s.id;
    perform godwit.changed(s.tenant_id, 'source', s.id::text, auth.now()),
            godwit.audit('sources_delete', godwit.id_text('src', s.id), godwit.source_json(s),
                null);
    return null;
end $$;
