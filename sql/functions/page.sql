-- Lists: pages by key in a declared order, filters, totals. An operation that
-- lists is one call of godwit.list with constants; what a client sends is a
-- parameter of the statement, never part of its text.

-- The instant that a text is as RFC 3339; null when it is none.
create or replace function godwit.instant(p_text text)
returns timestamptz language plpgsql stable
as $$
begin
    return case when p_text ~ ('^[0-9]{4}(-[0-9]{2}){2}[Tt][0-9]{2}(:[0-9]{2}){2}(\.[0-9]+)?'
                               '([Zz]|[+-][0-9:]{5})$') then p_text::timestamptz end;
exception
    when datetime_field_overflow or invalid_datetime_format or invalid_time_zone_displacement_value
    then
        return null;
end $$;

-- An instant as RFC 3339, in a form that Postgres reads back.
create or replace function godwit.read_time(p_body jsonb, p_field text)
returns text language plpgsql stable
as $$
declare
    v text := godwit.read_line(p_body, p_field, 1, 40);
    v_at timestamptz := godwit.instant(v);
begin
    if v is not null and v_at is null then
        perform godwit.invalid(p_field, format(
            '"%s" is not an instant like 2026-01-31T12:00:00Z', p_field));
    end if;
    return v_at;
end $$;

-- The value of a filter as text, null when it is not asked for. p_kind: line,
-- time, flag, number, `id PREFIX`, or `word A B C`.
create or replace function godwit.read_filter(p_body jsonb, p_field text, p_kind text)
returns text language plpgsql stable
as $$
declare
    v_words text[] := string_to_array(p_kind, ' ');
begin
    if p_body->p_field is null or p_body->p_field = 'null' then
        return null;
    end if;
    case v_words[1]
    when 'line' then
        return godwit.read_line(p_body, p_field, 1, 254);
    when 'time' then
        return godwit.read_time(p_body, p_field);
    when 'id' then
        return godwit.read_id(p_body, p_field, v_words[2]);
    when 'number' then
        return godwit.read_int(p_body, p_field, 0, 999999999999999999);
    when 'flag' then
        if jsonb_typeof(p_body->p_field) <> 'boolean' then
            perform godwit.invalid(p_field, format('"%s" is not true or false', p_field));
        end if;
        return p_body->>p_field;
    when 'word' then
        return godwit.read_word(p_body, p_field, v_words[2:]);
    end case;
end $$;

-- What a cursor is signed with: it is good for one list of one workspace, with
-- the same filters and order.
create or replace function godwit.cursor_tag(p_list text, p_body jsonb, p_text text)
returns text language sql stable
as $$ select godwit.b64url(substr(godwit.tenant_hmac(auth.tenant(), format('cursor:%s:%s:%s',
        p_list, p_body - array['cursor', 'offset', 'limit', 'total', 'fields'], p_text)), 1, 9)) $$;

create or replace function godwit.cursor_make(p_list text, p_body jsonb, p_key text, p_id bigint)
returns text language plpgsql stable
as $$
declare
    v text := godwit.b64url(convert_to(jsonb_build_array(p_key, p_id)::text, 'UTF8'));
begin
    return v || godwit.cursor_tag(p_list, p_body, v);
end $$;

-- [key, id] of the cursor of the body, or null; GW001.
create or replace function godwit.cursor_read(p_list text, p_body jsonb)
returns jsonb language plpgsql stable
as $$
declare
    v text := godwit.read_text(p_body, 'cursor', 1, 1000);
begin
    if v is null then
        return null;
    end if;
    if v !~ '^[A-Za-z0-9_-]{14,}$'
        or right(v, 12) <> godwit.cursor_tag(p_list, p_body, left(v, -12))
    then
        perform godwit.invalid('cursor', '"cursor" is not one that this list gave '
            'with the same filters and sort');
    end if;
    return convert_from(godwit.b64url_bytes(left(v, -12)), 'UTF8');
end $$;

-- How many rows a condition finds: exact to 10,000, then as the planner thinks
-- (volatile, as explain wants it).
create or replace function godwit.list_total(p_from text, p_tenant int, p_values text[])
returns jsonb language plpgsql
as $$
declare
    v_n bigint;
    v_plan json;
begin
    execute 'select count(*) from (select ' || p_from || ' limit 10001) s'
       into v_n using p_tenant, p_values;
    if v_n <= 10000 then
        return jsonb_build_object('total', v_n);
    end if;
    execute 'explain (format json) select ' || p_from into v_plan using p_tenant, p_values;
    return jsonb_build_object('total_estimated', true,
        'total', greatest(v_n, (v_plan#>>'{0,Plan,Plan Rows}')::bigint));
end $$;

-- The answer of a list: the items of a page and where the next one begins, null
-- when this is the last. p_key and p_id are those of the last item.
create or replace function godwit.list_page(p_list text, p_body jsonb, p_items jsonb,
    p_more boolean, p_key text, p_id bigint)
returns jsonb language plpgsql stable
as $$
begin
    return jsonb_build_object('items', coalesce(p_items, '[]'), 'next',
        case when p_more then godwit.cursor_make(p_list, p_body, p_key, p_id) end);
end $$;

-- A page of a list. p_list: the operation; p_from: the table as t, and what is
-- joined; p_key: the column that makes an order total, a bigint; p_item: the
-- jsonb of a row; p_sorts: {name, expression, type} each, the first the usual
-- one, `-` before its name when that is descending; p_filters: {field, kind,
-- condition} each, where %s is the value and $1 the tenant; p_only: a condition
-- that always holds; p_needs: filters of which one must be given. Sorts must be
-- on an index and never null. Each call is planned anew, for its filters: at
-- 100,000 rows a twentieth to a quarter of its time.
create or replace function godwit.list(p_body jsonb, p_list text, p_from text, p_key text,
    p_item text, p_sorts text[], p_filters text[], p_only text default 'true',
    p_needs text[] default '{}')
returns jsonb language plpgsql stable
as $$
declare
    v_limit int := godwit.read_limit(p_body);
    v_tenant int := auth.tenant();
    v_sort text := coalesce(godwit.read_text(p_body, 'sort', 1, 40), p_sorts[1][1]);
    v_down text := case when v_sort like '-%' then ' desc' else '' end;
    v_at int := array_position(array(select ltrim(s, '-') from unnest(p_sorts[:][1:1]) s),
                               regexp_replace(v_sort, '^-', ''));
    v_total boolean := godwit.read_filter(p_body, 'total', 'flag');
    v_offset int := godwit.read_int(p_body, 'offset', 0, 100000000, 0);
    v_cursor jsonb;
    v_values text[] := '{}';
    v_value text;
    v_filter text[];
    v_where text := ' where t.tenant_id = $1 and ' || p_only;
    v_page text;
    v_items jsonb;
    v_keys text[];
    v_ids bigint[];
    v_more boolean;
begin
    perform godwit.read_body(p_body, array['cursor', 'offset', 'limit', 'sort', 'total', 'fields']
        || array(select f from unnest(p_filters[:][1:1]) f));
    if v_at is null then
        perform godwit.invalid('sort', format('"sort" is one of %s, or one of them after a -',
            array_to_string(array(select ltrim(s, '-') from unnest(p_sorts[:][1:1]) s), ', ')));
    end if;
    foreach v_filter slice 1 in array p_filters loop
        v_value := godwit.read_filter(p_body, v_filter[1], v_filter[2]);
        if v_value is not null then
            v_values := v_values || v_value;
            v_where := v_where || ' and ' || replace(v_filter[3], '%s',
                format('($2)[%s]::%s', cardinality(v_values),
                    case split_part(v_filter[2], ' ', 1) when 'id' then 'bigint'
                        when 'number' then 'bigint' when 'time' then 'timestamptz'
                        when 'flag' then 'boolean' else 'text' end));
        end if;
    end loop;

    v_cursor := godwit.cursor_read(p_list, p_body);
    if p_needs <> '{}' and not jsonb_strip_nulls(p_body) ?| p_needs then
        perform godwit.invalid(p_needs[1], format('"%s" is missing',
            array_to_string(p_needs, '" or "')));
    end if;
    if v_cursor is null and v_offset > 0 then
        -- by keys alone, so that no row which is passed over is looked at
        execute format('select jsonb_build_array(k::text, id) from ('
            'select %s as k, %s as id from %s%s '
            'order by %1$s%5$s, %2$s%5$s offset $3 limit 1) r',
            p_sorts[v_at][2], p_key, p_from, v_where, v_down)
           into v_cursor using v_tenant, v_values, v_offset - 1;
        v_page := case when v_cursor is null then ' and false' end;
    end if;
    if v_cursor is not null then
        v_page := format(' and (%s, %s) %s ($4::%s, $5)', p_sorts[v_at][2], p_key,
            case v_down when '' then '>' else '<' end, p_sorts[v_at][3]);
    end if;
    execute format('select jsonb_agg(item), array_agg(key), array_agg(id) from ('
        'select %s as item, (%s)::text as key, %s as id from %s%s%s '
        'order by %2$s%7$s, %3$s%7$s limit $3 + 1) r',
        p_item, p_sorts[v_at][2], p_key, p_from, v_where, v_page, v_down)
       into v_items, v_keys, v_ids
      using v_tenant, v_values, v_limit, v_cursor->>0, (v_cursor->>1)::bigint;

    v_more := cardinality(v_ids) > v_limit;
    if v_more then
        v_items := v_items - v_limit;           -- the one that shows there are more
    end if;
    return godwit.list_page(p_list, p_body, v_items, v_more, v_keys[v_limit], v_ids[v_limit])
        || case when v_total
                then godwit.list_total(format('%s from %s%s', p_key, p_from, v_where),
                                       v_tenant, v_values)
                else '{}' end;
end $$;
