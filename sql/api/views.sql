-- Views: filters, order and columns of the list of contacts that members keep.

create or replace function godwit.view_json(v godwit.views)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('vw', v.id), 'name', v.name,
        'shared', v.user_id is null, 'filter', v.filter, 'sort', v.sort, 'columns', v.columns,
        'created_at', v.created_at, 'updated_at', v.updated_at) $$;

-- The user of this request, 0: a key or the command line, which have none.
create or replace function godwit.view_user()
returns bigint language sql stable
as $$ select coalesce(nullif(current_setting('app.user', true), '')::bigint, 0) $$;

-- The view of {"id"}, when it is everybody's or one's own; GW002.
create or replace function godwit.view_find(p_body jsonb, p_lock boolean default false)
returns godwit.views language plpgsql
as $$
declare
    v_id bigint := godwit.read_id(p_body, 'id', 'vw');
    v godwit.views;
begin
    if p_lock then
        perform from godwit.views o where o.tenant_id = auth.tenant() and o.id = v_id for update;
    end if;
    select * into v from godwit.views o
     where o.tenant_id = auth.tenant() and o.id = v_id
       and coalesce(o.user_id, godwit.view_user()) = godwit.view_user();
    if not found then
        raise exception 'there is no view %', p_body->>'id'
            using errcode = 'GW002', column = 'id';
    end if;
    return v;
end $$;

-- The view with what the body says of it: filter and sort are tried.
create or replace function godwit.view_fill(p_body jsonb, v godwit.views)
returns godwit.views language plpgsql stable
as $$
declare
    v_why text;
begin
    if p_body ? 'name' or v.id is null then
        v.name := godwit.read_line(p_body, 'name', 1, 200, true);
    end if;
    if p_body ? 'filter' then
        v.filter := p_body->'filter';
    end if;
    v.filter := coalesce(v.filter, '{}');
    v.sort := coalesce(godwit.read_line(p_body, 'sort', 1, 40), v.sort, 'id');
    if jsonb_typeof(v.filter) <> 'object' or length(v.filter::text) > 10000
        or v.filter ?| '{cursor,limit,sort,total,fields,_last}'
    then
        perform godwit.invalid('filter', '"filter" is not an object of filters of contacts');
    end if;
    begin
        perform godwit.contacts_asked(v.filter || jsonb_build_object('sort', v.sort, 'limit', 1));
    exception
        when sqlstate 'GW001' then
            get stacked diagnostics v_why = message_text;
            perform godwit.invalid(case when v_why like '"sort"%' then 'sort' else 'filter' end,
                v_why);
    end;
    if p_body ? 'columns' or v.columns is null then
        if jsonb_typeof(coalesce(p_body->'columns', '[]')) <> 'array'
            or jsonb_array_length(coalesce(p_body->'columns', '[]')) > 100
            or exists (select from jsonb_array_elements(p_body->'columns') e
                        where jsonb_typeof(e) <> 'string' or length(e#>>'{}') not between 1 and 100
                           or e#>>'{}' ~ '[\x01-\x1f\x7f]')
        then
            perform godwit.invalid('columns', '"columns" is not an array of at most 100 texts, '
                'each of 1 to 100 characters in one line');
        end if;
        v.columns := array(select e from jsonb_array_elements_text(p_body->'columns')
            with ordinality o(e, n) order by n);
    end if;
    return v;
end $$;

-- GW003: the name is taken.
create or replace function godwit.view_taken(p_body jsonb)
returns void language plpgsql
as $$
begin
    raise exception 'a view named "%" is there already', p_body->>'name'
        using errcode = 'GW003', column = 'name';
end $$;

-- {"name","filter"?,"sort"?,"columns"?,"shared"?}: one's own unless it is shared.
create or replace function api.views_create(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v godwit.views;
    v_shared boolean := coalesce(godwit.read_filter(p_body, 'shared', 'flag')::boolean, false);
begin
    perform godwit.read_body(p_body, array['name', 'filter', 'sort', 'columns', 'shared']);
    v := godwit.view_fill(p_body, v);
    if not v_shared and godwit.view_user() = 0 then
        perform godwit.invalid('shared', 'a view of a key is nobody''s own; say "shared": true');
    end if;
    insert into godwit.views (tenant_id, name, user_id, filter, sort, columns, created_at,
        updated_at)
    values (auth.tenant(), v.name, case when not v_shared then godwit.view_user() end, v.filter,
        v.sort, v.columns, auth.now(), auth.now())
    returning * into v;
    perform godwit.audit('views_create', godwit.id_text('vw', v.id), null, godwit.view_json(v));
    return godwit.view_json(v);
exception
    when unique_violation then
        perform godwit.view_taken(p_body);
end $$;

create or replace function api.views_get(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['id', 'fields']);
    return godwit.view_json(godwit.view_find(p_body));
end $$;

create or replace function api.views_list(p_body jsonb)
returns jsonb language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.list(p_body, 'views_list', 'godwit.views t', 't.id', 'godwit.view_json(t)',
    array[['id', 't.id', 'bigint']], array[['shared', 'flag', '(t.user_id is null) = %s']],
    'coalesce(t.user_id, godwit.view_user()) = godwit.view_user()') $$;

create or replace function api.views_update(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v godwit.views := godwit.view_find(p_body, true);
    v_was jsonb := godwit.view_json(v);
begin
    perform godwit.read_body(p_body, array['id', 'name', 'filter', 'sort', 'columns',
        '_if_match']);
    perform godwit.match(p_body, v_was);
    v := godwit.view_fill(p_body, v);
    update godwit.views o set name = v.name, filter = v.filter, sort = v.sort,
           columns = v.columns, updated_at = auth.now()
     where o.tenant_id = v.tenant_id and o.id = v.id returning * into v;
    perform godwit.audit('views_update', godwit.id_text('vw', v.id), v_was, godwit.view_json(v));
    return godwit.view_json(v);
exception
    when unique_violation then
        perform godwit.view_taken(p_body);
end $$;

create or replace function api.views_delete(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v godwit.views := godwit.view_find(p_body, true);
begin
    perform godwit.read_body(p_body, array['id', '_if_match']);
    perform godwit.match(p_body, godwit.view_json(v));
    delete from godwit.views o where o.tenant_id = v.tenant_id and o.id = v.id;
    perform godwit.audit('views_delete', godwit.id_text('vw', v.id), godwit.view_json(v), null);
    return null;
end $$;
