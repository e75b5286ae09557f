-- Predicates to SQL. What a caller sent never becomes part of the text: the
-- predicate is the parameter $2 of the statement, and the text refers to its
-- members by paths that are made here. $1 is the workspace, $3 the instant, c a
-- row of contacts. The grammar, and what each condition means, is
-- api/predicate.schema.json; the shape has been judged by shm/predicate.

-- Readings of a JSON value, null when it is none.
create or replace function godwit.predicate_text(p jsonb)
returns text language sql immutable parallel safe
as $$ select case jsonb_typeof(p) when 'string' then p#>>'{}' end $$;

create or replace function godwit.predicate_boolean(p jsonb)
returns boolean language sql immutable parallel safe
as $$ select case jsonb_typeof(p) when 'boolean' then p::boolean end $$;

create or replace function godwit.predicate_number(p jsonb)
returns float8 language sql immutable parallel safe
as $$ select case jsonb_typeof(p)
        when 'number' then case when p::numeric = 0 or abs(p::numeric) between 1e-300 and 1e300
                                then p::numeric::float8 end
        when 'string' then case when p#>>'{}' ~ '^-?[0-9]{1,15}(\.[0-9]{1,9})?$'
                                then (p#>>'{}')::float8 end end $$;

-- The pattern lets through no day and no hour that Postgres would refuse.
create or replace function godwit.predicate_time(p text)
returns timestamptz language sql stable parallel safe
as $$ select case when p ~ ('^(?!0000)(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])'
            '|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))'
            '|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)'
            '(?:T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?'
            '(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9]))?$')
        then (case length(p) when 10 then p || 'T00:00:00Z' else p end)::timestamptz end $$;

-- `30d`, in seconds: no zone makes a day longer.
create or replace function godwit.predicate_span(p text)
returns interval language sql immutable parallel safe
as $$ select make_interval(secs => left(p, -1)::float8 * case right(p, 1) when 'm' then 60
        when 'h' then 3600 when 'd' then 86400 else 7 * 86400 end) $$;

create or replace function godwit.predicate_anniversary(p_at timestamptz, p_now timestamptz, p int)
returns boolean language sql stable parallel safe
as $$ select to_char(p_at at time zone 'UTC', 'MMDD') = to_char(d.day, 'MMDD')
          or (to_char(p_at at time zone 'UTC', 'MMDD') = '0229'
              and to_char(d.day, 'MMDD') = '0228' and to_char(d.day + 1, 'MMDD') = '0301')
        from (select (p_now at time zone 'UTC')::date + p as day) d $$;

-- In SQL alone it would be planned for every call.
create or replace function godwit.predicate_near(p_attributes jsonb, p_near jsonb)
returns boolean language plpgsql immutable parallel safe
as $$
declare
    r constant float8 := 0.017453292519943295;
    v_lat constant float8 := godwit.predicate_number(p_attributes->'latitude');
    v_lon constant float8 := godwit.predicate_number(p_attributes->'longitude');
    v_from constant float8 := (p_near->>'latitude')::float8;
    a constant float8 := sin((v_lat - v_from) * r / 2);
    b constant float8 := sin((v_lon - (p_near->>'longitude')::float8) * r / 2);
    s constant float8 := sin((p_near->>'kilometres')::float8 / (2 * 6371.0088::float8));
begin
    return abs(v_lat) <= 90 and abs(v_lon) <= 180
       and a * a + cos(v_from * r) * cos(v_lat * r) * b * b <= s * s;
end $$;

-- 0 to 99. Only ::text lets it stand in the place of its call.
create or replace function godwit.predicate_bucket(p_salt text, p_contact bigint)
returns int language sql immutable parallel safe
as $$ select godwit.assign_bucket(p_salt, 'ct_' || p_contact::text) / 100 $$;

-- The member of the predicate at this path, as text or as JSON.
create or replace function godwit.predicate_member(p_at text[], p_key text,
    p_json boolean default false)
returns text language sql immutable parallel safe
as $$ select format('($2%s%L)', case when p_json then '#>' else '#>>' end, p_at || p_key) $$;

-- An operator on a value that is no array, by its readings.
create or replace function godwit.predicate_op_sql(p jsonb, p_at text[], p_text text,
    p_number text, p_time text, p_boolean text)
returns text language plpgsql immutable parallel safe
as $$
declare
    v constant text := godwit.predicate_member(p_at, 'value');
    v_op constant text := p->>'op';
begin
    case v_op
    when 'is' then
        return case jsonb_typeof(p->'value')
            when 'string' then format('lower(%s collate "C") = lower(%s collate "C")', p_text, v)
            when 'number' then format('%s = %s::float8', p_number, v)
            else format('%s = %s::boolean', p_boolean, v) end;
    when 'in' then
        return (select string_agg(format('%s in (select %s from jsonb_array_elements(%s) w '
                'where jsonb_typeof(w) = %L)', k.reading, k.item,
                godwit.predicate_member(p_at, 'value', true), k.kind), ' or ')
            from (values
                ('string', format('lower(%s collate "C")', p_text),
                 'lower((w#>>''{}'') collate "C")'),
                ('number', p_number, '(w#>>''{}'')::float8'),
                ('boolean', p_boolean, 'w::boolean')) k(kind, reading, item)
            where exists (select from jsonb_array_elements(p->'value') w
                           where jsonb_typeof(w) = k.kind));
    when 'contains' then
        return format('strpos(lower(%s collate "C"), lower(%s collate "C")) > 0', p_text, v);
    when 'starts_with' then
        return format('starts_with(lower(%s collate "C"), lower(%s collate "C"))', p_text, v);
    when 'ends_with' then
        return format('right(lower(%s collate "C"), length(%s)) = lower(%2$s collate "C")',
            p_text, v);
    when 'less', 'at_most', 'more', 'at_least' then
        return format('%s %s %s::float8', p_number, case v_op when 'less' then '<'
            when 'at_most' then '<=' when 'more' then '>' else '>=' end, v);
    when 'before', 'since' then
        return format('%s %s godwit.predicate_time(%s)', p_time,
            case v_op when 'before' then '<' else '>=' end, v);
    when 'within_last' then
        return format('%s > $3 - godwit.predicate_span(%s) and %1$s <= $3', p_time, v);
    when 'older_than' then
        return format('%s <= $3 - godwit.predicate_span(%s)', p_time, v);
    when 'within_next' then
        return format('%s > $3 and %1$s <= $3 + godwit.predicate_span(%s)', p_time, v);
    when 'anniversary' then
        return format('godwit.predicate_anniversary(%s, $3, %s::numeric::int)', p_time, v);
    end case;
end $$;

-- An operator on a JSON value, of which an array satisfies it by one item.
create or replace function godwit.predicate_json_sql(p jsonb, p_at text[], p_value text)
returns text language sql immutable parallel safe
as $$ select case p->>'op' when 'set' then
        format('coalesce(%s not in (''null'', ''""'', ''[]''), false)', p_value)
    else format('coalesce(case jsonb_typeof(%s) when ''array'' then exists (select from '
        'jsonb_array_elements(%1$s) v where %2$s) else %3$s end, false)', p_value,
        godwit.predicate_op_sql(p, p_at, 'godwit.predicate_text(v)', 'godwit.predicate_number(v)',
            'godwit.predicate_time(godwit.predicate_text(v))', 'godwit.predicate_boolean(v)'),
        godwit.predicate_op_sql(p, p_at, format('godwit.predicate_text(%s)', p_value),
            format('godwit.predicate_number(%s)', p_value),
            format('godwit.predicate_time(godwit.predicate_text(%s))', p_value),
            format('godwit.predicate_boolean(%s)', p_value))) end $$;

-- An operator on a column of a row; the id is one with this prefix.
create or replace function godwit.predicate_field_sql(p jsonb, p_at text[], p_name text,
    p_row text, p_prefix text)
returns text language sql immutable parallel safe
as $$ select case
    when p_name in ('created_at', 'updated_at') then
        case p->>'op' when 'set' then u.sql || ' is not null'
        else format('coalesce(%s, false)', godwit.predicate_op_sql(p, p_at, 'null::text',
            'null::float8', u.sql, 'null::boolean')) end
    when p->>'op' = 'set' then format('coalesce(%s <> '''', false)', u.sql)
    else format('coalesce(%s, false)', godwit.predicate_op_sql(p, p_at, u.sql,
        format('godwit.predicate_number(to_jsonb(%s))', u.sql),
        format('godwit.predicate_time(%s)', u.sql), 'null::boolean')) end
    from (select case p_name when 'id' then format('(%L || %s.id)', p_prefix, p_row)
            else format('%s.%I', p_row, p_name) end as sql) u $$;

-- The company o of the contact c: what stands behind `from`.
create or replace function godwit.predicate_company_sql()
returns text language sql immutable parallel safe
as $$ select 'godwit.companies o where o.tenant_id = $1 and o.id = c.company_id' $$;

-- The contact c and those who were merged into it: what they did keeps their id.
create or replace function godwit.predicate_person_sql()
returns text language sql immutable parallel safe
as $$ select '(c.id || array(select a.contact_id from godwit.contact_alias a '
             'where a.tenant_id = $1 and a.into_id = c.id))' $$;

-- Is an event the end of somebody's mail: an unsubscribe, or a form that has chosen it?
create or replace function godwit.is_unsubscribe(p_kind smallint, p_flags int)
returns boolean language sql immutable parallel safe
as $$ select p_kind in (3, 4) and p_flags & 40 = 0 $$;    -- neither again nor kept

-- The events that count: what stands behind `from`. Three names are those of mail, by
-- the judgement of who it was; the others are what was tracked. Few are of one contact,
-- while of what is new the planner knows nothing: it shall not look for the name among
-- all contacts.
create or replace function godwit.predicate_events_sql(p jsonb, p_at text[])
returns text language sql immutable parallel safe
as $$ select case p->>'event'
        when 'open' then 'godwit.events e where e.kind = 1 and e.class in (1, 2)'
        when 'click' then 'godwit.events e where e.kind = 2 and e.class = 1'
        when 'unsubscribe' then 'godwit.events e where godwit.is_unsubscribe(e.kind, e.flags)'
        else format('godwit.tracked e where e.name || '''' = %s',
            godwit.predicate_member(p_at, 'event')) end
    || ' and e.tenant_id = $1 and e.at <= $3 and e.contact_id = any '
    || godwit.predicate_person_sql()
    || case when p ? 'within' then format(' and e.at > $3 - godwit.predicate_span(%s)',
            godwit.predicate_member(p_at, 'within')) else '' end
    || case when p ? 'since' then format(' and e.at >= godwit.predicate_time(%s)',
            godwit.predicate_member(p_at, 'since')) else '' end
    || case when p ? 'before' then format(' and e.at < godwit.predicate_time(%s)',
            godwit.predicate_member(p_at, 'before')) else '' end
    || coalesce((select string_agg(' and ' || godwit.predicate_json_sql(w, u.at,
            format('(%s->%s)', case when p->>'event' in ('open', 'click', 'unsubscribe')
                then 'jsonb_build_object(''campaign'', ''cmp_'' || e.campaign_id, ''link'', e.link)'
                else 'e.properties' end, godwit.predicate_member(u.at, 'property'))), ''
            order by n)
        from jsonb_array_elements(p->'where') with ordinality o(w, n),
             lateral (select p_at || array['where', (o.n - 1)::text] as at) u), '') $$;

create or replace function godwit.predicate_event_sql(p jsonb, p_at text[])
returns text language sql immutable parallel safe
as $$ select case when u.op = 'at_least' and u.times = 0 then 'true'
        when u.op = 'at_least' and u.times = 1
        then format('exists (select from %s)', u.sql)
        -- no more are read than decide it
        else format('(select count(*) from (select from %s limit %s) n) %s %s', u.sql,
            u.times + (u.op <> 'at_least')::int,
            case u.op when 'at_least' then '>=' when 'at_most' then '<=' else '=' end, u.times) end
    from (select coalesce(p->>'op', 'at_least') as op,
                 coalesce((p->>'times')::numeric::int, 1) as times,
                 godwit.predicate_events_sql(p, p_at) as sql) u $$;

-- The condition of a WHERE for a predicate, which stands at this path of $2.
create or replace function godwit.predicate_sql(p jsonb, p_at text[] default '{}')
returns text language plpgsql immutable parallel safe
as $$
declare
    v_group text := case when p ? 'all' then 'all' when p ? 'any' then 'any' end;
begin
    case
    when v_group is not null then
        return '(' || coalesce((select string_agg(godwit.predicate_sql(e, p_at || array[v_group,
                (n - 1)::text]), case v_group when 'all' then ' and ' else ' or ' end order by n)
            from jsonb_array_elements(p->v_group) with ordinality o(e, n)),
            case v_group when 'all' then 'true' else 'false' end) || ')';
    when p ? 'not' then
        return format('(not %s)', godwit.predicate_sql(p->'not', p_at || 'not'::text));
    when p ? 'field' then
        return godwit.predicate_field_sql(p, p_at, p->>'field', 'c', 'ct_');
    when p ? 'company' then
        return format('exists (select from %s and %s)', godwit.predicate_company_sql(),
            godwit.predicate_field_sql(p, p_at, p->>'company', 'o', 'com_'));
    when p ? 'company_attribute' then
        return format('exists (select from %s and %s)', godwit.predicate_company_sql(),
            godwit.predicate_json_sql(p, p_at, format('(o.attributes->%s)',
                godwit.predicate_member(p_at, 'company_attribute'))));
    when p ? 'attribute' then
        return godwit.predicate_json_sql(p, p_at, format('(c.attributes->%s)',
            godwit.predicate_member(p_at, 'attribute')));
    when p ? 'tag' then
        return format('coalesce(lower(%s collate "C") = any (c.tags), false)',
            godwit.predicate_member(p_at, 'tag'));
    when p ? 'list' then
        return format('exists (select from godwit.list_members m where m.tenant_id = $1 '
            'and m.list_id = substr(%s, 5)::bigint and m.contact_id = c.id)',
            godwit.predicate_member(p_at, 'list'));
    when p ? 'consent' then
        return format('c.%I = %s', 'consent_' || (p->>'consent'),
            array_position(array['unknown', 'granted', 'revoked'], p->>'is') - 1);
    when p ? 'event' then
        return godwit.predicate_event_sql(p, p_at);
    when p ? 'campaign' then
        return format(case p->>'did'
            when 'sent' then 'exists (select from godwit.sends s where s.tenant_id = $1 '
                'and s.campaign_id = substr(%s, 5)::bigint and s.contact_id = any %s '
                'and s.state = 2)'
            else 'exists (select from godwit.engagement s where s.tenant_id = $1 and s.campaign_id '
                '= substr(%s, 5)::bigint and s.contact_id = any %s and '
                || case p->>'did' when 'opened' then 's.human & 1 > 0)'
                    when 'clicked' then 's.human & 2 > 0)'
                    else 's.unsubscribed_at is not null)' end end,
            godwit.predicate_member(p_at, 'campaign'), godwit.predicate_person_sql());
    when p ? 'near' then
        return format('coalesce(godwit.predicate_near(c.attributes, %s), false)',
            godwit.predicate_member(p_at, 'near', true));
    when p ? 'bucket' then
        return format('(godwit.predicate_bucket(%s, c.id) >= %s::numeric and '
            'godwit.predicate_bucket(%1$s, c.id) < %3$s::numeric)',
            godwit.predicate_member(p_at || 'bucket'::text, 'salt'),
            godwit.predicate_member(p_at || 'bucket'::text, 'from'),
            godwit.predicate_member(p_at || 'bucket'::text, 'to'));
    end case;
end $$;

-- When the answer may be another though nothing happens: the next instant behind
-- p_now at which one of the values passes an edge of the operator; null: never.
create or replace function godwit.predicate_edge(p jsonb, p_value jsonb, p_now timestamptz)
returns timestamptz language sql stable parallel safe
as $$ select min(x.at)
        from jsonb_array_elements(case jsonb_typeof(p_value) when 'array' then p_value
                                  else jsonb_build_array(p_value) end) v,
             lateral (select godwit.predicate_time(godwit.predicate_text(v)) as at) t,
             lateral (
                select u.at from unnest(case p->>'op'
                    when 'within_last' then array[t.at, t.at + godwit.predicate_span(p->>'value')]
                    when 'older_than' then array[t.at + godwit.predicate_span(p->>'value')]
                    when 'within_next' then array[t.at, t.at - godwit.predicate_span(p->>'value')]
                    end) u(at)
                union all
                select (d.day - (p->>'value')::numeric::int + n)::timestamp at time zone 'UTC'
                  from (select t.at at time zone 'UTC' as at) l,
                       generate_series(-1, 2) y, generate_series(0, 1) n, lateral (
                       -- 29 February falls on the 28th where there is none
                       select (make_date(extract(year from p_now at time zone 'UTC')::int + y,
                                         extract(month from l.at)::int, 1)
                               + least(extract(day from l.at)::int,
                                       extract(day from make_date(
                                           extract(year from p_now at time zone 'UTC')::int + y,
                                           extract(month from l.at)::int, 1)
                                           + interval '1 month - 1 day')::int) - 1) as day) d
                 where p->>'op' = 'anniversary') x
       where x.at > p_now $$;

create or replace function godwit.predicate_is_timed(p jsonb)
returns boolean language sql immutable parallel safe
as $$ select p->>'op' in ('within_last', 'older_than', 'within_next', 'anniversary') $$;

-- The expressions of such instants in a predicate, each null or an instant behind
-- $3. A condition that is no part of the answer now may have one as well.
create or replace function godwit.predicate_edges(p jsonb, p_at text[] default '{}')
returns text[] language plpgsql immutable parallel safe
as $$
declare
    v_group text := case when p ? 'all' then 'all' when p ? 'any' then 'any' end;
    v_where text;
begin
    case
    when v_group is not null then
        return array(select u from jsonb_array_elements(p->v_group) with ordinality o(e, n),
            unnest(godwit.predicate_edges(e, p_at || array[v_group, (n - 1)::text])) u);
    when p ? 'not' then
        return godwit.predicate_edges(p->'not', p_at || 'not'::text);
    when p ? 'field' and godwit.predicate_is_timed(p) then
        return array[format('godwit.predicate_edge($2#>%L, to_jsonb(c.%I), $3)', p_at,
            p->>'field')];
    when p ? 'attribute' and godwit.predicate_is_timed(p) then
        return array[format('godwit.predicate_edge($2#>%L, c.attributes->%s, $3)', p_at,
            godwit.predicate_member(p_at, 'attribute'))];
    when (p ? 'company' or p ? 'company_attribute') and godwit.predicate_is_timed(p) then
        return array[format('(select godwit.predicate_edge($2#>%L, %s, $3) from %s)', p_at,
            case when p ? 'company' then format('to_jsonb(o.%I)', p->>'company')
                else format('o.attributes->%s', godwit.predicate_member(p_at,
                    'company_attribute')) end, godwit.predicate_company_sql())];
    when p ? 'event' and p->>'event' in ('open', 'click', 'unsubscribe') then
        return case when p ? 'within' then array[format(
            '(select min(e.at + godwit.predicate_span(%s)) from %s)',
            godwit.predicate_member(p_at, 'within'),
            godwit.predicate_events_sql(p - 'where', p_at))] else '{}' end;
    when p ? 'event' then
        v_where := (select string_agg(format('godwit.predicate_edge($2#>%L, e.properties->%s, $3)',
                u.at, godwit.predicate_member(u.at, 'property')), ', ')
            from jsonb_array_elements(p->'where') with ordinality o(w, n),
                 lateral (select p_at || array['where', (o.n - 1)::text] as at) u
            where godwit.predicate_is_timed(w));
        -- what is to come counts then; what is in the window leaves it then
        return array[format('(select min(e.at) from godwit.tracked e where e.tenant_id = $1 '
                'and e.contact_id = any %s and e.name || '''' = %s and e.at > $3)',
                godwit.predicate_person_sql(), godwit.predicate_member(p_at, 'event'))]
            || case when p ? 'within' or v_where is not null then array[format(
                '(select min(least(%s)) from %s)', concat_ws(', ', case when p ? 'within'
                    then format('e.at + godwit.predicate_span(%s)',
                        godwit.predicate_member(p_at, 'within')) end, v_where),
                godwit.predicate_events_sql(p - 'where', p_at))] else '{}' end;
    else
        return '{}';
    end case;
end $$;
